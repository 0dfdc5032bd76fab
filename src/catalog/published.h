/*-------------------------------------------------------------------------
 *
 * published.h
 *	  rsfed_catalog.publication and .published_freshness: the facts about
 *	  rollups that subscribers receive.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_PUBLISHED_H
#define RSFED_PUBLISHED_H

#include "nodes/pg_list.h"

/*
 * Updates the published facts of a relation (0: of all) to the current ones,
 * in this transaction.  Costs one look-up by index for a relation that is not
 * published.  May wait for another transaction that publishes the same
 * relation.
 */
extern void published_touch(int32 relation_id);

/* Names of the publications that a relation is in: List of char *. */
extern List *published_in(int32 relation_id);

/*
 * Adds a relation to a publication; its content is copied anew by subscribers
 * from that version on.  Waits for a run that is about to commit.
 */
extern void published_insert(const char *publication, int32 relation_id, int version);

/* Removes a relation from a publication; false if it was not in it. */
extern bool published_delete(const char *publication, int32 relation_id);

/*
 * Makes the row of a publication, if there is none, and sets its column
 * messages.
 */
extern void publication_store(const char *publication, bool messages);

/*
 * Follows the new name of a publication; false if rsfed does not know it.
 * Raises 55000 if it has subscribers, which use the old name.  Works with
 * every version of the extension.
 */
extern bool publication_rename(const char *old_name, const char *new_name);

/* Does rsfed know a publication of that name? */
extern bool publication_exists(const char *publication);

/* Increases the version of a publication; returns the new one, 0 if rsfed does not know it. */
extern int	publication_bump(const char *publication);

/*
 * Follows renamed relations, with a NOTICE for each of their publications.
 * Works with every version of the extension.
 */
extern void published_rename(void);

/* Is the table in the publication, no matter who added it? */
extern bool publication_contains(const char *publication, Oid relid);

/*
 * Columns of a table that a publication names: List of char *; NIL if it publishes
 * all of them, or not the table.
 */
extern List *published_columns(const char *publication, Oid relid);

/*
 * Deletes rows of publications, and of tables in them, that were dropped in
 * another way than by rsfed.unpublish().
 */
extern void publications_sync(void);

/*
 * While it is true, publications_sync() does nothing, because the tables that
 * are missing will be added again.
 */
extern void publications_keep(bool keep);

#endif							/* RSFED_PUBLISHED_H */
