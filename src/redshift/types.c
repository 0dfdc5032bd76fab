/*-------------------------------------------------------------------------
 *
 * types.c
 *		The types of Redshift: names, local types, and conversions between
 *		them.
 *
 * Policy: one table defines everything about a type.  Lengths of Redshift
 * count bytes, and a decimal grows when somebody alters a column there, so a
 * local column has neither: text for every string, numeric without a size for
 * every decimal.  The input function of the local type always reads a value
 * from its text; so "fits" means that this function either accepts the whole
 * value or raises an error; if it may silently drop a part, the conversion is
 * "lossy".
 *
 * No catalog is read here: names of local types are constants.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/pg_type.h"

#include "redshift/types.h"

/* money; its symbol has another name in PostgreSQL 13 */
#define MONEY_TYPE_OID 790

typedef struct TypeEntry
{
	Oid			oid;
	const char *name;
	RedshiftKind kind;
	Oid			local;
	const char *local_name;
	const char *note;			/* NULL: nothing unexpected */
} TypeEntry;

#define CATALOG_NOTE "A type of system catalogs; cast it in the query to be sure of its form."

static const TypeEntry type_table[] = {
	{INT2OID, "smallint", RS_INTEGER, INT2OID, "smallint", NULL},
	{INT4OID, "integer", RS_INTEGER, INT4OID, "integer", NULL},
	{INT8OID, "bigint", RS_INTEGER, INT8OID, "bigint", NULL},
	{NUMERICOID, "decimal", RS_DECIMAL, NUMERICOID, "numeric", NULL},
	{FLOAT4OID, "real", RS_FLOAT, FLOAT4OID, "real", NULL},
	{FLOAT8OID, "double precision", RS_FLOAT, FLOAT8OID, "double precision", NULL},
	{BOOLOID, "boolean", RS_BOOL, BOOLOID, "boolean", NULL},
	{VARCHAROID, "varchar", RS_TEXT, TEXTOID, "text", NULL},
	{TEXTOID, "text", RS_TEXT, TEXTOID, "text", NULL},
	{BPCHAROID, "char", RS_CHAR, TEXTOID, "text",
	"Trailing blanks are removed."},
	{UNKNOWNOID, "unknown", RS_TEXT, TEXTOID, "text",
	"An untyped literal; cast it in the query, for example 'x'::varchar(10)."},
	{DATEOID, "date", RS_DATE, DATEOID, "date", NULL},
	{TIMESTAMPOID, "timestamp", RS_TIMESTAMP, TIMESTAMPOID, "timestamp without time zone", NULL},
	{TIMESTAMPTZOID, "timestamptz", RS_TIMESTAMPTZ, TIMESTAMPTZOID, "timestamp with time zone", NULL},
	{TIMEOID, "time", RS_TIME, TIMEOID, "time without time zone", NULL},
	{TIMETZOID, "timetz", RS_TIMETZ, TIMETZOID, "time with time zone", NULL},
	{INTERVALOID, "interval", RS_INTERVAL, INTERVALOID, "interval", NULL},
	{RS_INTERVAL_YM_OID, "interval year to month", RS_INTERVAL, INTERVALOID, "interval", NULL},
	{RS_INTERVAL_DS_OID, "interval day to second", RS_INTERVAL, INTERVALOID, "interval", NULL},
	{RS_SUPER_OID, "super", RS_SUPER, JSONBOID, "jsonb",
		"JSON: key order and repeated keys are not kept by jsonb; "
	"name the column json or text to keep the text."},
	{RS_VARBYTE_OID, "varbyte", RS_BYTES, BYTEAOID, "bytea",
	"Redshift sends bare hexadecimal digits; they are stored as bytes."},
	{RS_HLLSKETCH_OID, "hllsketch", RS_OTHER, TEXTOID, "text",
		"An opaque sketch that cannot be merged here; "
	"take hll_cardinality() of it in the query."},
	{RS_GEOMETRY_OID, "geometry", RS_OTHER, TEXTOID, "text",
	"Stored as EWKB in hexadecimal digits."},
	{RS_GEOMETRY_HEX_OID, "geometry", RS_OTHER, TEXTOID, "text",
	"Stored as EWKB in hexadecimal digits."},
	{RS_GEOGRAPHY_OID, "geography", RS_OTHER, TEXTOID, "text",
	"Stored as EWKB in hexadecimal digits."},

	/* system catalogs and views */
	{NAMEOID, "name", RS_TEXT, TEXTOID, "text", NULL},
	{CHAROID, "\"char\"", RS_TEXT, TEXTOID, "text", CATALOG_NOTE},
	{OIDOID, "oid", RS_INTEGER, INT8OID, "bigint", CATALOG_NOTE},
	{XIDOID, "xid", RS_INTEGER, INT8OID, "bigint", CATALOG_NOTE},
	{RS_ABSTIME_OID, "abstime", RS_TIMESTAMPTZ, TIMESTAMPTZOID, "timestamp with time zone", CATALOG_NOTE},
	{REGPROCOID, "regproc", RS_OTHER, TEXTOID, "text", CATALOG_NOTE},
	{ACLITEMOID, "aclitem", RS_OTHER, TEXTOID, "text", CATALOG_NOTE},
	{INT2VECTOROID, "int2vector", RS_OTHER, TEXTOID, "text", CATALOG_NOTE},
	{OIDVECTOROID, "oidvector", RS_OTHER, TEXTOID, "text", CATALOG_NOTE},
	{1003, "name[]", RS_OTHER, TEXTOID, "text", CATALOG_NOTE},
	{1005, "smallint[]", RS_OTHER, TEXTOID, "text", CATALOG_NOTE},
	{1007, "integer[]", RS_OTHER, TEXTOID, "text", CATALOG_NOTE},
	{1009, "text[]", RS_OTHER, TEXTOID, "text", CATALOG_NOTE},
	{1028, "oid[]", RS_OTHER, TEXTOID, "text", CATALOG_NOTE},
	{1034, "aclitem[]", RS_OTHER, TEXTOID, "text", CATALOG_NOTE},

	/* the domains of Redshift's information_schema */
	{17329, "information_schema.cardinal_number", RS_INTEGER, INT4OID, "integer", CATALOG_NOTE},
	{17331, "information_schema.character_data", RS_TEXT, TEXTOID, "text", CATALOG_NOTE},
	{17332, "information_schema.sql_identifier", RS_TEXT, TEXTOID, "text", CATALOG_NOTE},
};

