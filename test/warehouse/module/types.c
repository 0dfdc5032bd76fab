/*
 * types.c
 *		Redshift's types and the functions that compute differently there.
 *
 * Policy: values are printed and parsed as in Redshift's documentation.
 * Internal formats are PostgreSQL's: super is json, varbyte is bytea.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "catalog/binary_upgrade.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "standin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/json.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

/*
 * standin_create_type makes a shell type with a given OID, so that a client
 * sees Redshift's OIDs.  It uses the same way as pg_upgrade.
 */
PG_FUNCTION_INFO_V1(standin_create_type);
Datum
standin_create_type(PG_FUNCTION_ARGS)
{
	char	   *name = NameStr(*PG_GETARG_NAME(0));
	bool		saved = IsBinaryUpgrade;

	if (!superuser())
		elog(ERROR, "only the build of the stand-in makes types");
	PG_TRY();
	{
		IsBinaryUpgrade = true;
		binary_upgrade_next_pg_type_oid = PG_GETARG_OID(1);
		TypeShellMake(name, PG_CATALOG_NAMESPACE, GetUserId());
	}
	PG_FINALLY();
	{
		IsBinaryUpgrade = saved;
	}
	PG_END_TRY();
	PG_RETURN_VOID();
}

/* standin_refuse runs only if its arguments were not constants. */
PG_FUNCTION_INFO_V1(standin_refuse);
Datum
standin_refuse(PG_FUNCTION_ARGS)
{
	(void) fcinfo;
	elog(ERROR, "standin.refuse() takes constants");
}

/* super_in checks JSON and removes the blanks between its tokens. */
PG_FUNCTION_INFO_V1(standin_super_in);
Datum
standin_super_in(PG_FUNCTION_ARGS)
{
	char	   *text = pstrdup(PG_GETARG_CSTRING(0));
	char	   *to = text;
	bool		quoted = false;

	DirectFunctionCall1(json_in, CStringGetDatum(text));
	for (char *from = text; *from; from++)
	{
		if (quoted && *from == '\\')
			*to++ = *from++;
		else if (*from == '"')
			quoted = !quoted;
		else if (!quoted && isspace((unsigned char) *from))
			continue;
		*to++ = *from;
	}
	*to = '\0';
	PG_RETURN_TEXT_P(cstring_to_text(text));
}

/* varbyte_in returns the bytes of the text, as Redshift's cast does. */
PG_FUNCTION_INFO_V1(standin_varbyte_in);
Datum
standin_varbyte_in(PG_FUNCTION_ARGS)
{
	PG_RETURN_BYTEA_P((bytea *) cstring_to_text(PG_GETARG_CSTRING(0)));
}

/* varbyte_out prints hexadecimal digits without \x. */
PG_FUNCTION_INFO_V1(standin_varbyte_out);
Datum
standin_varbyte_out(PG_FUNCTION_ARGS)
{
	bytea	   *value = PG_GETARG_BYTEA_PP(0);
	int			len = VARSIZE_ANY_EXHDR(value);
	char	   *result = palloc(len * 2 + 1);

	hex_encode(VARDATA_ANY(value), len, result);
	result[len * 2] = '\0';
	PG_RETURN_CSTRING(result);
}

static char *
print_float(double value, int digits)
{
	if (isnan(value))
		return pstrdup("NaN");
	if (isinf(value))
		return pstrdup(value > 0 ? "Infinity" : "-Infinity");
	return psprintf("%.*g", Max(1, digits + extra_float_digits), value);
}

/* Floats have 15 (6) + extra_float_digits digits, as before PostgreSQL 12. */
PG_FUNCTION_INFO_V1(standin_float8_out);
Datum
standin_float8_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_CSTRING(print_float(PG_GETARG_FLOAT8(0), DBL_DIG));
}

PG_FUNCTION_INFO_V1(standin_float4_out);
Datum
standin_float4_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_CSTRING(print_float(PG_GETARG_FLOAT4(0), FLT_DIG));
}

/*
 * check_bytes limits varchar(n) to n bytes; casts truncate, assignments fail.
 */
static text *
check_bytes(text *value, int32 typmod, bool cut)
{
	int			limit = typmod - VARHDRSZ;
	int			len = VARSIZE_ANY_EXHDR(value);
	char	   *data = VARDATA_ANY(value);

	if (typmod < (int32) VARHDRSZ || len <= limit)
		return value;
	limit = pg_mbcliplen(data, len, limit);
	if (!cut)
		for (int i = limit; i < len; i++)
			if (data[i] != ' ')
				ereport(ERROR,
						(errcode(ERRCODE_STRING_DATA_RIGHT_TRUNCATION),
						 errmsg("value too long for type character varying(%d)",
								(int) (typmod - VARHDRSZ))));
	return cstring_to_text_with_len(data, limit);
}

PG_FUNCTION_INFO_V1(standin_varchar);
Datum
standin_varchar(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(check_bytes(PG_GETARG_TEXT_PP(0), PG_GETARG_INT32(1),
								 PG_GETARG_BOOL(2)));
}

