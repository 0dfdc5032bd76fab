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

/* Where a value that has no literal lies among those that Redshift has. */
typedef enum RedshiftPlace
{
	RS_PLACE_EXACT,				/* it is one of them */
	RS_PLACE_ABOVE,				/* it is greater than all */
	RS_PLACE_BELOW,				/* it is less than all */
	RS_PLACE_BETWEEN,			/* it is greater than the literal's value, and less than all above that */
	RS_PLACE_UNKNOWN
} RedshiftPlace;

/*
 * The place of a value for which redshift_literal() is NULL, as one of type text is
 * compared with texts that end in no blank and hold no control character.  With
 * RS_PLACE_EXACT and RS_PLACE_BETWEEN the literal, palloc'd, else NULL.
 */
extern RedshiftPlace redshift_place(Oid type, Datum value, bool bare, char **literal);

/*
 * NULL as a value of that type, palloc'd; NULL for a type that does not exist
 * there.
 */
extern char *redshift_null(Oid type);

/* Digits of a decimal constant, and those after the point; false for NaN and the like. */
extern bool redshift_decimal_size(Datum value, int *precision, int *scale);

#endif							/* RSFED_REDSHIFT_LITERAL_H */