static const TypeEntry *
find_type(Oid oid)
{
	for (int i = 0; i < (int) lengthof(type_table); i++)
	{
		if (type_table[i].oid == oid)
			return &type_table[i];
	}
	return NULL;
}

/* The precision of a decimal; -1 if it has no typmod. */
static int
decimal_precision(int32 typmod)
{
	return typmod < (int32) VARHDRSZ ? -1 : ((typmod - VARHDRSZ) >> 16) & 0xffff;
}

/* The scale of a typmod is 11 bits, signed (PostgreSQL 15 and later). */
static int
decimal_scale(int32 typmod)
{
	return (((typmod - (int32) VARHDRSZ) & 0x7ff) ^ 1024) - 1024;
}

/*
 * redshift_type_kind
 *		The kind of values of a Redshift type; RS_OTHER for an unknown type.
 */
RedshiftKind
redshift_type_kind(Oid oid)
{
	const TypeEntry *entry = find_type(oid);

	return entry ? entry->kind : RS_OTHER;
}

/*
 * redshift_type_name
 *		The type as Redshift writes it, with its size if it has one; "oid
 *		12345" for an unknown type.  A constant or allocated in the current
 *		memory context.
 */
const char *
redshift_type_name(Oid oid, int32 typmod)
{
	const TypeEntry *entry = find_type(oid);

	if (entry == NULL)
		return psprintf("oid %u", oid);
	if (oid == NUMERICOID && decimal_precision(typmod) > 0)
		return psprintf("decimal(%d,%d)", decimal_precision(typmod), decimal_scale(typmod));
	if ((oid == VARCHAROID || oid == BPCHAROID) && typmod > (int32) VARHDRSZ)
		return psprintf("%s(%d)", entry->name, typmod - (int32) VARHDRSZ);
	return entry->name;
}

/*
 * redshift_local_type
 *		The type of a local column for values of a Redshift type, always
 *		without a typmod; InvalidOid for an unknown type.
 */
Oid
redshift_local_type(Oid oid, int32 typmod)
{
	const TypeEntry *entry = find_type(oid);

	(void) typmod;
	return entry ? entry->local : InvalidOid;
}

