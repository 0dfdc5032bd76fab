/*-------------------------------------------------------------------------
 *
 * failure.h
 *	  What kind of failure an error is: worth a retry or not.
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

#endif							/* RSFED_FAILURE_H */
