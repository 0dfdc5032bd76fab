/*-------------------------------------------------------------------------
 *
 * constraints.h
 *	  Deferrable constraints of the served table, while a pass writes it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_CONSTRAINTS_H
#define RSFED_CONSTRAINTS_H

#include "utils/relcache.h"

/*
 * Makes the deferrable constraints that the table's changes concern immediate
 * for a pass, and deferred again as they were declared: deferred constraints
 * would be checked after the pass, without its rights.
 */
extern void constraints_immediate(Relation rel);
extern void constraints_restore(Relation rel);

#endif							/* RSFED_CONSTRAINTS_H */
