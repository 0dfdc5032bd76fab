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

/*
 * The text to send, palloc'd in the current memory context; "params" are
 * ExprState.  0A000 for a value that Redshift would not read as the same.
 */
extern char *scan_text(const char *sql, List *params, ExprContext *econtext);

#endif							/* RSFED_FDW_SCAN_TEXT_H */
