/*-------------------------------------------------------------------------
 *
 * failure.h
 *	  What an error of Redshift tells: whether it is worth a retry, and of
 *	  which query it is.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_FAILURE_H
#define RSFED_FAILURE_H

typedef enum FailureKind
{
	FAILURE_LASTING,			/* the same would happen again */
	FAILURE_PASSING,			/* may be over in a moment */
	FAILURE_CREDENTIALS			/* the log-in was refused, or has expired */
} FailureKind;

/*
 * By SQLSTATE and text (detail may be NULL); at_login: the error came before
 * there was a session.  Pure.
 */
extern FailureKind failure_kind(const char *sqlstate, const char *message, const char *detail,
								bool at_login);

/*
 * The id of the query that an error of Redshift tells of; 0 if it does not.
 * Either text may be NULL.  Pure.
 */
extern int64 failure_query_id(const char *message, const char *detail);

/* Whose fault an error is, where several servers could have been asked. */
typedef enum FailureBlame
{
	BLAME_OTHER,				/* of this server, or of an interrupt */
	BLAME_QUERY,				/* the query's: it would fail elsewhere, too */
	BLAME_LOGIN,				/* the server does not let this log-in in */
	BLAME_MEMBER				/* the server's */
} FailureBlame;

/* at_login: before there was a session; is_remote: Redshift's, or of the way there. */
extern FailureBlame failure_blame(const char *sqlstate, const char *message, const char *detail,
								  bool at_login, bool is_remote);

/*
 * Is it an error of what a warehouse knows, such as its syntax and functions, which
 * may be another one in another warehouse?  Pure.
 */
extern bool failure_is_of_language(const char *sqlstate);

#endif							/* RSFED_FAILURE_H */
