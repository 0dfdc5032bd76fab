/*-------------------------------------------------------------------------
 *
 * servers.h
 *	  Common code of the functions for servers and groups, and of DROP SERVER.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_API_SERVERS_H
#define RSFED_API_SERVERS_H

#include "foreign/foreign.h"
#include "nodes/parsenodes.h"

/*
 * Raises 2BP01 for a server that rollups (names, List of char *) use; does
 * nothing for an empty list.
 */
extern void server_refuse_drop(const char *server, List *rollups);

/* Raises a WARNING instead: the server is dropped, the rollups stay. */
extern void server_warn_drop(const char *server, List *rollups);

/*
 * A server that is dropped is a member of groups: raises 2BP01 or, with
 * cascade, removes it from them with a NOTICE.
 */
extern void server_leave_groups(const char *server, bool cascade);

/*
 * Drops a server or group with its user mappings, after a check that the
 * current user owns it, by statements that event triggers see.  2BP01 while
 * rollups or groups use it; with cascade the rollups are dropped, too.
 */
extern void server_drop(ForeignServer *server, bool cascade);

/* An element of an OPTIONS list; value NULL for DROP. */
extern DefElem *server_option(const char *name, const char *value, DefElemAction action);

#endif							/* RSFED_API_SERVERS_H */
