/*-------------------------------------------------------------------------
 *
 * values.c
 *		Fuzz target, inside a server: the value read from the wire is that of
 *		the type's own input function, or the error is the same.
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"

#include "access/tupdesc.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "parser/parse_type.h"
#include "pgtime.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"

#include "redshift/types.h"
#include "source/rows.h"

static const Oid types[] = {
	INT2OID, INT4OID, INT8OID, NUMERICOID, DATEOID, TIMESTAMPOID, TIMESTAMPTZOID, TIMEOID,
	FLOAT4OID, FLOAT8OID, BOOLOID, VARCHAROID, BPCHAROID, INTERVALOID, TIMETZOID, RS_SUPER_OID,
	RS_VARBYTE_OID
};

typedef struct Reading
{
	Oid			remote;
	Oid			local;
	int32		typmod;
	char	   *text;
	int			length;
	Datum		value;
} Reading;

/* Reads a value like rsfed. */
static void
read_row(void *arg)
{
	Reading    *reading = arg;
	RemoteColumn column = {"c", reading->remote, -1};
	RemoteColumns columns = {1, &column};
	TupleDesc	desc = CreateTemplateTupleDesc(1);
	bool		null;

	TupleDescInitEntry(desc, 1, "c", reading->local, reading->typmod, 0);
	row_reader_read(row_reader_create(&columns, desc, NULL), &reading->text, &reading->length,
					&reading->value, &null);
	fuzz_check(!null);
}

/* Reads it like the input function, from the text of the type's wire format. */
static void
read_slowly(void *arg)
{
	Reading    *reading = arg;
	char	   *text = pg_any_to_server(pnstrdup(reading->text, reading->length), reading->length, PG_UTF8);
	int			length = strlen(text);
	Oid			function;
	Oid			ioparam;

	/* no text contains a zero byte */
	if (length < reading->length)
		ereport(ERROR,
				(errcode(ERRCODE_CHARACTER_NOT_IN_REPERTOIRE),
				 errmsg("a zero byte")));
	if (reading->remote == BPCHAROID)
	{
		while (length > 0 && text[length - 1] == ' ')
			text[--length] = '\0';
	}
	if (reading->remote == RS_VARBYTE_OID)
		text = psprintf("\\x%s", text);
	getTypeInputInfo(reading->local, &function, &ioparam);
	reading->value = OidInputFunctionCall(function, text, ioparam, reading->typmod);
}

/* PostgreSQL finds each local type by its name in a column list. */
static void
check_type_names(void)
{
	for (Oid oid = 1; oid < 20000; oid++)
	{
		Oid			local = redshift_local_type(oid, -1);
		Oid			found;
		int32		typmod;

		if (!OidIsValid(local))
			continue;
		fuzz_check(strcmp(format_type_be(local), redshift_local_type_name(oid, -1)) == 0);
		parseTypeString(redshift_local_type_name(oid, -1), &found, &typmod, false);
		fuzz_check(found == local && typmod == -1);
	}
}

/* Some types have a typmod, which rounds or truncates. */
static int32
some_typmod(Oid local, FuzzInput *input)
{
	int			sort = fuzz_below(input, 8);

	if (sort < 6)
		return -1;
	switch (local)
	{
		case NUMERICOID:
			return VARHDRSZ + ((10 << 16) | (sort == 6 ? 2 : 0));
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
		case TIMEOID:
		case TIMETZOID:
			return sort == 6 ? 3 : 0;
		default:
			return -1;
	}
}

void
fuzz_one(const uint8 *data, size_t size)
{
	static bool first = true;
	FuzzInput	input = {data, size};
	Reading		quick = {0};
	Reading		slow;
	int			state;
	char	   *kept;
	bool		by_value;
	int16		length;

	if (first)
	{
		SetDatabaseEncoding(PG_UTF8);
		check_type_names();
	}
	first = false;
	quick.remote = types[fuzz_below(&input, lengthof(types))];
	quick.local = redshift_local_type(quick.remote, -1);
	quick.typmod = some_typmod(quick.local, &input);
	quick.length = input.size;
	quick.text = palloc0(input.size + 1);
	memcpy(quick.text, input.data, input.size);
	kept = pnstrdup(quick.text, quick.length);
	slow = quick;

	state = fuzz_try(read_row, &quick);
	fuzz_check(memcmp(quick.text, kept, strlen(kept)) == 0);
	{
		int			style = DateStyle;
		pg_tz	   *zone = session_timezone;

		session_timezone = pg_tzset("GMT");
		fuzz_check(fuzz_try(read_slowly, &slow) == state);
		session_timezone = zone;
		fuzz_check(DateStyle == style);
	}
	if (state != 0)
		return;
	get_typlenbyval(quick.local, &length, &by_value);
	fuzz_check(datumIsEqual(quick.value, slow.value, by_value, length));
}
