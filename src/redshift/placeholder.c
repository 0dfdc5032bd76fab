/*-------------------------------------------------------------------------
 *
 * placeholder.c
 *		{from} and {to} in a query, the placeholders for a window's range.
 *
 * Policy: they are found as tokens, never as text, so that a brace in a
 * comment or in a string does not count.  Still, a string with one is refused,
 * because the author of '{from}' expects that it is replaced.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "redshift/lex.h"
#include "redshift/placeholder.h"

/* Is it {from} (or {to})? */
static bool
is_placeholder(const RedshiftToken *token, const char *name)
{
	return token->kind == RS_TOKEN_PLACEHOLDER && strcmp(token->text, name) == 0;
}

/* The number of tokens of that name. */
static int
count_placeholders(const RedshiftTokens *tokens, const char *name)
{
	int			count = 0;

	for (int i = 0; i < tokens->count; i++)
		count += is_placeholder(&tokens->items[i], name);
	return count;
}

/*
 * redshift_has_placeholders
 *		Does the query contain {from} or {to}?
 */
bool
redshift_has_placeholders(const char *query)
{
	RedshiftTokens *tokens = redshift_lex(query);

	return count_placeholders(tokens, "from") + count_placeholders(tokens, "to") > 0;
}

/*
 * redshift_check_placeholders
 *		Raises 22023 for a placeholder of another name, and for one in quotes.
 */
void
redshift_check_placeholders(const char *query)
{
	RedshiftTokens *tokens = redshift_lex(query);

	for (int i = 0; i < tokens->count; i++)
	{
		const RedshiftToken *token = &tokens->items[i];

		if (token->kind == RS_TOKEN_PLACEHOLDER &&
			!is_placeholder(token, "from") && !is_placeholder(token, "to"))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("unknown placeholder {%s} in the query", token->text),
					 errdetail("It stands at %s.", redshift_locate(tokens->query, token->start)),
					 errhint("A query may hold {from} and {to}, the range of a window, in lower case.")));
		if ((token->kind == RS_TOKEN_STRING || token->kind == RS_TOKEN_QUOTED) &&
			(strstr(token->text, "{from}") != NULL || strstr(token->text, "{to}") != NULL))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("a placeholder of the query stands in quotes: %s",
							redshift_excerpt(pnstrdup(tokens->query + token->start, token->length), 60)),
					 errdetail("At %s. rsfed puts whole literals there, with quotes and type where they need them.",
							   redshift_locate(tokens->query, token->start)),
					 errhint("Write {from} and {to} without quotes.")));
	}
}

/*
 * redshift_require_window
 *		Raises 22023 unless the query contains both {from} and {to}.
 */
void
redshift_require_window(const char *query)
{
	RedshiftTokens *tokens = redshift_lex(query);
	bool		from = count_placeholders(tokens, "from") > 0;

	if (from && count_placeholders(tokens, "to") > 0)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("method \"window\" needs {from} and {to} in the query"),
			 errdetail("There is no %s.", from ? "{to}" : "{from}"),
			 errhint("Write WHERE the_time >= {from} AND the_time < {to}: rsfed puts the range of each refresh there.")));
}

/* Can a literal be adjacent to that character without changing the tokens? */
static bool
stands_apart(char c)
{
	return c == '\0' || strchr(" \t\n\v\f\r()[],;", c) != NULL;
}

/*
 * redshift_fill_placeholders
 *		The query with literals for {from} and {to}; palloc'd.
 *
 * A blank separates a literal from adjacent text that would join it: in
 * "{from}AND" the braces separate the tokens, but NULL does not.
 */
char *
redshift_fill_placeholders(const char *query, const char *from, const char *to)
{
	RedshiftTokens *tokens = redshift_lex(query);
	StringInfoData buf;
	int			copied = 0;

	initStringInfo(&buf);
	for (int i = 0; i < tokens->count; i++)
	{
		const RedshiftToken *token = &tokens->items[i];

		if (!is_placeholder(token, "from") && !is_placeholder(token, "to"))
			continue;
		appendBinaryStringInfo(&buf, tokens->query + copied, token->start - copied);
		if (buf.len > 0 && !stands_apart(buf.data[buf.len - 1]))
			appendStringInfoChar(&buf, ' ');
		appendStringInfoString(&buf, is_placeholder(token, "from") ? from : to);
		copied = token->start + token->length;
		if (!stands_apart(tokens->query[copied]))
			appendStringInfoChar(&buf, ' ');
	}
	appendStringInfoString(&buf, tokens->query + copied);
	return buf.data;
}
