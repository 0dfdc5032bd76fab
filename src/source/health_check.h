/*-------------------------------------------------------------------------
 *
 * health_check.h
 *	  Checks whether members of groups work, before a statement finds out.
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
 * The number of members of this database's groups that are to be checked now;
 * *next is lowered to the time of the first check of the others.
 */
extern int	health_checks_due(TimestampTz *next);

/*
 * Claims one of them, so that nobody else takes it; in the current memory
 * context, or NULL.
 */
extern HealthCheck *health_check_claim(void);

/*
 * Logs in to it, runs the query, and shares the result with all backends; logs
 * a line if it is new.  Called in a transaction.  Raises only interrupts.
 */
extern void health_check_run(const HealthCheck *check);

#endif							/* RSFED_HEALTH_CHECK_H */
