/*-------------------------------------------------------------------------
 *
 * cost_query.h
 *		Queries over Redshift's history of statements.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_REDSHIFT_COST_QUERY_H
#define RSFED_REDSHIFT_COST_QUERY_H

#include "nodes/pg_list.h"

/*
 * A run that has sent no query: the label of its earlier statements identifies
 * it.
 */
typedef struct RedshiftSilentRun
{
	int64		run_id;
	const char *label;
	int			session_id;		/* 0 = not known */
} RedshiftSilentRun;

/*
 * The same columns from each: query_id, milliseconds in queues and at work,
 * bytes and files read in S3, partitions of the tables and those that were
 * read.  NULL where the history does not say.
 */
#define REDSHIFT_COST_COLUMNS 7

/*
 * From the SYS_ views: of each query "whole" all statements of its user that have
 * its label, one of "labels", and began up to so many seconds before it; of each
 * query "single" that one; of each run "silent" (RedshiftSilentRun) the statements
 * with its label that began less than silent_seconds ago, with minus its run_id for
 * the query_id.  The other lists are of int64 * and of char *; not all may be empty.
 */
extern char *redshift_cost_query(List *whole, List *labels, int seconds, List *single,
								 List *silent, int silent_seconds);

/* From the SVL_ views of a cluster without those: each query alone, if it read S3. */
extern char *redshift_cost_query_svl(List *queries);

#endif							/* RSFED_REDSHIFT_COST_QUERY_H */
