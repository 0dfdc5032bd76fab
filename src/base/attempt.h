/*-------------------------------------------------------------------------
 *
 * attempt.h
 *	  A step whose failure is a finding.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_ATTEMPT_H
#define RSFED_ATTEMPT_H

/*
 * Runs one step in a subtransaction, inside a transaction and in the current
 * memory context; returns its error, palloc'd there, or NULL.  Interrupts are no
 * failure of the step: they are raised.
 */
extern ErrorData *attempt(void (*step) (void *arg), void *arg);

#endif							/* RSFED_ATTEMPT_H */
