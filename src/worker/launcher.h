/*-------------------------------------------------------------------------
 *
 * launcher.h
 *	  The process that starts a scheduler in each database that needs one.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_LAUNCHER_H
#define RSFED_LAUNCHER_H

/* Registers the launcher with the postmaster.  Called by _PG_init while preloading. */
extern void launcher_register(void);

#endif							/* RSFED_LAUNCHER_H */
