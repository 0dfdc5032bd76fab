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
 * Makes a new set with these members (relation_ids, in the order to be shown);
 * returns false if a set of that name exists.
 */
extern bool set_insert(const char *name, List *members);

/*
 * Locks a set against other changes until the end of the transaction; returns
 * false if the set does not exist any more.
 */
extern bool set_lock(int32 set_id);

/* Removes a set with its schedules; its members stay, runs stay as history. */
extern void set_delete(int32 set_id);

/*
 * Raises 42501 unless relation_require_maintainer accepts the current user for
 * every member. "action" is a verb ("refresh").
 */
extern void set_require_maintainer(int32 set_id, const char *name, const char *action);

/*
 * Raises 42501 unless the current user owns at least one of the members: the
 * owner of a rollup can remove it from a set.
 */
extern void set_require_member_owner(int32 set_id, const char *name, const char *action);

#endif							/* RSFED_SET_H */
