/*-------------------------------------------------------------------------
 *
 * analyze.h
 *	  ANALYZE of a foreign table.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_FDW_ANALYZE_H
#define RSFED_FDW_ANALYZE_H

#include "foreign/fdwapi.h"

/* The AnalyzeForeignTable callback: sets the function that samples rows. */
extern bool live_analyze(Relation relation, AcquireSampleRowsFunc *func, BlockNumber *totalpages);

#endif							/* RSFED_FDW_ANALYZE_H */
