/*-------------------------------------------------------------------------
 *
 * group.h
 *	  Groups, cached in this process.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_GROUP_H
#define RSFED_GROUP_H

#include "foreign/foreign.h"
#include "nodes/pg_list.h"

#include "shmem/health.h"
#include "source/server.h"

typedef struct GroupMember
{
	Oid			serverid;
	char	   *server;			/* its name */
	int			weight;
	int			priority;
	bool		draining;
	int			max_runs;		/* the server's option; 0 = any number */
} GroupMember;

typedef struct SourceGroup
{
	Oid			serverid;		/* the group's own */
	char	   *name;
	GroupStrategy strategy;
	Oid			owner;
	int64		health_interval_ms; /* 0 = its members are not checked */
	char	   *health_query;	/* or NULL */
	int			count;
	GroupMember *member;		/* in the order of their names */
} SourceGroup;

/*
 * The group of that server, with members whose servers exist.  Read from the
 * tables only after a change; valid until the next call.  Takes a snapshot for
 * the moment if none is active.
 */
extern const SourceGroup *group_get(ForeignServer *server);

/*
 * The groups, and the servers with the option max_runs, from the cache: List
 * of LimitedSource, palloc'd.
 */
typedef struct LimitedSource
{
	Oid			serverid;
	char	   *name;
	bool		is_group;
	int			max_runs;		/* of a server, more than 0 */
} LimitedSource;

extern List *limited_sources(void);

/* The group that such a source is, or NULL: it is none, or was dropped.  As group_get(). */
extern const SourceGroup *limited_group(const LimitedSource *source);

/*
 * The group of that name; raises 42704 (with the nearest name) if there is no
 * such server, 42809 if it is not a group.
 */
extern ForeignServer *source_require_group(const char *name);

/*
 * Names of the servers that statements to a source may reach: the server's
 * own, or those of the group's members, drained ones too, by name; List of
 * char *, palloc'd.  Raises the errors of source_server().
 */
extern List *source_servers(const char *source);

#endif							/* RSFED_GROUP_H */
