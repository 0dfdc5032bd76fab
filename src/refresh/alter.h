/*-------------------------------------------------------------------------
 *
 * alter.h
 *	  Changes a rollup that is in use.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_ALTER_H
#define RSFED_ALTER_H

#include "rollup/redefine.h"

/*
 * Makes the change in the current transaction, as the current user, and
 * returns the actions: List of RedefinitionAction *.  If the table has to
 * change, the new result is fetched first, and the table is then locked ACCESS
 * EXCLUSIVE while it is written (raises 55P03 if the lock is not available).
 */
extern List *rollup_redefine(const Redefinition *change);

#endif							/* RSFED_ALTER_H */
