/*-------------------------------------------------------------------------
 *
 * set_member.h
 *	  rsfed_catalog.set_member: the rollups of each set.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_SET_MEMBER_H
#define RSFED_SET_MEMBER_H

#include "nodes/pg_list.h"

/* relation_id of each member, ascending: List of int. */
extern List *set_members(int32 set_id);

/* The same in the order of the set's definition. */
extern List *set_members_as_named(int32 set_id);

/* Replaces the members of a set. */
extern void set_replace_members(int32 set_id, List *members);

#endif							/* RSFED_SET_MEMBER_H */
