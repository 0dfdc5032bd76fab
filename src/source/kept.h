/*-------------------------------------------------------------------------
 *
 * kept.h
 *	  Connections that stay open from one run to the next.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_KEPT_H
#define RSFED_KEPT_H

#include "remote/connection.h"

typedef struct KeptUse KeptUse;

/*
 * The idle connection of a server, mapping and role that still works, or NULL.  With
 * "for_block" none that a cancel may still come to.  The use lives in the current
 * memory context, whose reset before kept_give_back() (an error) closes the
 * connection.
 */
extern KeptUse *kept_take(Oid server, Oid mapping, Oid userid, bool for_block);

/* The same with a new connection; raises the errors of remote_connect(). */
extern KeptUse *kept_open(Oid server, Oid mapping, Oid userid,
						  const RemoteTarget *target, const RemoteSession *session);

extern RemoteConnection *kept_connection(KeptUse *use);

/* Ends the use; the connection stays if it works and its options still hold. */
extern void kept_give_back(KeptUse *use);

/* Closes those idle for longer than that many seconds (0: all). */
extern void kept_close_idle(int older_than_s);

#endif							/* RSFED_KEPT_H */
