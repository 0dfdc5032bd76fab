/*-------------------------------------------------------------------------
 *
 * chance.h
 *	  A random number, for times that should not be the same for many.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_CHANCE_H
#define RSFED_CHANCE_H

/* At least 0 and less than 1; 0 where the system has no random numbers. */
extern double chance(void);

#endif							/* RSFED_CHANCE_H */
