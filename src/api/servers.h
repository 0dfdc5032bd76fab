/*-------------------------------------------------------------------------
 *
 * servers.h
 *	  What rsfed.drop_server() and DROP SERVER have in common.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_API_SERVERS_H
#define RSFED_API_SERVERS_H

#include "nodes/pg_list.h"

/*
 * Raises 2BP01 for a server that rollups (names, List of char *) use; nothing
 * for an empty list.
 */
extern void server_refuse_drop(const char *server, List *rollups);

/*
 * A WARNING instead: the server goes, the rollups stay.
 */
extern void server_warn_drop(const char *server, List *rollups);

#endif							/* RSFED_API_SERVERS_H */