/*
 * redshift_local_type_name
 *		The name of redshift_local_type for a column list; NULL for an unknown
 *		type.  A constant.
 */
const char *
redshift_local_type_name(Oid oid, int32 typmod)
{
	const TypeEntry *entry = find_type(oid);

	(void) typmod;
	return entry ? entry->local_name : NULL;
}

/*
 * redshift_type_note
 *		A sentence about unexpected properties of the values of a type, or NULL.
 *		A constant.
 */
const char *
redshift_type_note(Oid oid, int32 typmod)
{
	const TypeEntry *entry = find_type(oid);

	if (entry == NULL)
		return "Not a type that rsfed knows; cast it in the query, for example to varchar(65535).";
	if (oid == NUMERICOID && decimal_precision(typmod) == 19 && decimal_scale(typmod) == 0)
		return "Redshift keeps it in 64 bits: the largest value is 9223372036854775807.";
	return entry->note;
}

/*
 * redshift_type_widens
 *		Can the local column that was made for the old type hold every value of
 *		the new type, and is it still the same kind of value?  True means that
 *		a change in the warehouse needs no ALTER here.
 */
bool
redshift_type_widens(Oid old_oid, int32 old_typmod, Oid new_oid, int32 new_typmod)
{
	const TypeEntry *old_entry = find_type(old_oid);
	const TypeEntry *new_entry = find_type(new_oid);

	/* no local column has a size, so sizes never matter */
	(void) old_typmod;
	(void) new_typmod;

	if (old_oid == new_oid)
		return true;
	if (old_entry == NULL || new_entry == NULL)
		return false;

	switch (old_entry->kind)
	{
		case RS_INTEGER:
			if (new_entry->kind != RS_INTEGER)
				return false;
			if (old_entry->local == INT8OID)
				return true;
			return new_entry->local == INT2OID || old_entry->local == new_entry->local;
		case RS_DECIMAL:
			return new_entry->kind == RS_INTEGER;
		case RS_FLOAT:
			return old_entry->local == FLOAT8OID && new_entry->local == FLOAT4OID;
		case RS_TEXT:
		case RS_CHAR:
			return new_entry->kind == RS_TEXT || new_entry->kind == RS_CHAR;
		case RS_OTHER:
			return strcmp(old_entry->name, new_entry->name) == 0;
		default:
			return old_entry->kind == new_entry->kind;
	}
}

/*
 * Does rounding to the declared precision of a local time type lose
 * microseconds?
 */
static RedshiftFit
fit_precision(int32 local_typmod)
{
	return local_typmod < 0 || local_typmod >= 6 ? RS_FIT_YES : RS_FIT_LOSSY;
}

/*
 * A number to a local number type, whose input function refuses values out of
 * range.
 */
static RedshiftFit
fit_number(RedshiftKind kind, int32 typmod, int32 local_typmod)
{
	int			local_scale;

	/* only numeric has a typmod, and it silently rounds to its scale */
	if (local_typmod < (int32) VARHDRSZ)
		return RS_FIT_YES;
	local_scale = decimal_scale(local_typmod);
	if (kind == RS_INTEGER)
		return local_scale >= 0 ? RS_FIT_YES : RS_FIT_LOSSY;
	if (kind == RS_DECIMAL && decimal_precision(typmod) > 0 &&
		decimal_scale(typmod) <= local_scale)
		return RS_FIT_YES;
	return RS_FIT_LOSSY;
}

/* A string to a type that is not a string: its input function decides. */
static RedshiftFit
fit_text(Oid local, int32 local_typmod)
{
	switch (local)
	{
		case NUMERICOID:
			return fit_number(RS_TEXT, -1, local_typmod);
		case DATEOID:
		case TIMEOID:
		case TIMETZOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			/* they silently drop a time or a zone, or assume one */
			return RS_FIT_LOSSY;
		case BYTEAOID:
			/* backslashes would be read as escapes */
			return RS_FIT_LOSSY;
		default:
			return RS_FIT_YES;
	}
}

