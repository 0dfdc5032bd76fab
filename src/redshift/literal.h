/*-------------------------------------------------------------------------
 *
 * literal.h
 *		Writes values of PostgreSQL as literals of Redshift.
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

/* The place of a value that has no literal among the values of Redshift. */
typedef enum RedshiftPlace
{
	RS_PLACE_EXACT,				/* it is one of them */
	RS_PLACE_ABOVE,				/* it is greater than all */
	RS_PLACE_BELOW,				/* it is less than all */
	RS_PLACE_BETWEEN,			/* it is between the literal's value and the next greater one */
	RS_PLACE_UNKNOWN
} RedshiftPlace;

/*
 * The place of a value for which redshift_literal() returns NULL.  A value of
 * type text is compared with texts that have no trailing blanks and no control
 * characters.  *literal is set for RS_PLACE_EXACT and RS_PLACE_BETWEEN,
 * palloc'd, and NULL otherwise.
 */
extern RedshiftPlace redshift_place(Oid type, Datum value, bool bare, char **literal);

/*
 * NULL as a value of that type, palloc'd; NULL for a type that does not exist
 * there.
 */
extern char *redshift_null(Oid type);

/*
 * The precision of a decimal for any number of so many digits.  Redshift keeps
 * up to 19 digits in 64 bits, and these hold no more than 9223372036854775807.
 */
extern int	redshift_decimal_precision(int digits);

/*
 * The precision that a decimal constant needs, and the number of its digits
 * after the point; false for NaN and infinities.
 */
extern bool redshift_decimal_size(Datum value, int *precision, int *scale);

#endif							/* RSFED_REDSHIFT_LITERAL_H */
