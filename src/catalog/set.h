/*-------------------------------------------------------------------------
 *
 * set.h
 *	  Sets of rollups: a row of rsfed_catalog.relation, and its members.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_SET_H
#define RSFED_SET_H

#include "nodes/pg_list.h"

#include "catalog/relation.h"

/* The set of that name, 0 if there is none; or 42704 with the nearest name. */
extern int32 set_find(const char *name);
extern int32 set_require(const char *name);

/*
 * New set with these members (relation_ids, in the order to be shown); false if
 * there is one of that name.
 */
extern bool set_insert(const char *name, List *members);

/*
 * Locks a set against other changes of it to the end of the transaction; false if
 * it is gone.
 */
extern bool set_lock(int32 set_id);

/* Removes a set with its schedules; its members stay, runs stay as history. */
extern void set_delete(int32 set_id);

/*
 * Raises 42501 unless the current user may do with every member what
 * relation_require_maintainer checks.  "action" is a verb ("refresh").
 */
extern void set_require_maintainer(int32 set_id, const char *name, const char *action);

/*
 * Raises 42501 unless the current user owns one of the members at least: who
 * owns a rollup can take it out of a set.
 */
extern void set_require_member_owner(int32 set_id, const char *name, const char *action);

#endif							/* RSFED_SET_H */
