/*-------------------------------------------------------------------------
 *
 * table_writer.h
 *	  Writes rows of the served table: insert, update, delete.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_TABLE_WRITER_H
#define RSFED_TABLE_WRITER_H

#include "executor/tuptable.h"
#include "utils/relcache.h"
#include "utils/snapshot.h"

#include "rollup/refresh_target.h"

typedef struct TableWriter TableWriter;

/*
 * Opens the table's indexes and triggers for one pass, which uses one snapshot
 * (active) and one command id.  With defer, changes that another unique or
 * exclusion index could refuse only because of their order (two rows swap a
 * unique value) wait until writer_finish.  The caller keeps rel, locked ROW
 * EXCLUSIVE or stronger.  Lives in the current memory context.
 */
extern TableWriter *writer_open(Relation rel, const RefreshTarget *target,
								Snapshot snapshot, bool defer);

/*
 * Inserts a new row: row holds the result's columns, the others get their
 * defaults.
 */
extern void writer_insert(TableWriter *writer, TupleTableSlot *row);

/*
 * Writes a new version of the row in old (a slot of the table): the columns of
 * the result that are marked as changed are taken from row, all others keep
 * their stored values, so that a toasted value is not written again.
 */
extern void writer_update(TableWriter *writer, TupleTableSlot *old,
						  TupleTableSlot *row, const bool *changed);

extern void writer_delete(TableWriter *writer, TupleTableSlot *old);

/* Writes the deferred rows, runs the triggers of foreign keys, and closes. */
extern void writer_finish(TableWriter *writer);

#endif							/* RSFED_TABLE_WRITER_H */
