/*-------------------------------------------------------------------------
 *
 * check.h
 *	  What works on the way to a source, and what does not.
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
 * Connects as userid and looks at each item in turn; List of CheckItem,
 * palloc'd.  Three small queries.  Failures of the way are items; raises only
 * what source_check_usage() raises, and interrupts.
 */
extern List *source_check(const char *source, Oid userid);

/*
 * Connects, of a group to each member, and closes again; NULL if that works, else the error (palloc'd).
 * Raises only what source_server() raises, and interrupts.
 */
extern struct ErrorData *source_try(const char *source, Oid userid);

#endif							/* RSFED_CHECK_H */
