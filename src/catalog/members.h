/*-------------------------------------------------------------------------
 *
 * members.h
 *	  rsfed_catalog.member: the servers of each group.
 *
 * source_servers() in source/group.h lists the servers behind a source of any
 * kind.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_MEMBERS_H
#define RSFED_MEMBERS_H

#include "nodes/pg_list.h"

typedef struct Member
{
	char	   *server;
	int			weight;			/* 0 = it gets no statements */
	int			priority;		/* for strategy failover; the lowest comes first */
	bool		draining;		/* it gets no new statements */
	char	   *drain_reason;	/* or NULL */
} Member;

/*
 * The members of a group in the order of their names: List of Member,
 * palloc'd; NIL if it is not a group.
 */
extern List *members_of(const char *group_name);

/*
 * Is that name a group with members, or a member?  Works with any version of
 * the tables.
 */
extern bool members_know(const char *name);

/* The groups that a server is a member of: List of char *. */
extern List *groups_of_server(const char *server);

/*
 * Adds a member; the caller has checked that it may be one and is not one yet.
 */
extern void member_insert(const char *group_name, const Member *member);

/*
 * Stores weight, priority, draining and its reason; draining_since and the
 * role that set it are kept while the member is draining.
 */
extern void member_update(const char *group_name, const Member *member);

/* Removes a member; false if there was no such member. */
extern bool member_delete(const char *group_name, const char *server);

/* Removes all members of a group. */
extern void members_delete(const char *group_name);

/*
 * Follows the new name of a server, as a group and as a member, also in
 * options of schedules.
 */
extern void members_rename_server(const char *old_name, const char *new_name);

/*
 * The table's oid; its relcache invalidation makes lists of members stale.
 * Raises the errors of a schema lookup.
 */
extern Oid	members_table(void);

#endif							/* RSFED_MEMBERS_H */
