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
 * Each query returns these columns: query_id, milliseconds in queues and of
 * execution, bytes and files read in S3, partitions of the tables, and
 * partitions that were read.  A column is NULL if the history has no value.
 */
#define REDSHIFT_COST_COLUMNS 7

/*
 * A query over the SYS_ views.  For each query in "whole", it covers all
 * statements of its user that have its label, one of "labels", and began up to
 * "seconds" seconds before it; for each query in "single", only that query;
 * for each run in "silent" (RedshiftSilentRun), the statements with its label
 * that began less than silent_seconds ago, with minus its run_id as the
 * query_id.  The other lists contain int64 * and char *; at least one list
 * must not be empty.
 */
extern char *redshift_cost_query(List *whole, List *labels, int seconds, List *single,
								 List *silent, int silent_seconds);

/*
 * A query over the SVL_ views, for a cluster without the SYS_ views; it covers
 * only the given queries, if they read S3.
 */
extern char *redshift_cost_query_svl(List *queries);

#endif							/* RSFED_REDSHIFT_COST_QUERY_H */
