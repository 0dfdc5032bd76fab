/*-------------------------------------------------------------------------
 *
 * scan_text.h
 *	  The statement of a scan with its parameters' values.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_FDW_SCAN_TEXT_H
#define RSFED_FDW_SCAN_TEXT_H

#include "nodes/execnodes.h"

/* What is known of parameters, by their numbers from 0. */
typedef struct ScanRules
{
	int			limit;			/* is a LIMIT; -1 = none */
	int			offset;
	List	   *strict;			/* NULL means that there are no rows */
} ScanRules;

/*
 * The text to send, palloc'd in the current memory context; "params" are
 * ExprState.  NULL if there are no rows.  0A000 for a value that Redshift would not
 * read as the same; 2201W and 2201X for a negative LIMIT and OFFSET.
 */
extern char *scan_text(const char *sql, List *params, const ScanRules *rules, ExprContext *econtext);

#endif							/* RSFED_FDW_SCAN_TEXT_H */
