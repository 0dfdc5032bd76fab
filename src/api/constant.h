/*-------------------------------------------------------------------------
 *
 * constant.h
 *	  Expressions whose value does not depend on when they are read.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_CONSTANT_H
#define RSFED_CONSTANT_H

#include "nodes/nodes.h"

/*
 * The text that an expression always has, palloc'd; NULL if it is null or may
 * differ at another time.  Runs functions of pg_catalog only.
 */
extern char *constant_text(Node *expression);

#endif							/* RSFED_CONSTANT_H */