static RedshiftFit
fit_datetime(RedshiftKind kind, Oid local, int32 local_typmod)
{
	switch (local)
	{
		case DATEOID:
			if (kind == RS_DATE)
				return RS_FIT_YES;
			return kind == RS_TIMESTAMP || kind == RS_TIMESTAMPTZ ? RS_FIT_LOSSY : RS_FIT_NO;
		case TIMESTAMPOID:
			if (kind == RS_DATE)
				return RS_FIT_YES;
			if (kind == RS_TIMESTAMP)
				return fit_precision(local_typmod);
			return kind == RS_TIMESTAMPTZ ? RS_FIT_LOSSY : RS_FIT_NO;
		case TIMESTAMPTZOID:
			if (kind == RS_TIMESTAMPTZ)
				return fit_precision(local_typmod);
			return kind == RS_DATE || kind == RS_TIMESTAMP ? RS_FIT_LOSSY : RS_FIT_NO;
		case TIMEOID:
			if (kind == RS_TIME)
				return fit_precision(local_typmod);
			return kind == RS_TIMETZ ? RS_FIT_LOSSY : RS_FIT_NO;
		case TIMETZOID:
			if (kind == RS_TIMETZ)
				return fit_precision(local_typmod);
			return kind == RS_TIME ? RS_FIT_LOSSY : RS_FIT_NO;
		default:
			return RS_FIT_NO;
	}
}

/*
 * redshift_type_fits
 *		May the text of a remote value be read by the input function of a local
 *		type (the base type of a domain) with this typmod?
 *
 * Values out of range or too long are errors of that function, so a bigint
 * fits an integer column.  Floating-point columns accept every number,
 * because their declaration accepts the precision.  User-defined types (and
 * inet, uuid, ...) accept any string; their input function decides.
 */
RedshiftFit
redshift_type_fits(Oid remote, int32 typmod, Oid local, int32 local_typmod)
{
	RedshiftKind kind = redshift_type_kind(remote);

	if (local == TEXTOID || local == VARCHAROID || local == BPCHAROID)
		return RS_FIT_YES;
	if (local == NAMEOID)
		return RS_FIT_LOSSY;	/* cut at 63 bytes */
	if (local == CHAROID)
		return remote == CHAROID ? RS_FIT_YES : RS_FIT_LOSSY;
	if (local >= FirstNormalObjectId)
		return RS_FIT_YES;

	switch (kind)
	{
		case RS_INTEGER:
		case RS_DECIMAL:
		case RS_FLOAT:
			if (local == INT2OID || local == INT4OID || local == INT8OID ||
				local == FLOAT4OID || local == FLOAT8OID)
				return RS_FIT_YES;
			if (local == NUMERICOID)
				return fit_number(kind, typmod, local_typmod);
			if ((local == OIDOID || local == XIDOID) && kind == RS_INTEGER)
				return RS_FIT_YES;
			return local == MONEY_TYPE_OID ? RS_FIT_LOSSY : RS_FIT_NO;
		case RS_BOOL:
			return local == BOOLOID ? RS_FIT_YES : RS_FIT_NO;
		case RS_TEXT:
		case RS_CHAR:
			return fit_text(local, local_typmod);
		case RS_DATE:
		case RS_TIMESTAMP:
		case RS_TIMESTAMPTZ:
		case RS_TIME:
		case RS_TIMETZ:
			return fit_datetime(kind, local, local_typmod);
		case RS_INTERVAL:
			if (local != INTERVALOID)
				return RS_FIT_NO;
			return local_typmod < 0 ? RS_FIT_YES : RS_FIT_LOSSY;
		case RS_SUPER:
			return local == JSONBOID || local == JSONOID ? RS_FIT_YES : RS_FIT_NO;
		case RS_BYTES:
			return local == BYTEAOID || local == UUIDOID ? RS_FIT_YES : RS_FIT_NO;
		case RS_OTHER:
			break;
	}
	return RS_FIT_NO;
}

/*
 * redshift_needs_hex_prefix
 *		Must the reader put \x before the text of a value?  Redshift prints
 *		varbyte as bare hexadecimal digits, which bytea would read as bytes.
 */
bool
redshift_needs_hex_prefix(Oid remote, Oid local)
{
	return remote == RS_VARBYTE_OID && local == BYTEAOID;
}

/*
 * redshift_trims_blanks
 *		Must the reader remove the trailing blanks of a value?  Only char(n) is
 *		padded; trailing blanks of a varchar are part of the value.
 */
bool
redshift_trims_blanks(Oid remote)
{
	return remote == BPCHAROID;
}
