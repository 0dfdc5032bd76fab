/*-------------------------------------------------------------------------
 *
 * request.h
 *	  The purpose of a connection.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_REQUEST_H
#define RSFED_REQUEST_H

/* The purpose of a connection, which decides what its session may do. */
typedef struct SourceRequest
{
	const char *source;			/* name of a server or of a group */
	Oid			userid;			/* the role that logs in and needs USAGE on the source */
	const char *timezone;		/* NULL = UTC */
	bool		writable;		/* rsfed.execute() */
	const char *label;			/* query_group; NULL = unchanged */
	bool		nested_as_json; /* as RemoteSession */
	bool		keep;			/* leave it open for the next run (workers) */
	bool		for_block;		/* for a transaction block, whose statements are not sent again */
	bool		is_run;			/* for a worker: the server's max_runs counts it */
	struct SourceRoute *route;	/* of an attempt that may change members (route.h); or NULL */
	int			statement_timeout_ms;	/* if shorter than the server's; 0 = that one */
} SourceRequest;

#endif							/* RSFED_REQUEST_H */
