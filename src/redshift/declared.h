/*-------------------------------------------------------------------------
 *
 * declared.h
 *		Types as Redshift's catalog views spell them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_REDSHIFT_DECLARED_H
#define RSFED_REDSHIFT_DECLARED_H

typedef struct DeclaredType
{
	const char *local;			/* type of a foreign table's column */
	bool		is_char;		/* sent without padding: no trailing blanks */
	bool		is_complex;		/* an array, struct or map */
} DeclaredType;

/*
 * Translates a type name of SVV_ALL_COLUMNS, SVV_COLUMNS or
 * SVV_EXTERNAL_COLUMNS ("character varying", "string", "decimal(8,2)",
 * "array<int>"). precision and scale are for decimals whose name does not
 * include them, -1 if not known.  False if the name is not known. palloc'd.
 */
extern bool redshift_declared_type(const char *spelled, int precision, int scale, DeclaredType *type);

#endif							/* RSFED_REDSHIFT_DECLARED_H */
