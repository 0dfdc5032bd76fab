/*-------------------------------------------------------------------------
 *
 * types.c
 *		Fuzz target: the facts about a type are consistent.
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"

#include "catalog/pg_type.h"

#include "redshift/lex.h"
#include "redshift/types.h"

static const Oid known_types[] = {
	BOOLOID, BYTEAOID, CHAROID, NAMEOID, INT8OID, INT2OID, INT4OID, TEXTOID, OIDOID, FLOAT4OID,
	FLOAT8OID, BPCHAROID, VARCHAROID, DATEOID, TIMEOID, TIMESTAMPOID, TIMESTAMPTZOID, INTERVALOID,
	TIMETZOID, NUMERICOID, JSONBOID, UNKNOWNOID, RS_ABSTIME_OID, RS_INTERVAL_YM_OID,
	RS_INTERVAL_DS_OID, RS_HLLSKETCH_OID, RS_GEOMETRY_OID, RS_GEOGRAPHY_OID, RS_GEOMETRY_HEX_OID,
	RS_SUPER_OID, RS_VARBYTE_OID, 1003, 17329, 17332
};

static Oid
some_type(FuzzInput *input)
{
	int			i = fuzz_below(input, lengthof(known_types) + 2);

	return i < (int) lengthof(known_types) ? known_types[i] : (Oid) fuzz_int64(input);
}

static int32
some_typmod(FuzzInput *input)
{
	switch (fuzz_below(input, 4))
	{
		case 0:
			return -1;
		case 1:
			return VARHDRSZ + fuzz_below(input, 40) * 65536 + fuzz_below(input, 40);
		case 2:
			return VARHDRSZ + fuzz_below(input, 65536);
		default:
			return (int32) fuzz_int64(input);
	}
}

/* The name with its sizes, parsed again, is the type with its typmod. */
static void
check_name(Oid oid, int32 typmod)
{
	const char *name = redshift_type_name(oid, typmod);
	int			precision;
	int			scale;
	int			length;

	fuzz_check(name != NULL && name[0] != '\0');
	fuzz_check(redshift_lex(name)->count > 0);
	if (sscanf(name, "decimal(%d,%d)", &precision, &scale) == 2)
		fuzz_check(oid == NUMERICOID && precision > 0 && scale >= -1024 && scale < 1024 &&
				   (typmod - VARHDRSZ) >> 16 == precision &&
				   ((typmod - VARHDRSZ) & 0x7ff) == (scale & 0x7ff));
	else if (sscanf(name, "varchar(%d)", &length) == 1)
		fuzz_check(oid == VARCHAROID && length > 0 && length + VARHDRSZ == typmod);
	else if (sscanf(name, "char(%d)", &length) == 1)
		fuzz_check(oid == BPCHAROID && length > 0 && length + VARHDRSZ == typmod);
}

void
fuzz_one(const uint8 *data, size_t size)
{
	FuzzInput	input = {data, size};
	Oid			oid = some_type(&input);
	int32		typmod = some_typmod(&input);
	Oid			other = some_type(&input);
	int32		other_typmod = some_typmod(&input);
	Oid			third = some_type(&input);
	Oid			local = redshift_local_type(oid, typmod);
	bool		known = OidIsValid(local);

	check_name(oid, typmod);
	fuzz_check(known == (redshift_local_type_name(oid, typmod) != NULL));
	fuzz_check(known || redshift_type_kind(oid) == RS_OTHER);
	fuzz_check(known || redshift_type_note(oid, typmod) != NULL);

	/* a column that was made for a type accepts all its values */
	fuzz_check(!known || redshift_type_fits(oid, typmod, local, -1) == RS_FIT_YES);
	fuzz_check(redshift_type_fits(oid, typmod, TEXTOID, -1) == RS_FIT_YES);
	(void) redshift_type_fits(oid, typmod, other, other_typmod);
	fuzz_check(!redshift_needs_hex_prefix(oid, local) || local == BYTEAOID);

	/* and also those of a type that needs no other column */
	fuzz_check(redshift_type_widens(oid, typmod, oid, other_typmod));
	if (redshift_type_widens(oid, typmod, other, other_typmod))
	{
		fuzz_check(!known || redshift_type_fits(other, other_typmod, local, -1) == RS_FIT_YES);
		fuzz_check(!redshift_type_widens(other, other_typmod, third, -1) ||
				   redshift_type_widens(oid, typmod, third, -1));
	}
}
