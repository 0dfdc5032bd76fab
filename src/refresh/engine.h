/*-------------------------------------------------------------------------
 *
 * engine.h
 *	  How a method applies the rows of a result to the served table.
 *
 * Policy: the driver connects, serializes, takes locks and snapshots, and
 * writes the outcome; an engine only turns rows into changes.  Whatever
 * differs between methods stands in the struct below, so that adding a method
 * adds a file and a line in engine.c, and no switch anywhere.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_ENGINE_H
#define RSFED_ENGINE_H

#include "lib/stringinfo.h"
#include "utils/snapshot.h"

#include "catalog/rollup.h"
#include "refresh/refresh_target.h"
#include "refresh/rowsource.h"
#include "refresh/scope.h"

/* One pass over the served table. */
typedef struct Apply
{
	const Rollup *rollup;
	const RefreshTarget *target;
	Relation	rel;			/* the served table, locked ROW EXCLUSIVE */
	Snapshot	snapshot;		/* the one that the pass reads and writes with */
	RowSource  *rows;			/* the new content */
	RowScope   *scope;			/* the rows that it speaks of; NULL = all */
	int64		inserted;
	int64		updated;
	int64		deleted;
	struct RefreshRun *run;		/* run->refused is set before raising what the gate refuses */
} Apply;

typedef struct Engine
{
	const char *name;			/* the method, as users write it */
	bool		needs_key;
	bool		ordered;		/* the rows must come in the order of the key */

	/*
	 * Raises where a definition cannot work with this method (22023); called
	 * when it is made or changed.  NULL = nothing to check.
	 */
	void		(*validate) (const Rollup *rollup);

	/*
	 * Makes the content of the table that of apply->rows, counting what it
	 * writes.  Runs as the table's owner, in a transaction that the driver
	 * commits, with apply->snapshot active; raises 40001 for a row that
	 * somebody else changed meanwhile,
	 * 23502 for a NULL where none may be.
	 */
	void		(*apply) (Apply *apply);
} Engine;

extern const Engine merge_engine;
extern const Engine replace_engine;
extern const Engine window_engine;

/* The engine of a method; 22023 with the nearest name for an unknown one. */
extern const Engine *engine_find(const char *method);

/* Adds a sentence to a run's note. */
extern void note_append(StringInfo note, const char *format,...) pg_attribute_printf(2, 3);

#endif							/* RSFED_ENGINE_H */
