/*-------------------------------------------------------------------------
 *
 * serving.h
 *	  The freshness of a relation, for its readers: in the query's own
 *	  snapshot, at the cost of a few index look-ups.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_SERVING_H
#define RSFED_SERVING_H

#include "datatype/timestamp.h"
#include "utils/snapshot.h"

/* The facts about a relation that the current user may see. */
typedef struct Sight
{
	bool		exists;
	Oid			owner;
	bool		may_select;
	bool		may_see_all;	/* the owner, a member of that role, pg_monitor */
} Sight;

/* Takes no lock and does not raise: the relation may be dropped meanwhile. */
extern Sight serving_sight(Oid relid);

/*
 * rsfed's number of a relation in the snapshot; 0 if rsfed does not refresh
 * it.
 */
extern int32 serving_relation_id(Oid relid, Snapshot snapshot);

/*
 * Is a relation in the cache of oids?  A restore may bring relations without
 * their oids; then they are found by name.
 */
extern bool serving_has_oid(int32 relation_id, Snapshot snapshot);

/* The facts about a relation in the snapshot. */
typedef struct Content
{
	int32		relation_id;	/* 0: rsfed does not refresh it */
	bool		exists;
	TimestampTz as_of;			/* if the content exists */
} Content;

/*
 * The content of a relation.  A number that was found before in this session
 * is not looked up again.
 */
extern Content serving_content(Oid relid, Snapshot snapshot);

/*
 * max_age of a rollup, palloc'd; NULL if it has none or is not a rollup.  Also
 * returns the rollup's source, unless source is NULL.
 */
extern Interval *serving_max_age(int32 relation_id, Snapshot snapshot, char **source);

/*
 * May the current user see all runs of a relation?  True for its owner,
 * members of that role, and pg_monitor; for a set, if the user owns all its
 * members and there are any.
 */
extern bool serving_may_see_runs(int32 relation_id, Snapshot snapshot);

/*
 * May the current user see the freshness of a relation?  True for these and
 * for roles with SELECT on it; for a set, on all its members.
 */
extern bool serving_may_see_freshness(int32 relation_id, Snapshot snapshot);

#endif							/* RSFED_SERVING_H */
