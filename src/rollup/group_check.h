/*-------------------------------------------------------------------------
 *
 * group_check.h
 *	  Whether the members of a group are interchangeable.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_GROUP_CHECK_H
#define RSFED_GROUP_CHECK_H

#include "foreign/foreign.h"
#include "nodes/pg_list.h"

typedef struct GroupFinding
{
	const char *server;
	const char *item;
	bool		ok;
	char	   *detail;
} GroupFinding;

/*
 * Compares the members of a group, item by item, with the log-ins of userid, and
 * what rollups read with those of their owners, as far as userid may act as them.
 * tables: names with schema, char *; NIL = all.  sample: also rows and a checksum
 * of these tables, or of those that rollups read.  Whoever owns the group has
 * noted at which member which rollup must not be refreshed.  List of GroupFinding,
 * palloc'd, by server.  Raises what source_check_usage() raises, and interrupts.
 */
extern List *group_check(ForeignServer *group, List *tables, bool sample, Oid userid);

#endif							/* RSFED_GROUP_CHECK_H */
