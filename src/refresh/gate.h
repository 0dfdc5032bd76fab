/*-------------------------------------------------------------------------
 *
 * gate.h
 *	  A check of the new content before it is published.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_GATE_H
#define RSFED_GATE_H

#include "refresh/refresh_run.h"

typedef struct Gate Gate;

/*
 * Before the pass: what the check wants to know of the old content.  NULL if
 * the rollup has no gate, or the session passes it by (rsfed.ignore_gate).
 * The caller acts as the table's owner, with a snapshot pushed.
 */
extern Gate *gate_open(RefreshRun *run, const Rollup *rollup, Relation rel);

/*
 * After the pass, as the owner too, with a snapshot that sees it: raises 23514
 * and marks the run as refused where the content does not pass.
 */
extern void gate_judge(Gate *gate, RefreshRun *run, int64 inserted, int64 updated, int64 deleted);

/*
 * Texts for the error of a refusal: what readers see now (with a snapshot
 * pushed), with what an option is changed, and how the content is published all
 * the same.  Palloc'd or static.
 */
extern const char *gate_what_remains(const RefreshRun *run);
extern const char *gate_option_change(const RefreshRun *run);
extern const char *gate_way_past(const RefreshRun *run);

#endif							/* RSFED_GATE_H */
