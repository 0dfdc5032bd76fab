/*-------------------------------------------------------------------------
 *
 * serving.h
 *	  How fresh a relation is, for whoever reads it: what the query's own snapshot
 *	  says, at the cost of a few index look-ups.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_SERVING_H
#define RSFED_SERVING_H

#include "datatype/timestamp.h"
#include "utils/snapshot.h"

/* What the current user may see of a relation. */
typedef struct Sight
{
	bool		exists;
	Oid			owner;
	bool		may_select;
	bool		may_see_all;	/* the owner, a member of that role, pg_monitor */
} Sight;

/* Takes no lock and does not raise: the relation may go away meanwhile. */
extern Sight serving_sight(Oid relid);

/*
 * rsfed's number of a relation as the snapshot sees it; 0 if rsfed does not
 * refresh it.
 */
extern int32 serving_relation_id(Oid relid, Snapshot snapshot);

/*
 * Does the cache of oids have a relation?  A restore may bring relations without
 * their oids; then they are known by name.
 */
extern bool serving_has_oid(int32 relation_id, Snapshot snapshot);

/* The oid of a relation by that number; InvalidOid if it is a set, or gone. */
extern Oid	serving_relid(int32 relation_id, Snapshot snapshot);

/* What the snapshot sees of a relation. */
typedef struct Content
{
	int32		relation_id;	/* 0: rsfed does not refresh it */
	bool		exists;
	TimestampTz as_of;			/* if the content exists */
} Content;

/*
 * The content of a relation.  The number of a relation that was asked for before in
 * this session is not looked up again.
 */
extern Content serving_content(Oid relid, Snapshot snapshot);

/*
 * max_age of a rollup, palloc'd; NULL if it has none or is no rollup.  Also says
 * the rollup's source, unless that is not asked for (NULL).
 */
extern Interval *serving_max_age(int32 relation_id, Snapshot snapshot, char **source);

/*
 * May the current user see all of the runs of a relation: its owner, members of
 * that role, pg_monitor; of a set: who owns all of its members, if it has any.
 */
extern bool serving_may_see_runs(int32 relation_id, Snapshot snapshot);

#endif							/* RSFED_SERVING_H */
