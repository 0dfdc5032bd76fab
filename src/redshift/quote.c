/*-------------------------------------------------------------------------
 *
 * quote.c
 *		Writes names, literals and comments of Redshift SQL.
 *
 * Policy: these are the only functions that put a name or a value into a text
 * for Redshift.  quote_identifier() and quote_literal() of the server are not
 * safe there: Redshift reserves words that PostgreSQL does not, and it has no
 * E'', but a backslash is an escape in every literal.  So every name is always
 * quoted, and every quote and every backslash in a literal is doubled.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "redshift/quote.h"

/*
 * redshift_quote_identifier
 *		The name in double quotes.  Redshift still folds ASCII letters in it
 *		unless its enable_case_sensitive_identifier is on.  Raises 42602 for an
 *		empty name.  Allocated in the current memory context.
 */
char *
redshift_quote_identifier(const char *name)
{
	StringInfoData buf;

	if (name[0] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("a Redshift identifier must not be empty")));

	initStringInfo(&buf);
	appendStringInfoChar(&buf, '"');
	for (; *name; name++)
	{
		if (*name == '"')
			appendStringInfoChar(&buf, '"');
		appendStringInfoChar(&buf, *name);
	}
	appendStringInfoChar(&buf, '"');
	return buf.data;
}

/*
 * redshift_quote_literal
 *		The value as a plain string literal of unknown type.  Allocated in the
 *		current memory context; raises nothing.
 */
char *
redshift_quote_literal(const char *value)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfoChar(&buf, '\'');
	for (; *value; value++)
	{
		if (*value == '\'' || *value == '\\')
			appendStringInfoChar(&buf, *value);
		appendStringInfoChar(&buf, *value);
	}
	appendStringInfoChar(&buf, '\'');
	return buf.data;
}
