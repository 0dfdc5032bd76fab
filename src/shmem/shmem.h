/*-------------------------------------------------------------------------
 *
 * shmem.h
 *	  The data that the processes of rsfed share in memory; a restart clears
 *	  it.
 *
 * There are three small arrays under one lock: databases (whether they have
 * the extension, their next due time, their scheduler), workers (the database
 * that each works for), and progress (the state of each refresh); and, under
 * another lock, the health of members of groups.  Shared memory is never
 * authoritative: rsfed's tables are.  Without preloading, rsfed_shmem is NULL:
 * then the progress functions do nothing, those of health.h use memory of the
 * process, and the others must not be called.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_SHMEM_H
#define RSFED_SHMEM_H

/* Asks for memory and a lock.  Called by _PG_init while preloading. */
extern void shmem_init(void);

#endif							/* RSFED_SHMEM_H */
