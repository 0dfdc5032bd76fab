/*-------------------------------------------------------------------------
 *
 * check.h
 *	  Checks the way to a source, step by step.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_CHECK_H
#define RSFED_CHECK_H

#include "nodes/pg_list.h"

typedef struct CheckItem
{
	const char *item;			/* of a member of a group with its name before it */
	bool		is_login;
	bool		ok;
	char	   *detail;
} CheckItem;

/*
 * Connects as userid and checks each item in turn; List of CheckItem,
 * palloc'd.  Three small queries.  Failures of the way are items; raises only
 * the errors of source_check_usage(), and interrupts.
 */
extern List *source_check(const char *source, Oid userid);

/*
 * Connects (for a group, to each member) and closes again; returns NULL if
 * that works, else the error (palloc'd).  Raises only the errors of
 * source_server(), and interrupts.
 */
extern struct ErrorData *source_try(const char *source, Oid userid);

#endif							/* RSFED_CHECK_H */
