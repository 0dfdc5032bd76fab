/*-------------------------------------------------------------------------
 *
 * request.h
 *	  What a connection is wanted for.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_REQUEST_H
#define RSFED_REQUEST_H

/* Why a connection is wanted: decides what its session may do. */
typedef struct SourceRequest
{
	const char *source;			/* name of a server or of a group */
	Oid			userid;			/* whose log-in, and whose USAGE of the source */
	const char *timezone;		/* NULL = UTC */
	bool		writable;		/* rsfed.execute() */
	const char *label;			/* query_group; NULL = as it is */
	bool		keep;			/* leave it open for the next run (workers) */
	bool		for_block;		/* of several statements that are not sent once more */
	bool		is_run;			/* of a worker: the server's max_runs counts it */
	struct SourceRoute *route;	/* of an attempt that may move on (route.h); or NULL */
	int			statement_timeout_ms;	/* if shorter than the server's; 0 = that one */
} SourceRequest;

#endif							/* RSFED_REQUEST_H */
