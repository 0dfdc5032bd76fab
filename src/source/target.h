/*-------------------------------------------------------------------------
 *
 * target.h
 *	  A foreign server and a mapping as what remote/ connects to.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_TARGET_H
#define RSFED_TARGET_H

#include "foreign/foreign.h"

#include "remote/connection.h"

/*
 * Everything that a connection needs, palloc'd.  Reads the credentials file,
 * if there is one; raises what that raises, 28000 if no user is named, 2F003
 * if a password is required and there is none.
 */
extern RemoteTarget *target_build(ForeignServer *server, UserMapping *mapping, Oid userid);

/* The session that a server's options ask for. */
extern RemoteSession *target_session(ForeignServer *server, const char *timezone, bool writable);

/* Is the server's wrapper rsfed's own (else postgres_fdw)? */
extern bool target_is_own(ForeignServer *server);

#endif							/* RSFED_TARGET_H */
