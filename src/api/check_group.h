/*-------------------------------------------------------------------------
 *
 * check_group.h
 *	  Comparing the members of a group when one is added.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_CHECK_GROUP_H
#define RSFED_CHECK_GROUP_H

#include "foreign/foreign.h"

/*
 * Compares what can be compared cheaply, remembers it, and says in a WARNING
 * what is not alike or cannot be reached.  Raises interrupts and errors of this
 * server.
 */
extern void group_warn_unlike(ForeignServer *group);

#endif							/* RSFED_CHECK_GROUP_H */
