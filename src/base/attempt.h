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
 * memory context; returns its error, palloc'd there, or NULL.  Interrupts do
 * not count as a failure of the step: they are raised.
 */
extern ErrorData *attempt(void (*step) (void *arg), void *arg);

/* The same, but interrupts are returned like any other error. */
extern ErrorData *attempt_anything(void (*step) (void *arg), void *arg);

/*
 * Runs a step that does no more than read a text, by an input function for
 * example; false for a data exception (class 22).  Raises other errors.
 */
extern bool attempt_reading(void (*step) (void *arg), void *arg);

#endif							/* RSFED_ATTEMPT_H */
