/*-------------------------------------------------------------------------
 *
 * declared.c
 *		Types as Redshift's catalog views spell them.
 *
 * Policy: the views spell types of Redshift's tables as PostgreSQL does, and
 * types of a lake's tables as Hive does; one table has both.  Decimals keep
 * their size, which determines the operations that Redshift may compute with
 * them; lengths count bytes and are omitted.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "redshift/declared.h"
#include "redshift/types.h"

static const struct
{
	const char *spelled;		/* without the part in parentheses */
	const char *local;
} declared_types[] = {
	{"smallint", "smallint"}, {"int2", "smallint"}, {"tinyint", "smallint"},
	{"integer", "integer"}, {"int", "integer"}, {"int4", "integer"},
	{"bigint", "bigint"}, {"int8", "bigint"}, {"long", "bigint"}, {"oid", "bigint"},
	{"real", "real"}, {"float4", "real"}, {"float", "real"},
	{"double precision", "double precision"}, {"double", "double precision"}, {"float8", "double precision"},
	{"boolean", "boolean"}, {"bool", "boolean"},
	{"character varying", "text"}, {"varchar", "text"}, {"string", "text"}, {"text", "text"},
	{"nvarchar", "text"}, {"name", "text"},
	{"character", "text"}, {"char", "text"}, {"bpchar", "text"}, {"nchar", "text"},
	{"date", "date"},
	{"timestamp", "timestamp"}, {"timestamp without time zone", "timestamp"},
	{"timestamptz", "timestamptz"}, {"timestamp with time zone", "timestamptz"},
	{"time", "time"}, {"time without time zone", "time"},
	{"timetz", "timetz"}, {"time with time zone", "timetz"},
	{"interval", "interval"}, {"interval year to month", "interval"}, {"interval day to second", "interval"},
	{"super", "jsonb"},
	{"varbyte", "bytea"}, {"binary varying", "bytea"}, {"varbinary", "bytea"}, {"binary", "bytea"},
	{"hllsketch", "text"}, {"geometry", "text"}, {"geography", "text"},
};

/*
 * Reads both numbers of "(8,2)" or the one of "(8)"; other texts change
 * nothing.
 */
static void
read_size(const char *text, int *precision, int *scale)
{
	int			p;
	int			s;

	switch (sscanf(text, "(%d,%d)", &p, &s))
	{
		case 2:
			*precision = p;
			*scale = s;
			break;
		case 1:
			*precision = p;
			*scale = 0;
			break;
		default:
			break;
	}
}

/* See declared.h. */
bool
redshift_declared_type(const char *spelled, int precision, int scale, DeclaredType *type)
{
	size_t		length = strcspn(spelled, "(<");
	char	   *name = pnstrdup(spelled, length);

	memset(type, 0, sizeof(*type));
	for (char *c = name; *c; c++)
		*c = pg_ascii_tolower((unsigned char) *c);
	while (length > 0 && name[length - 1] == ' ')
		name[--length] = '\0';
	if (strcmp(name, "array") == 0 || strcmp(name, "struct") == 0 || strcmp(name, "map") == 0)
	{
		type->local = "jsonb";
		type->is_complex = true;
		return true;
	}
	if (strcmp(name, "decimal") == 0 || strcmp(name, "numeric") == 0)
	{
		read_size(spelled + strcspn(spelled, "("), &precision, &scale);
		/* a view may show meaningless numbers for a decimal without a size */
		type->local = precision > 0 && precision <= DECIMAL_MAX_DIGITS && scale >= 0 && scale <= precision ?
			psprintf("numeric(%d,%d)", precision, scale) : "numeric";
		return true;
	}
	type->is_char = strcmp(name, "character") == 0 || strcmp(name, "char") == 0 ||
		strcmp(name, "bpchar") == 0 || strcmp(name, "nchar") == 0;
	for (int i = 0; i < lengthof(declared_types); i++)
	{
		if (strcmp(declared_types[i].spelled, name) == 0)
		{
			type->local = declared_types[i].local;
			return true;
		}
	}
	return false;
}
