/*-------------------------------------------------------------------------
 *
 * utility.h
 *	  Commands that rsfed's workers must give way to.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_UTILITY_H
#define RSFED_UTILITY_H

/*
 * Chains into ProcessUtility: asks the workers of a database to leave before
 * DROP DATABASE, ALTER DATABASE RENAME and CREATE DATABASE TEMPLATE need it
 * empty.  Called by _PG_init while preloading.
 */
extern void utility_hook_init(void);

#endif							/* RSFED_UTILITY_H */
