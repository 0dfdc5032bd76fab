/*-------------------------------------------------------------------------
 *
 * health_check.h
 *	  Looking whether members of groups work, before a statement finds out.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_HEALTH_CHECK_H
#define RSFED_HEALTH_CHECK_H

#include "datatype/timestamp.h"

/* A member that is to be checked now; palloc'd. */
typedef struct HealthCheck
{
	char	   *group;
	char	   *server;
	Oid			serverid;
	Oid			owner;			/* of the group: whose log-in it is */
	char	   *query;			/* or NULL: a log-in is enough */
	int			timeout_ms;		/* of the query */
} HealthCheck;

/*
 * How many members of this database's groups are to be checked now; *next becomes
 * the time when the first of the others is, if that is earlier than it was.
 */
extern int	health_checks_due(TimestampTz *next);

/* One of them, which nobody else takes; in the current memory context, or NULL. */
extern HealthCheck *health_check_claim(void);

/*
 * Logs in to it, asks the query, and lets all backends know what came of it; the log
 * has a line where that is news.  In a transaction.  Raises interrupts only.
 */
extern void health_check_run(const HealthCheck *check);

#endif							/* RSFED_HEALTH_CHECK_H */
