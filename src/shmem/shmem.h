/*-------------------------------------------------------------------------
 *
 * shmem.h
 *	  What the processes of rsfed share in memory; gone with a restart.
 *
 * Three small arrays under one lock: databases (which have the extension, when
 * is something due, who is their scheduler), workers (which run for whom), and
 * progress (what each refresh is doing); and beside them the health of members
 * of groups under another lock.  Nothing here decides what is true:
 * that stands in rsfed's tables.  Without preloading, rsfed_shmem is NULL:
 * the progress functions then do nothing, those of health.h work in the memory of
 * the process, the others must not be called.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_SHMEM_H
#define RSFED_SHMEM_H

/* Asks for memory and a lock.  Called by _PG_init while preloading. */
extern void shmem_init(void);

#endif							/* RSFED_SHMEM_H */
