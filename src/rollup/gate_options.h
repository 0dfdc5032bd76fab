/*-------------------------------------------------------------------------
 *
 * gate_options.h
 *	  The options of the gate in a definition.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_GATE_OPTIONS_H
#define RSFED_GATE_OPTIONS_H

#include "catalog/rollup.h"

/* Does the rollup have a gate? */
extern bool gate_options_any(const Rollup *rollup);

/*
 * Raises 22023 for options of the gate that cannot work with the rollup, and
 * 42601 for a check that is not an expression.
 */
extern void gate_options_check(const Rollup *rollup);

/* The statement that evaluates a check over a table (its name quoted); palloc'd. */
extern char *gate_check_statement(const char *check, const char *table);

#endif							/* RSFED_GATE_OPTIONS_H */
