/*-------------------------------------------------------------------------
 *
 * failure.h
 *	  Classifies errors of Redshift: whether a retry makes sense, the cause,
 *	  and the query.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_FAILURE_H
#define RSFED_FAILURE_H

typedef enum FailureKind
{
	FAILURE_LASTING,			/* the same error would happen again */
	FAILURE_PASSING,			/* may be over in a moment */
	FAILURE_CREDENTIALS			/* the log-in was refused, or has expired */
} FailureKind;

/*
 * Classifies an error by its SQLSTATE and texts (detail may be NULL);
 * at_login: the error occurred before there was a session.  Pure.
 */
extern FailureKind failure_kind(const char *sqlstate, const char *message, const char *detail,
								bool at_login);

/*
 * The id of the query in an error of Redshift; 0 if there is none.  Either
 * text may be NULL.  Pure.
 */
extern int64 failure_query_id(const char *message, const char *detail);

/* The cause of an error, if several servers could run the query. */
typedef enum FailureBlame
{
	BLAME_OTHER,				/* this server, or an interrupt */
	BLAME_QUERY,				/* the query: it would fail elsewhere, too */
	BLAME_LOGIN,				/* the server refuses this log-in */
	BLAME_MEMBER				/* the server */
} FailureBlame;

/*
 * at_login: before there was a session; is_remote: an error of Redshift, or of
 * the connection to it.
 */
extern FailureBlame failure_blame(const char *sqlstate, const char *message, const char *detail,
								  bool at_login, bool is_remote);

/*
 * Does the error concern features of a warehouse, such as its syntax and
 * functions, which may differ in another warehouse?  Pure.
 */
extern bool failure_is_of_language(const char *sqlstate);

#endif							/* RSFED_FAILURE_H */
