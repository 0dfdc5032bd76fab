/*-------------------------------------------------------------------------
 *
 * option_map.h
 *	  Options that are objects and give a name for each name.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_OPTION_MAP_H
#define RSFED_OPTION_MAP_H

#include "base/options.h"

/*
 * The members of an option's object as OptionText; the value is NULL if it is
 * not a string.  NIL if the option is not set. palloc'd.
 */
extern List *option_map(OptionScope scope, Jsonb *options, const char *name);

#endif							/* RSFED_OPTION_MAP_H */
