/*-------------------------------------------------------------------------
 *
 * chance.h
 *	  A random number, for times that many should not share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_CHANCE_H
#define RSFED_CHANCE_H

/* From 0 up to, not including, 1; 0 where the system has no random numbers. */
extern double chance(void);

#endif							/* RSFED_CHANCE_H */
