/*-------------------------------------------------------------------------
 *
 * literal.h
 *		Values of PostgreSQL as literals of Redshift.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_REDSHIFT_LITERAL_H
#define RSFED_REDSHIFT_LITERAL_H

/*
 * The literal for a value that is not NULL, palloc'd, with a cast unless it is
 * "bare" (a text that is compared takes the type of the other side).  NULL,
 * with the reason in *why, if Redshift would not read the same value.
 */
extern char *redshift_literal(Oid type, Datum value, bool bare, const char **why);

/*
 * NULL as a value of that type, palloc'd; NULL for a type that does not exist
 * there.
 */
extern char *redshift_null(Oid type);

/* Digits of a decimal constant, and those after the point; false for NaN and the like. */
extern bool redshift_decimal_size(Datum value, int *precision, int *scale);

#endif							/* RSFED_REDSHIFT_LITERAL_H */
