/*-------------------------------------------------------------------------
 *
 * members.h
 *	  rsfed_catalog.member: the servers of each group.
 *
 * How to list the servers behind a source, of whichever kind it is: see
 * source_servers() in source/group.h.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_MEMBERS_H
#define RSFED_MEMBERS_H

#include "nodes/pg_list.h"

typedef struct Member
{
	char	   *server;
	int			weight;			/* 0 = it is given nothing */
	int			priority;		/* of strategy failover; the lowest goes first */
	bool		draining;		/* it is given nothing new */
	char	   *drain_reason;	/* or NULL */
	List	   *differs;		/* relation_ids of rollups it is not used for */
} Member;

/*
 * The members of a group in the order of their names: List of Member, palloc'd;
 * NIL for what is no group.
 */
extern List *members_of(const char *group_name);

/*
 * Is that name a group with members, or a member?  To be asked whatever version
 * the tables are of.
 */
extern bool members_know(const char *name);

/* The groups that a server is a member of: List of char *. */
extern List *groups_of_server(const char *server);

/* Adds a member; the caller has checked that it may be one and is none yet. */
extern void member_insert(const char *group_name, const Member *member);

/*
 * Writes weight, priority, draining and its reason; draining_since and who said
 * so are kept while it goes on draining.
 */
extern void member_update(const char *group_name, const Member *member);

/* Notes for which rollups (relation_ids) a member must not be used; NIL = for all it may. */
extern void member_note_differences(const char *group_name, const char *server, List *differs);

/* A rollup is dropped, or reads something else now: no member differs for it. */
extern void members_forget_rollup(int32 relation_id);

/* False if there was no such member. */
extern bool member_delete(const char *group_name, const char *server);

/* All members of a group are forgotten. */
extern void members_delete(const char *group_name);

/* A server, as a group or as a member, has another name; in options of schedules, too. */
extern void members_rename_server(const char *old_name, const char *new_name);

/*
 * The table's oid, at whose relcache invalidation lists of members are stale;
 * raises what looking up the schema raises.
 */
extern Oid	members_table(void);

#endif							/* RSFED_MEMBERS_H */
