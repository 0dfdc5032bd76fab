/*-------------------------------------------------------------------------
 *
 * route.h
 *	  Chooses the server for a statement to a source, and the next one after a
 *	  failure.
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
 * The route of one attempt to a group, which stays at its member until that
 * fails.  Made by palloc0 in a memory context that outlives the tries; its
 * contents are allocated there, too.
 */
typedef struct SourceRoute
{
	/* set by the caller: names of members, char * */
	List	   *only;			/* none but these; NIL = any */
	List	   *except;			/* none of these */
	List	   *unfit;			/* nor of these, from source_unfit() */
	bool		drained_too;	/* whether they drain or have no weight */
	bool		stays_once_in;	/* after the log-in no other member is tried */
	bool		is_check;		/* a check of one member, without a user who waits */

	/* the current state of the attempt */
	Oid			serverid;		/* InvalidOid: nothing is chosen, or not a group */
	char	   *server;
	bool		is_trial;
	bool		is_logged_in;

	/* the history of the attempt */
	char	   *group_name;
	Oid			userid;
	List	   *failed;			/* names of members that have failed: char * */
	char	   *moved_from;		/* the last of them that was left for another; or NULL */
	char	   *why;			/* the reason for each that was left; or NULL */

	/* the last query of a rollup that was sent, see unable.h */
	char	   *asked;			/* NULL = none */
	int32		asked_rollup;
	int			asked_definition;
	List	   *refused;		/* of Refusal */
} SourceRoute;

/*
 * The server for a request, and its counted use.  For a group it is the member
 * at which the route stays, or the one whose turn it is.  Waits for room for a
 * run; interruptible.  Raises 55000 for a group without a usable member, 08001
 * if none answers.
 */
extern ForeignServer *route_choose(const SourceRequest *request, ForeignServer *asked,
								   HealthUse **use);

/*
 * A server has answered: see health_worked().  Logs a line if it was broken.
 */
extern void route_worked(Oid serverid, const char *server, int connect_ms, bool is_whole);

/*
 * An attempt has failed with that error.  True if the cause was the member and
 * there is another member to try; otherwise the caller raises the error, whose
 * detail then names the other members that were tried.  Called after the
 * rollback of the attempt's subtransaction.  False for a NULL route.
 */
extern bool route_move_on(SourceRoute *route, ErrorData *error);

/*
 * Names of the members that the attempt has not tried and may use now: List of
 * char *, palloc'd; NIL if it is not a group.
 */
extern List *route_others(const SourceRoute *route);

/*
 * The attempt leaves its member for another one (NULL: the one whose turn it
 * is), for the given reason, a sentence.
 */
extern void route_leave(SourceRoute *route, const char *next, const char *why);

#endif							/* RSFED_ROUTE_H */
