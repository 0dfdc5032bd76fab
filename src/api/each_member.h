/*-------------------------------------------------------------------------
 *
 * each_member.h
 *	  Does the same work at every server behind a source.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_EACH_MEMBER_H
#define RSFED_EACH_MEMBER_H

#include "source/source.h"

typedef struct MemberVisit
{
	const char *source;
	const char *server;
	RemoteConnection *conn;
	void	   *arg;
	ErrorData  *error;			/* the reason why the work failed there; NULL = it did not fail */
} MemberVisit;

/*
 * Connects to each server that statements to a source may reach, as the
 * current user, and does the work there; then calls "done", even after a
 * failure.  A failure at a member of a group is given to done() and is a
 * WARNING; at a server that is not a group it is raised.  Interrupts are
 * raised.  Lives in the current memory context.
 */
extern void each_member(const char *source, const char *label, bool writable,
						void (*work) (MemberVisit *visit), void (*done) (MemberVisit *visit),
						void *arg);

/* The error in one line; palloc'd. */
extern char *member_failure(const MemberVisit *visit);

#endif							/* RSFED_EACH_MEMBER_H */
