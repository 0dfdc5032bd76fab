/*-------------------------------------------------------------------------
 *
 * check_worker.h
 *	  A run worker checks a member of a group.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_CHECK_WORKER_H
#define RSFED_CHECK_WORKER_H

/*
 * Checks one member that is due; false if there was none.  Outside a transaction; what
 * it pallocs stays in the current memory context.
 */
extern bool check_a_member(void);

#endif							/* RSFED_CHECK_WORKER_H */
