/*-------------------------------------------------------------------------
 *
 * execute.h
 *	  Runs, or describes, one remote command as a whole.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_EXECUTE_H
#define RSFED_EXECUTE_H

#include "remote/stream.h"

/*
 * Starts a transaction whose statements read one snapshot.  Redshift takes any
 * level as the database's own, which gives one.
 */
#define REMOTE_BEGIN_SNAPSHOT "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

/*
 * Runs one command by the simple protocol, outside a transaction block, and
 * returns its tag (palloc'd).  Rows that it returns are discarded.  Remote
 * notices are passed on as NOTICE.  Interruptible.
 */
extern char *remote_execute(RemoteConnection *conn, const char *command);

/*
 * The same for a small query of our own: all its rows as an array of text
 * (palloc'd; NULL for a NULL), row by row.
 */
extern char **remote_fetch_all(RemoteConnection *conn, const char *query,
							   int *nrows, int *ncolumns);

/*
 * The id that Redshift gave to the last query of this session, in *id; 0 if it
 * had none, as a query that ran on the leader node only.  False, with the
 * reason in *why (palloc'd), if the id is not available: the connection may be
 * closed then, its transaction block aborted.  silence_ms: longest wait (0 =
 * any).  Interruptible; raises nothing else.
 */
extern bool remote_query_id(RemoteConnection *conn, int silence_ms, int64 *id, char **why);

/*
 * Asks for the result columns of a query without running it: BEGIN; Parse;
 * Describe; Sync; ROLLBACK. count 0 for a statement that returns no rows.
 * silence_ms: longest wait for each answer (0 = any), then 08006.
 */
extern RemoteColumns *remote_describe(RemoteConnection *conn, const char *query, int silence_ms);

#endif							/* RSFED_EXECUTE_H */
