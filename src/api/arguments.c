/*-------------------------------------------------------------------------
 *
 * arguments.c
 *	  Arguments of SQL functions.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "api/arguments.h"
#include "base/compat.h"

void
argument_require(FunctionCallInfo fcinfo, int number, const char *name)
{
	if (PG_ARGISNULL(number))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("argument \"%s\" must not be null", name)));
}

char *
argument_name(FunctionCallInfo fcinfo, int number, const char *name)
{
	argument_require(fcinfo, number, name);
	return NameStr(*PG_GETARG_NAME(number));
}

char *
argument_new_name(FunctionCallInfo fcinfo, int number, const char *name)
{
	char	   *value = argument_name(fcinfo, number, name);

	/* SQL has no way to write such a name, so nobody could drop what has it */
	if (*value == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("argument \"%s\" must not be empty", name)));
	return value;
}

char *
argument_text(FunctionCallInfo fcinfo, int number)
{
	return PG_ARGISNULL(number) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(number));
}

List *
argument_names(FunctionCallInfo fcinfo, int number, const char *name)
{
	ArrayType  *array = PG_GETARG_ARRAYTYPE_P(number);
	List	   *names = NIL;
	Datum	   *elements;
	bool	   *nulls;
	int			count;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &count);
	for (int i = 0; i < count; i++)
	{
		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("argument \"%s\" must not hold a null", name)));
		names = lappend(names, TextDatumGetCString(elements[i]));
	}
	return names;
}

Jsonb *
argument_no_options(void)
{
	return DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum("{}")));
}
