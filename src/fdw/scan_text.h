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

/* Properties of parameters, which are numbered from 0. */
typedef struct ScanRules
{
	int			limit;			/* number of the LIMIT; -1 = none */
	int			offset;
	List	   *strict;			/* those for which NULL means that there are
								 * no rows */
} ScanRules;

/*
 * The text to send, palloc'd in the current memory context, or NULL if there
 * are no rows; "params" are ExprState.  Raises 0A000 for a value that Redshift
 * would not read as the same value, and 2201W and 2201X for a negative LIMIT
 * and OFFSET.
 */
extern char *scan_text(const char *sql, List *params, const ScanRules *rules, ExprContext *econtext);

#endif							/* RSFED_FDW_SCAN_TEXT_H */
