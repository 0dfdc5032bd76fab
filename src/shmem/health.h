/*-------------------------------------------------------------------------
 *
 * health.h
 *	  Which member of a group is next, and which ones work: for all backends.
 *
 * Without preloading each process has a memory of its own.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_HEALTH_H
#define RSFED_HEALTH_H

#include "datatype/timestamp.h"

/* How a member is chosen. */
typedef enum GroupStrategy
{
	GROUP_WEIGHTED,				/* by turns, each as often as its weight says */
	GROUP_FAILOVER,				/* the lowest priority that works */
	GROUP_LEAST_BUSY			/* the fewest statements for its weight */
} GroupStrategy;

/* A member that may be chosen: not drained, not tried in vain before. */
typedef struct HealthCandidate
{
	Oid			server;
	int			weight;			/* more than 0 */
	int			priority;
	int			max_runs;		/* 0 = any number */
} HealthCandidate;

/* What a choice came to, if it is no candidate. */
#define HEALTH_FULL		(-1)	/* every one that works has its runs: wait */
#define HEALTH_TRIED	(-2)	/* none works, and others try each of them now */

/* A statement, or a run of several, at a server; from the choice to its end. */
typedef struct HealthUse HealthUse;

/* What a use is for. */
typedef enum HealthKind
{
	HEALTH_STATEMENT,			/* somebody waits for it */
	HEALTH_RUN,					/* of a worker: it can wait for room */
	HEALTH_CHECK				/* of nobody: nothing that the member has served */
} HealthKind;

/*
 * Chooses one of the candidates and counts the use there; its index, or one of
 * the above.  A member that broke is a candidate again once its time has come,
 * for one use at a time, and at once where none works.  A run (of a worker) goes
 * to no member that is full; what is no run to the least busy one, if all are.
 * The use lives in the current memory context, whose reset ends it.
 */
extern int	health_choose(Oid group, GroupStrategy strategy, const HealthCandidate *candidates,
						  int count, HealthKind kind, HealthUse **use);

/*
 * The same for a server that was asked for by its own name: counts the use.
 * False for a run where it is full.  max_runs 0 = any number.
 */
extern bool health_use(Oid server, int max_runs, bool is_run, HealthUse **use);

/* Ends a use; NULL is none. */
extern void health_end(HealthUse *use);

/*
 * A server has answered: to the log-in, which took connect_ms (-1: there was
 * none), and is_whole: to a statement, too.  True if it was broken before.
 */
extern bool health_worked(Oid server, int connect_ms, bool is_whole);

/*
 * A server has failed for a reason of its own: it breaks, and is left alone for
 * that long.  was_trial: by the use that tried it again.  The text is cut.  True
 * if it worked before.  health_failures(): failures in a row up to now.
 */
extern bool health_failed(Oid server, bool was_trial, int64 delay_ms, const char *message);
extern int	health_failures(Oid server);

/*
 * When a member is to be checked next, which is done each interval: in how many ms,
 * 0 or less for now.  health_claim_check(): if that is now, it is the caller's, and
 * nobody else's until the next one.  health_note_error(): what a check was told that
 * breaks nobody; true if that is news.
 */
extern int64 health_check_in_ms(Oid group, Oid server, int64 interval_ms);
extern bool health_claim_check(Oid group, Oid server, int64 interval_ms);
extern bool health_note_error(Oid server, const char *message);

/* Is a use the trial of a member that broke? */
extern bool health_is_trial(const HealthUse *use);

/*
 * Runs of workers at a server: all (group InvalidOid), those that came by the name
 * of a group, those that came by that of any group.
 */
extern int	health_runs(Oid group, Oid server);
extern int	health_group_runs(Oid server);

/* Has it failed, and is not to be tried again now: it is not time, or somebody does? */
extern bool health_is_passed_over(Oid server);

/* What is known of a member. */
#define HEALTH_TEXT 256
typedef struct HealthReport
{
	bool		known;			/* anything at all */
	bool		broken;
	TimestampTz since;			/* when it broke, or was first seen to work after that; 0 */
	int			running;		/* statements at this moment, whatever way they came */
	int			runs;
	int64		served;			/* by this group, since the server started */
	double		latency_ms;		/* of a log-in; -1 = unknown */
	char		last_error[HEALTH_TEXT];	/* "" = none */
} HealthReport;

extern void health_report(Oid group, Oid server, HealthReport *report);

#endif							/* RSFED_HEALTH_H */
