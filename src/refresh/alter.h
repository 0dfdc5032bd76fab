/*-------------------------------------------------------------------------
 *
 * alter.h
 *	  Changing a rollup that is in use.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_ALTER_H
#define RSFED_ALTER_H

#include "rollup/redefine.h"

/*
 * Makes the change in the current transaction, as the current user, and
 * returns what was done: List of RedefinitionAction *.  Where the table has to
 * change, the new result is fetched first and the table then locked ACCESS
 * EXCLUSIVE for as long as it takes to write it (55P03 if the lock is not to
 * be had).
 */
extern List *rollup_redefine(const Redefinition *change);

#endif							/* RSFED_ALTER_H */
