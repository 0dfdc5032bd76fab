/*
 * hash.c
 *		FNV_HASH.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "standin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#define FNV_SEED UINT64CONST(0xcbf29ce484222325)
#define FNV_PRIME UINT64CONST(0x100000001b3)

static uint64
fnv1a(uint64 hash, const char *bytes, int length)
{
	for (int i = 0; i < length; i++)
		hash = (hash ^ (unsigned char) bytes[i]) * FNV_PRIME;
	return hash;
}

/*
 * standin_fnv_hash(value [, seed]): hashes the bytes of a number in
 * little-endian order, the bytes of a text, or the digits of a decimal.
 */
PG_FUNCTION_INFO_V1(standin_fnv_hash);
Datum
standin_fnv_hash(PG_FUNCTION_ARGS)
{
	uint64		hash = PG_NARGS() > 1 ? (uint64) PG_GETARG_INT64(1) : FNV_SEED;
	Oid		   *types;
	int			count;
	int16		length;
	bool		by_value;

	(void) get_func_signature(fcinfo->flinfo->fn_oid, &types, &count);
	get_typlenbyval(types[0], &length, &by_value);
	if (types[0] == NUMERICOID)
	{
		char	   *digits = DatumGetCString(DirectFunctionCall1(numeric_out, PG_GETARG_DATUM(0)));

		hash = fnv1a(hash, digits, strlen(digits));
	}
	else if (length == -1)
	{
		text	   *value = PG_GETARG_TEXT_PP(0);

		hash = fnv1a(hash, VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
	}
	else if (by_value)
	{
		Datum		value = PG_GETARG_DATUM(0);

		hash = fnv1a(hash, (char *) &value, length);
	}
	else
		hash = fnv1a(hash, PG_GETARG_POINTER(0), length);
	PG_RETURN_INT64((int64) hash);
}
