/*-------------------------------------------------------------------------
 *
 * watermark.h
 *	  rsfed_catalog.watermark and .probe: the progress of a rollup, and the
 *	  last answer of its probe.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_WATERMARK_H
#define RSFED_WATERMARK_H

#include "postgres.h"

/* Values are the text of their type. */
typedef struct Watermark
{
	char	   *column;
	char	   *value_type;		/* date, timestamp, timestamptz, integer */
	char	   *filled_from;
	char	   *filled_to;		/* the watermark itself */
	bool		backfilling;
} Watermark;

/* The watermark of a rollup, palloc'd; NULL if it has none. */
extern Watermark *watermark_load(int32 relation_id);

/* Stores a new or changed watermark. */
extern void watermark_store(int32 relation_id, const Watermark *watermark);
extern void watermark_delete(int32 relation_id);

/*
 * The last answer of the probe of that definition, palloc'd; NULL if there is
 * none.
 */
extern char *probe_load(int32 relation_id, int definition);
extern void probe_store(int32 relation_id, int definition, const char *answer);

#endif							/* RSFED_WATERMARK_H */
