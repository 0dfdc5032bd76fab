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
 * Makes the cheap comparisons, stores the findings, and raises a WARNING about
 * differences and members that cannot be reached.  Raises interrupts and
 * errors of this server.
 */
extern void group_warn_unlike(ForeignServer *group);

#endif							/* RSFED_CHECK_GROUP_H */
