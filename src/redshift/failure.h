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

#endif							/* RSFED_FAILURE_H */
