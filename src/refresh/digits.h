/*-------------------------------------------------------------------------
 *
 * digits.h
 *	  Compares floats in their leading digits.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_DIGITS_H
#define RSFED_DIGITS_H

/*
 * Are two values of float4 or float8 (size 4 or 8) the same in that many
 * significant decimal digits, at least 1?
 */
extern bool digits_agree(Datum a, Datum b, int size, int digits);

#endif							/* RSFED_DIGITS_H */
