/*-------------------------------------------------------------------------
 *
 * method.h
 *	  What a definition has to know of the methods of a refresh.
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
	bool		ordered;		/* the rows must come in the order of the key */

	/*
	 * Raises where a definition cannot work with this method (22023); called
	 * when it is made or changed.  NULL = nothing to check.
	 */
	void		(*validate) (const Rollup *rollup);
} Method;

/* The method of that name; 22023 with the nearest name for an unknown one. */
extern const Method *method_find(const char *name);

#endif							/* RSFED_METHOD_H */
