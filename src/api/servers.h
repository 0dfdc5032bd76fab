/*-------------------------------------------------------------------------
 *
 * servers.h
 *	  What functions for servers, for groups and DROP SERVER have in common.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_API_SERVERS_H
#define RSFED_API_SERVERS_H

#include "foreign/foreign.h"
#include "nodes/parsenodes.h"

/*
 * Raises 2BP01 for a server that rollups (names, List of char *) use; nothing
 * for an empty list.
 */
extern void server_refuse_drop(const char *server, List *rollups);

/*
 * A WARNING instead: the server goes, the rollups stay.
 */
extern void server_warn_drop(const char *server, List *rollups);

/*
 * A server that is dropped is a member of groups: 2BP01, or with cascade it
 * leaves them and a NOTICE says so.
 */
extern void server_leave_groups(const char *server, bool cascade);

/*
 * Drops a server or group with its user mappings, after the check that it is
 * the current user's, by the statements that event triggers see.  2BP01 while
 * rollups or groups use it; with cascade the rollups are dropped, too.
 */
extern void server_drop(ForeignServer *server, bool cascade);

/* An element of an OPTIONS list; value NULL for DROP. */
extern DefElem *server_option(const char *name, const char *value, DefElemAction action);

#endif							/* RSFED_API_SERVERS_H */
