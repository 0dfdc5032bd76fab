/*-------------------------------------------------------------------------
 *
 * target.h
 *	  Makes the target of a connection from a foreign server and a mapping.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_TARGET_H
#define RSFED_TARGET_H

#include "foreign/foreign.h"

#include "remote/connection.h"

/*
 * Everything that a connection needs, palloc'd.  Reads the credentials file,
 * if there is one; raises the errors of that, 28000 if no user is given, 2F003
 * if a required password is missing.
 */
extern RemoteTarget *target_build(ForeignServer *server, UserMapping *mapping, Oid userid);

/* The session that a server's options request. */
extern RemoteSession *target_session(ForeignServer *server, const char *timezone, bool writable);

/* Is the server's wrapper rsfed's own (else postgres_fdw)? */
extern bool target_is_own(ForeignServer *server);

#endif							/* RSFED_TARGET_H */
