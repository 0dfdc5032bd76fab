/*-------------------------------------------------------------------------
 *
 * ship.h
 *		The operations that Redshift computes exactly as PostgreSQL does.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_REDSHIFT_SHIP_H
#define RSFED_REDSHIFT_SHIP_H

/* Classes of types that behave alike. */
typedef enum ShipClass
{
	SHIP_NONE,					/* there is no such argument */
	SHIP_OTHER,					/* a type for which nothing is shipped */
	SHIP_ANY,
	SHIP_INTEGER,
	SHIP_NUMERIC,
	SHIP_FLOAT,
	SHIP_BOOL,
	SHIP_TEXT,
	SHIP_CHAR,
	SHIP_DATE,
	SHIP_TIMESTAMP,
	SHIP_TIMESTAMPTZ,
	SHIP_INTERVAL
} ShipClass;

typedef enum ShipKind
{
	SHIP_OPERATOR,
	SHIP_FUNCTION,
	SHIP_AGGREGATE,
	SHIP_CLAUSE
} ShipKind;

typedef enum ShipHow
{
	SHIP_AS_IS,
	SHIP_REWRITTEN,
	SHIP_LOCAL
} ShipHow;

/* Conditions in addition to the types. */
#define SHIP_BLANK_SAFE		0x01	/* texts: blank_safe, deterministic */
#define SHIP_ORDERED		0x02	/* texts: collation C */
#define SHIP_PATTERN		0x04	/* a constant pattern without escapes */
#define SHIP_DECIMAL		0x08	/* the result has 38 digits at most */
#define SHIP_FIELD			0x10	/* a constant name of a field that both treat alike */
#define SHIP_TRUNC_FIELD	0x20	/* the same for date_trunc() */
#define SHIP_AVERAGE		0x40	/* in two parts, divided locally */
#define SHIP_SPREAD			0x80	/* a variance, in three parts */

/* The reason for an item that has no rule. */
#define SHIP_NOT_LISTED "it is not on the list of what Redshift computes as PostgreSQL does"

typedef struct ShipRule
{
	ShipKind	kind;
	const char *names;			/* PostgreSQL's, separated by blanks; or the words of a clause */
	ShipClass	left;			/* left operand, or first argument of a function */
	ShipClass	right;
	ShipHow		how;
	const char *text;			/* in Redshift, with $1 and $2; NULL = unchanged */
	int			checks;
	const char *note;			/* how it is shipped, or why not; NULL = none */
} ShipRule;

/* The whole table; static memory. */
extern const ShipRule *ship_table(int *count);

/*
 * The rule for a name and its arguments; NULL if there is none, which means
 * that it is computed locally.
 */
extern const ShipRule *ship_find(ShipKind kind, const char *name, ShipClass left, ShipClass right);

/* The class of a type of PostgreSQL. */
extern ShipClass ship_class(Oid type);

/* The item of a rule, such as "sum(bigint)"; palloc'd. */
extern char *ship_item(ShipKind kind, const char *name, ShipClass left, ShipClass right);

/* The note of the rule for a clause, or NULL. */
extern const char *ship_clause_note(const char *clause);

#endif							/* RSFED_REDSHIFT_SHIP_H */
