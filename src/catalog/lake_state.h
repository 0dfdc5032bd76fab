/*-------------------------------------------------------------------------
 *
 * lake_state.h
 *	  rsfed_catalog.lake_state and .lake_partition: the partitions that a
 *	  rollup has read.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_LAKE_STATE_H
#define RSFED_LAKE_STATE_H

#include "nodes/pg_list.h"

/* A partition as the catalog showed it when the rollup was last refreshed. */
typedef struct KnownPartition
{
	char	   *values_text;	/* the JSON array */
	char	   *location;
	char	   *parameters;
} KnownPartition;

/*
 * The partitions in the content of a definition, List of KnownPartition,
 * palloc'd.  *known is false, and the list NIL, if they are unknown because
 * nothing was read yet, or only for another definition.
 */
extern List *lake_state_load(int32 relation_id, int definition, bool *known);

/*
 * Stores partitions for a definition, in the transaction of the content:
 * "gone" (char *, their values) are deleted, "changed" are new or different;
 * with "all", everything known before is deleted first.
 */
extern void lake_state_store(int32 relation_id, int definition, bool all,
							 List *changed, List *gone);

#endif							/* RSFED_LAKE_STATE_H */
