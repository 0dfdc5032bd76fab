/*-------------------------------------------------------------------------
 *
 * ship.h
 *		What Redshift computes exactly as PostgreSQL does.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_REDSHIFT_SHIP_H
#define RSFED_REDSHIFT_SHIP_H

/* Types that behave alike. */
typedef enum ShipClass
{
	SHIP_NONE,					/* there is no such argument */
	SHIP_OTHER,					/* a type that nothing is shipped of */
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

/* What must hold beside the types. */
#define SHIP_BLANK_SAFE		0x01	/* texts: blank_safe, deterministic */
#define SHIP_ORDERED		0x02	/* texts: collation C */
#define SHIP_PATTERN		0x04	/* a constant pattern without escapes */
#define SHIP_DECIMAL		0x08	/* the result has 38 digits at most */
#define SHIP_FIELD			0x10	/* a constant name of a field that is alike */
#define SHIP_TRUNC_FIELD	0x20	/* the same, of date_trunc() */
#define SHIP_AVERAGE		0x40	/* in two parts, divided here */
#define SHIP_SPREAD			0x80	/* a variance, in three parts */

/* Why something stays that no rule is about. */
#define SHIP_NOT_LISTED "it is not on the list of what Redshift computes as PostgreSQL does"

typedef struct ShipRule
{
	ShipKind	kind;
	const char *names;			/* of PostgreSQL, with blanks between; a clause's words */
	ShipClass	left;			/* of operators; the first argument of functions */
	ShipClass	right;
	ShipHow		how;
	const char *text;			/* in Redshift, with $1 and $2; NULL = as it is */
	int			checks;
	const char *note;			/* how, or why not; NULL = nothing to say */
} ShipRule;

/* The whole table; static memory. */
extern const ShipRule *ship_table(int *count);

/* The rule for a name and its arguments, or NULL, which means that it stays. */
extern const ShipRule *ship_find(ShipKind kind, const char *name, ShipClass left, ShipClass right);

/* The class of a type of PostgreSQL. */
extern ShipClass ship_class(Oid type);

/* The word for a class in the documentation; static memory. */
extern const char *ship_class_name(ShipClass class);

/* "sum(bigint)": what a rule is about, palloc'd. */
extern char *ship_item(ShipKind kind, const char *name, ShipClass left, ShipClass right);

/* The note of a clause's row, or NULL. */
extern const char *ship_clause_note(const char *clause);

#endif							/* RSFED_REDSHIFT_SHIP_H */
