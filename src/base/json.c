/*-------------------------------------------------------------------------
 *
 * json.c
 *	  JSON that is read from a text, and the scalars in it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "base/attempt.h"
#include "base/json.h"

typedef struct JsonText
{
	const char *text;
	Jsonb	   *value;
} JsonText;

static void
read_text(void *arg)
{
	JsonText   *read = arg;

	/* the text may come from a file */
	pg_verifymbstr(read->text, strlen(read->text), false);
	read->value = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(read->text)));
}

Jsonb *
json_parse(const char *text)
{
	JsonText	read = {.text = text};

	return attempt_reading(read_text, &read) ? read.value : NULL;
}

char *
json_scalar_text(const JsonbValue *value)
{
	switch (value->type)
	{
		case jbvString:
			return pnstrdup(value->val.string.val, value->val.string.len);
		case jbvNumeric:
			return DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(value->val.numeric)));
		case jbvBool:
			return pstrdup(value->val.boolean ? "true" : "false");
		default:
			return NULL;
	}
}

void
json_push(JsonbParseState **state, Jsonb *inner)
{
	JsonbValue	value;

	if (inner == NULL)
		value.type = jbvNull;
	else if (JB_ROOT_IS_SCALAR(inner))
		JsonbExtractScalar(&inner->root, &value);
	else
	{
		value.type = jbvBinary;
		value.val.binary.data = &inner->root;
		value.val.binary.len = VARSIZE_ANY_EXHDR(inner);
	}
	pushJsonbValue(state, WJB_VALUE, &value);
}
