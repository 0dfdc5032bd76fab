/*-------------------------------------------------------------------------
 *
 * health.h
 *	  The health of the members of groups, and the choice among them, for all
 *	  backends.
 *
 * Without preloading each process has a memory of its own.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_HEALTH_H
#define RSFED_HEALTH_H

#include "datatype/timestamp.h"

/* The strategies for the choice of a member. */
typedef enum GroupStrategy
{
	GROUP_WEIGHTED,				/* by turns, in proportion to the weights */
	GROUP_FAILOVER,				/* the lowest priority that works */
	GROUP_LEAST_BUSY			/* the fewest statements for its weight */
} GroupStrategy;

/*
 * A member that may be chosen: not drained, and not tried by this statement
 * before.
 */
typedef struct HealthCandidate
{
	Oid			server;
	int			weight;			/* more than 0 */
	int			priority;
	int			max_runs;		/* 0 = any number */
} HealthCandidate;

/* The result of a choice, if it is not a candidate. */
#define HEALTH_FULL		(-1)	/* every working member has its maximum number of runs: wait */
#define HEALTH_TRIED	(-2)	/* no member works, and others are trying each of them now */

/*
 * A statement, or a run of several statements, at a server, from the choice to
 * its end.
 */
typedef struct HealthUse HealthUse;

/* The purpose of a use. */
typedef enum HealthKind
{
	HEALTH_STATEMENT,			/* a user waits for it */
	HEALTH_RUN,					/* a run of a worker: it can wait for room */
	HEALTH_CHECK				/* a check: it is not counted as served by the member */
} HealthKind;

/*
 * Chooses one of the candidates and counts the use there; returns its index,
 * or one of the above.  A broken member is a candidate again when its time has
 * come, for one use at a time, or at once if no member works.  A run of a
 * worker does not use a member that is full; any other use takes the least
 * busy member if all are full.
 *
 * *use is NULL, or what an earlier call has made that chose nothing: a caller may
 * wait for hours and ask again and again.  It lives in the current memory context,
 * whose reset ends it.
 */
extern int	health_choose(Oid group, GroupStrategy strategy, const HealthCandidate *candidates,
						  int count, HealthKind kind, HealthUse **use);

/*
 * The same for a server that is used by its own name: counts the use.  False
 * for a run if the server is full.  max_runs 0 = any number.
 */
extern bool health_use(Oid server, int max_runs, bool is_run, HealthUse **use);

/* Ends a use; does nothing for NULL. */
extern void health_end(HealthUse *use);

/*
 * Notes that a server has answered the log-in, which took connect_ms (-1:
 * there was none), and, if is_whole, a statement, too.  True if it was broken
 * before.
 */
extern bool health_worked(Oid server, int connect_ms, bool is_whole);

/*
 * Notes that a server has failed for a reason of its own: it breaks, and is
 * left alone for the given time.  was_trial: the use that tried it again
 * failed.  The text is truncated.  True if it worked before.
 * health_failures() returns the number of failures in a row.
 */
extern bool health_failed(Oid server, bool was_trial, int64 delay_ms, const char *message);
extern int	health_failures(Oid server);

/*
 * The time in ms until a member is to be checked next, which happens once per
 * interval; 0 or less means now.  health_claim_check() gives a check that is
 * due to the caller, and to nobody else until the next one.
 * health_note_error() notes an error of a check that does not break the
 * member; true if it is new.
 */
extern int64 health_check_in_ms(Oid group, Oid server, int64 interval_ms);
extern bool health_claim_check(Oid group, Oid server, int64 interval_ms);
extern bool health_note_error(Oid server, const char *message);

/* Is a use the trial of a broken member? */
extern bool health_is_trial(const HealthUse *use);

/*
 * The number of runs of workers at a server: all (group InvalidOid), those by
 * the name of one group, and those by the name of any group.
 */
extern int	health_runs(Oid group, Oid server);
extern int	health_group_runs(Oid server);

/*
 * Has it failed and may not be tried again now, because it is too early or
 * somebody else is trying it?
 */
extern bool health_is_passed_over(Oid server);

/* The known facts about a member. */
#define HEALTH_TEXT 256
typedef struct HealthReport
{
	bool		known;			/* anything at all */
	bool		broken;
	TimestampTz since;			/* when it broke, or first worked after that; 0 = never */
	int			running;		/* statements in progress, by any name */
	int			runs;
	int64		served;			/* by this group, since the server started */
	double		latency_ms;		/* of a log-in; -1 = unknown */
	char		last_error[HEALTH_TEXT];	/* "" = none */
} HealthReport;

extern void health_report(Oid group, Oid server, HealthReport *report);

#endif							/* RSFED_HEALTH_H */
