/*-------------------------------------------------------------------------
 *
 * action.h
 *	  The actions of a change of a rollup, line by line.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_ACTION_H
#define RSFED_ACTION_H

#include "nodes/pg_list.h"

typedef struct RedefinitionAction
{
	const char *action;			/* a word or two: add column, refresh */
	const char *detail;
} RedefinitionAction;

/* Adds a RedefinitionAction to the list. */
extern void add_action(List **actions, const char *action, const char *format,...) pg_attribute_printf(3, 4);

#endif							/* RSFED_ACTION_H */
