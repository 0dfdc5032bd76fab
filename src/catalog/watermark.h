/*-------------------------------------------------------------------------
 *
 * watermark.h
 *	  rsfed_catalog.watermark and .probe: how far a rollup has come, and what
 *	  its probe answered then.
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

/* New or changed. */
extern void watermark_store(int32 relation_id, const Watermark *watermark);
extern void watermark_delete(int32 relation_id);

/* What the probe of that definition answered, palloc'd; NULL if never. */
extern char *probe_load(int32 relation_id, int definition);
extern void probe_store(int32 relation_id, int definition, const char *answer);

#endif							/* RSFED_WATERMARK_H */
