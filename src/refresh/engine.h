/*-------------------------------------------------------------------------
 *
 * engine.h
 *	  The engine of each method.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_ENGINE_H
#define RSFED_ENGINE_H

#include "refresh/apply.h"
#include "rollup/method.h"

/* Applies the rows by the engine of that method (apply.h). */
extern void engine_apply(const Method *method, Apply *apply);

#endif							/* RSFED_ENGINE_H */
