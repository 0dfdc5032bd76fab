/*-------------------------------------------------------------------------
 *
 * arguments.h
 *	  Arguments of SQL functions.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_ARGUMENTS_H
#define RSFED_ARGUMENTS_H

#include "fmgr.h"
#include "nodes/pg_list.h"
#include "utils/jsonb.h"

/* Raises 22004 if the argument is NULL. */
extern void argument_require(FunctionCallInfo fcinfo, int number, const char *name);

/* A name, which lives as long as the argument; raises 22004 if it is NULL. */
extern char *argument_name(FunctionCallInfo fcinfo, int number, const char *name);

/* The same for the name of a new object; raises 42602 if it is empty. */
extern char *argument_new_name(FunctionCallInfo fcinfo, int number, const char *name);

/* A text argument, palloc'd; NULL for a NULL. */
extern char *argument_text(FunctionCallInfo fcinfo, int number);

/* A text[] argument (not NULL) as a List of char *; 22004 for a NULL in it. */
extern List *argument_names(FunctionCallInfo fcinfo, int number, const char *name);

/* The jsonb object without any option. */
extern Jsonb *argument_no_options(void);

#endif							/* RSFED_ARGUMENTS_H */
