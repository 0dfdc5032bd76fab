/*-------------------------------------------------------------------------
 *
 * method.h
 *	  Properties of the methods of a refresh that matter to a definition.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_METHOD_H
#define RSFED_METHOD_H

#include "catalog/rollup.h"

typedef struct Method
{
	const char *name;			/* as users write it */
	bool		needs_key;
	bool		ordered;		/* the rows must arrive in the order of the key */

	/*
	 * Raises where a definition cannot work with this method (22023); called
	 * when it is made or changed.  NULL = nothing to check.
	 */
	void		(*validate) (const Rollup *rollup);
} Method;

/*
 * The method of that name; raises 22023 with the nearest name if it is
 * unknown.
 */
extern const Method *method_find(const char *name);

#endif							/* RSFED_METHOD_H */
