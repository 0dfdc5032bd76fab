/*-------------------------------------------------------------------------
 *
 * route.h
 *	  Which server a statement to a source goes to, and where to go when that
 *	  fails.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_ROUTE_H
#define RSFED_ROUTE_H

#include "foreign/foreign.h"
#include "nodes/pg_list.h"

#include "shmem/health.h"
#include "source/request.h"

/*
 * The way of one attempt to a group, which stays at its member until that fails.
 * Made by palloc0 in a memory context that outlives the tries; what is written
 * into it is allocated there, too.
 */
typedef struct SourceRoute
{
	/* what the caller wants: names of members, char * */
	List	   *only;			/* none but these; NIL = any */
	List	   *except;			/* none of these */
	List	   *unfit;			/* nor of these, as source_unfit() gives them */
	bool		drained_too;	/* whether they drain or have no weight */
	bool		stays_once_in;	/* after the log-in nothing is tried elsewhere */
	bool		is_check;		/* asks for nobody, but whether the one member works */

	/* where the attempt is now */
	Oid			serverid;		/* InvalidOid: nothing is chosen, or it is no group */
	char	   *server;
	bool		is_trial;
	bool		is_logged_in;

	/* what came before */
	char	   *group_name;
	Oid			userid;
	List	   *failed;			/* names of members that have failed: char * */
	char	   *moved_from;		/* the last of them that was left for another; or NULL */
	char	   *why;			/* for each that was left, why; or NULL */

	/* the query of a rollup that was sent last, see unable.h */
	char	   *asked;			/* NULL = none */
	int32		asked_rollup;
	int			asked_definition;
	List	   *refused;		/* of Refusal */
} SourceRoute;

/*
 * The server that a request goes to, and the use that it counts.  For a group
 * the member that the route stays at, else the one whose turn it is.  Waits for
 * room for a run; interruptible.  55000 for a group without a member that could
 * be taken, 08001 where none answers.
 */
extern ForeignServer *route_choose(const SourceRequest *request, ForeignServer *asked,
								   HealthUse **use);

/* A server has answered: see health_worked().  The log has a line where it was broken. */
extern void route_worked(Oid serverid, const char *server, int connect_ms, bool is_whole);

/*
 * An attempt has failed with that error.  True if it was for a reason of the
 * member's and there is another member to try; else the error is to be raised,
 * whose detail says then where else it was tried.  To be called after the
 * subtransaction of the attempt was rolled back.  False for a NULL route.
 */
extern bool route_move_on(SourceRoute *route, ErrorData *error);

/*
 * Names of the members that the attempt has not tried and that may be asked now:
 * List of char *, palloc'd; NIL for what is no group.
 */
extern List *route_others(const SourceRoute *route);

/*
 * The attempt leaves its member for another one (NULL: the one whose turn it is),
 * for that reason, a sentence.
 */
extern void route_leave(SourceRoute *route, const char *next, const char *why);

#endif							/* RSFED_ROUTE_H */