PG_FUNCTION_INFO_V1(standin_varchar_in);
Datum
standin_varchar_in(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(check_bytes(cstring_to_text(PG_GETARG_CSTRING(0)),
								 PG_GETARG_INT32(2), false));
}

/*
 * standin_numeric_typmod_in limits sizes of decimals to 38 digits, of which 37
 * may stand after the point.
 */
PG_FUNCTION_INFO_V1(standin_numeric_typmod_in);
Datum
standin_numeric_typmod_in(PG_FUNCTION_ARGS)
{
	int32		typmod = DatumGetInt32(DirectFunctionCall1(numerictypmodin, PG_GETARG_DATUM(0)));
	int			precision = ((typmod - (int32) VARHDRSZ) >> 16) & 0xffff;
	int			scale = (typmod - (int32) VARHDRSZ) & 0x7ff;

	if (precision > 38)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("DECIMAL precision %d must be between 1 and 38", precision)));
	if (scale > 37)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("DECIMAL scale %d must be between 0 and 37", scale)));
	PG_RETURN_INT32(typmod);
}

/*
 * Final functions of aggregates.  The inner function is called with the same
 * fcinfo, because it checks that it runs in an aggregate.
 */
static Datum
call_final(PGFunction inner, FunctionCallInfo fcinfo, bool *isnull)
{
	Datum		result;

	fcinfo->isnull = false;
	result = inner(fcinfo);
	*isnull = fcinfo->isnull;
	return result;
}

/* avg(bigint) truncates the fraction. */
PG_FUNCTION_INFO_V1(standin_avg_int8);
Datum
standin_avg_int8(PG_FUNCTION_ARGS)
{
	bool		isnull;
	Datum		value = call_final(numeric_poly_avg, fcinfo, &isnull);

	if (isnull)
		PG_RETURN_NULL();
	value = DirectFunctionCall2(numeric_trunc, value, Int32GetDatum(0));
	PG_RETURN_DATUM(DirectFunctionCall1(numeric_int8, value));
}

/* avg(smallint), avg(integer): the same, with their own state. */
PG_FUNCTION_INFO_V1(standin_avg_int4);
Datum
standin_avg_int4(PG_FUNCTION_ARGS)
{
	ArrayType  *state = PG_GETARG_ARRAYTYPE_P(0);
	int64	   *count_and_sum = (int64 *) ARR_DATA_PTR(state);

	if (count_and_sum[0] == 0)
		PG_RETURN_NULL();
	PG_RETURN_INT64(count_and_sum[1] / count_and_sum[0]);
}

/* sum(bigint) is a bigint and overflows. */
PG_FUNCTION_INFO_V1(standin_sum_int8);
Datum
standin_sum_int8(PG_FUNCTION_ARGS)
{
	bool		isnull;
	Datum		value = call_final(numeric_poly_sum, fcinfo, &isnull);

	if (isnull)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(DirectFunctionCall1(numeric_int8, value));
}

/* sum(real) is double precision; its state is that of avg(). */
PG_FUNCTION_INFO_V1(standin_sum_float4);
Datum
standin_sum_float4(PG_FUNCTION_ARGS)
{
	ArrayType  *state = PG_GETARG_ARRAYTYPE_P(0);
	float8	   *values = (float8 *) ARR_DATA_PTR(state);

	if (values[0] == 0.0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(values[1]);
}

/* stddev and variance are double precision for all input types. */
#define DOUBLE_FINAL(name, inner) \
PG_FUNCTION_INFO_V1(name); \
Datum \
name(PG_FUNCTION_ARGS) \
{ \
	bool		isnull; \
	Datum		value = call_final(inner, fcinfo, &isnull); \
\
	if (isnull) \
		PG_RETURN_NULL(); \
	PG_RETURN_DATUM(DirectFunctionCall1(numeric_float8, value)); \
}

DOUBLE_FINAL(standin_stddev_samp, numeric_stddev_samp)
DOUBLE_FINAL(standin_stddev_pop, numeric_stddev_pop)
DOUBLE_FINAL(standin_var_samp, numeric_var_samp)
DOUBLE_FINAL(standin_var_pop, numeric_var_pop)
DOUBLE_FINAL(standin_poly_stddev_samp, numeric_poly_stddev_samp)
DOUBLE_FINAL(standin_poly_stddev_pop, numeric_poly_stddev_pop)
DOUBLE_FINAL(standin_poly_var_samp, numeric_poly_var_samp)
DOUBLE_FINAL(standin_poly_var_pop, numeric_poly_var_pop)

/* to_integer truncates the result of EXTRACT, an integer in Redshift. */
static Datum
to_integer(Datum value)
{
	return Int32GetDatum((int32) DatumGetFloat8(value));
}

PG_FUNCTION_INFO_V1(standin_extract_timestamp);
Datum
standin_extract_timestamp(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(to_integer(DirectFunctionCall2(timestamp_part,
												   PG_GETARG_DATUM(0),
												   PG_GETARG_DATUM(1))));
}

PG_FUNCTION_INFO_V1(standin_query_id);
Datum
standin_query_id(PG_FUNCTION_ARGS)
{
	(void) fcinfo;
	PG_RETURN_INT32(standin_query_number - 1);
}
