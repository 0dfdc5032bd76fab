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
	bool		is_char;		/* comes without its padding: no blank at its end */
	bool		is_complex;		/* an array, struct or map */
} DeclaredType;

/*
 * What a spelling of SVV_ALL_COLUMNS, SVV_COLUMNS or SVV_EXTERNAL_COLUMNS means
 * ("character varying", "string", "decimal(8,2)", "array<int>"); precision and
 * scale are of decimals that do not spell them, -1 where not known.  False for
 * one that is not known.  palloc'd.
 */
extern bool redshift_declared_type(const char *spelled, int precision, int scale, DeclaredType *type);

#endif							/* RSFED_REDSHIFT_DECLARED_H */
