/*-------------------------------------------------------------------------
 *
 * gate.h
 *	  Checks new content before it is published.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_GATE_H
#define RSFED_GATE_H

#include "refresh/refresh_run.h"

typedef struct Gate Gate;

/*
 * Called before the pass: saves the facts about the old content that the check
 * needs.  NULL if the rollup has no gate, or the session ignores it
 * (rsfed.ignore_gate).  The caller acts as the table's owner, with a snapshot
 * pushed.
 */
extern Gate *gate_open(RefreshRun *run, const Rollup *rollup, Relation rel);

/*
 * Called after the pass, also as the owner, with a snapshot that sees it:
 * raises 23514 and marks the run as refused if the content does not pass.
 */
extern void gate_judge(Gate *gate, RefreshRun *run, int64 inserted, int64 updated, int64 deleted);

/*
 * Texts for the error of a refusal: the content that readers see now (with a
 * snapshot pushed), the function that changes an option, and the way to
 * publish the content nevertheless.  Palloc'd or static.
 */
extern const char *gate_what_remains(const RefreshRun *run);
extern const char *gate_option_change(const RefreshRun *run);
extern const char *gate_way_past(const RefreshRun *run);

#endif							/* RSFED_GATE_H */
