/*-------------------------------------------------------------------------
 *
 * published.h
 *	  rsfed_catalog.publication and .published_freshness: what subscribers are
 *	  told of rollups.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_PUBLISHED_H
#define RSFED_PUBLISHED_H

#include "nodes/pg_list.h"

/*
 * Brings what is published of a relation (0: of all) to what is known of it now,
 * in this transaction.  For a relation that is not published it is one look-up
 * by index.  May wait for another transaction that publishes the same.
 */
extern void published_touch(int32 relation_id);

/* Names of the publications that a relation is in: List of char *. */
extern List *published_in(int32 relation_id);

/*
 * Adds a relation to a publication; its content is copied anew by subscribers
 * from that version on.  Waits for a run that is about to commit.
 */
extern void published_insert(const char *publication, int32 relation_id, int version);

/* Takes a relation out of a publication; false if it was not in it. */
extern bool published_delete(const char *publication, int32 relation_id);

/* The row of a publication, which is made if it is not there; messages as it is to be. */
extern void publication_store(const char *publication, bool messages);

/*
 * Follows the new name of a publication; false if rsfed does not know it.  Raises
 * 55000 if it has subscribers, who find it by the old one.  Works with every version
 * of the extension.
 */
extern bool publication_rename(const char *old_name, const char *new_name);

/* Does rsfed know a publication of that name? */
extern bool publication_exists(const char *publication);

/* The version of a publication, or, of publication_bump(), the one after it. */
extern int	publication_version(const char *publication);
extern int	publication_bump(const char *publication);

/*
 * Follows relations that have another name by now, with a NOTICE for each of their
 * publications.  Works with every version of the extension.
 */
extern void published_rename(void);

/* Is the table in the publication, whoever put it there? */
extern bool publication_contains(const char *publication, Oid relid);

/*
 * Columns of a table that a publication names: List of char *; NIL if it publishes
 * all of them, or not the table.
 */
extern List *published_columns(const char *publication, Oid relid);

/*
 * Forgets what is published no more: publications, and tables of them, that were
 * dropped otherwise than by rsfed.unpublish().
 */
extern void publications_sync(void);

/* While it is true, publications_sync() does nothing: what it would forget comes back. */
extern void publications_keep(bool keep);

#endif							/* RSFED_PUBLISHED_H */
