/*-------------------------------------------------------------------------
 *
 * relation.h
 *	  rsfed_catalog.relation: the relations that rsfed refreshes.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_RELATION_H
#define RSFED_RELATION_H

#include "nodes/pg_list.h"
#include "utils/timestamp.h"

typedef struct RsfedRelation
{
	int32		relation_id;
	Oid			relid;
	char	   *schema_name;
	char	   *relation_name;
	bool		is_rollup;		/* else a native materialized view, or */
	bool		is_set;			/* a set of rollups: no relid, no schema */
} RsfedRelation;

/* The row of a relation by its oid; NULL if rsfed does not refresh it. */
extern RsfedRelation *relation_lookup(Oid relid);

/*
 * The row by rsfed's own number; NULL if it is gone or its relation does not
 * exist.  May be a set.
 */
extern RsfedRelation *relation_lookup_id(int32 relation_id);

/* Raises 42809 (the nearest rollup as a hint) if relid is not a rollup. */
extern RsfedRelation *relation_require_rollup(Oid relid);

/*
 * Raises 42501 unless the current user owns relid, is a member of its owner,
 * or holds MAINTAIN on it (17+).  "action" is a verb for the message ("refresh").
 */
extern void relation_require_maintainer(Oid relid, const char *action);

/* True where relation_require_maintainer would not raise. */
extern bool relation_is_maintainer(Oid relid, Oid userid);

/*
 * Makes a new row, in place of a stale one of that name; returns its
 * relation_id.
 */
extern int32 relation_insert(Oid relid, bool is_rollup);

/* "schema"."name", quoted where needed, for messages; palloc'd. */
extern char *relation_display_name(Oid relid);

/* The name for messages: the name above, or that of the set; palloc'd. */
extern char *relation_title(const RsfedRelation *relation);

/* The owner of an existing relation. */
extern Oid	relation_owner(Oid relid);

/*
 * Fills the cache of oids after a restore; must run before a command that
 * could rename or drop a relation.
 */
extern void relation_cache_oids(void);

/*
 * The number of the relation with that cached oid; 0 if none.  Like
 * relations_sync(), reads only columns of every version of the extension:
 * commands that do not concern rsfed must also work before ALTER EXTENSION ...
 * UPDATE.
 */
extern int32 relation_id_by_oid(Oid relid);

/*
 * Follows renames, changed schemas and drops of every relation with a cached
 * oid, including those that no event trigger saw.  Writes only changes.
 */
extern void relations_sync(void);

/* Numbers of all relations, by schema and name: List of int. */
extern List *relation_ids(void);

/* Pauses a relation; until may be NULL (until resumed), and so may reason. */
extern void relation_pause(int32 relation_id, TimestampTz *until, const char *reason);
extern void relation_resume(int32 relation_id);
extern void pause_all(TimestampTz *until, const char *reason);
extern void resume_all(void);

/*
 * Is the relation paused now (pauses of all relations do not count), or are
 * all relations?  Fills until (DT_NOEND: until resumed) and reason (palloc'd,
 * or NULL).
 */
extern bool relation_pause_load(int32 relation_id, TimestampTz *until, char **reason);
extern bool pause_all_load(TimestampTz *until, char **reason);

#endif							/* RSFED_RELATION_H */
