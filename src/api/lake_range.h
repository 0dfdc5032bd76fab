/*-------------------------------------------------------------------------
 *
 * lake_range.h
 *	  Reads the partitions that a caller names: in a list, by a range, or both.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_LAKE_RANGE_H
#define RSFED_LAKE_RANGE_H

#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "remote/connection.h"
#include "source/lake_views.h"

typedef struct PartitionRequest
{
	char	   *schema;
	char	   *table;
	Jsonb	   *partitions;		/* an array of objects; or NULL */
	char	   *location;		/* a template; or NULL */
	bool		has_range;
	Timestamp	since;			/* the first day or hour of the range */
	Timestamp	until;			/* the range ends before it */
} PartitionRequest;

/* Reads the arguments; raises 22023 and 42602. */
extern void request_read(PartitionRequest *request, const char *table_name, Jsonb *partitions,
						 char *location, const char *since, const char *until);

/* Raises 22023 unless each partition has a location, its own or the template's. */
extern void request_check_locations(const PartitionRequest *request);

/*
 * Asks for the partition keys of the table (List of LakeColumn); raises 42P01
 * if the table does not exist or is not visible, 42809 if it has no
 * partitions.
 */
extern List *request_keys(const PartitionRequest *request, RemoteConnection *conn);

/*
 * The requested partitions: List of ExternalPartition, each once; their
 * locations are NULL if the request has no template.  Raises 22023 for keys
 * without a value.
 */
extern List *request_partitions(const PartitionRequest *request, List *keys);

/* Partitions that can be found by their values. */
typedef struct PartitionIndex PartitionIndex;

extern PartitionIndex *partition_index(List *keys, List *partitions);
extern LakePartition *partition_find(const PartitionIndex *index, List *values);

/* Do they name the same location?  The warehouse shows truncated locations. */
extern bool same_location(const char *shown, const char *given);

/* The values as an object with the keys' names; palloc'd. */
extern Jsonb *partition_values_json(List *keys, List *values);

#endif							/* RSFED_LAKE_RANGE_H */
