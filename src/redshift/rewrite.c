/*-------------------------------------------------------------------------
 *
 * rewrite.c
 *		Appends an ORDER BY to a query, or makes it a subquery.
 *
 * Policy: the query is unchanged up to its last token; text after that (a
 * semicolon, a comment to the end of the line) would end or hide the appended
 * clause.  The order is appended to the query itself, not to a subquery that
 * contains it: a subquery would change the types of untyped literals, and not
 * every query can be one.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "redshift/lex.h"
#include "redshift/quote.h"
#include "redshift/rewrite.h"

/*
 * Clauses that an ORDER BY cannot follow, or whose meaning it would change;
 * and EXCLUDE, because it is not documented how columns are numbered with it.
 * A column with one of these names only causes a local sort.
 */
static const char *const closing_words[] = {"order", "limit", "offset", "fetch", "top", "for",
"into", "exclude", NULL};

/*
 * redshift_takes_order
 *		Can an ORDER BY be appended to the query without changing anything but
 *		the order of its result?  Raises the errors of redshift_lex.
 */
bool
redshift_takes_order(const char *query)
{
	RedshiftTokens *tokens = redshift_lex(query);

	if (!redshift_token_is(&tokens->items[0], "select") &&
		!redshift_token_is(&tokens->items[0], "with"))
		return false;
	for (int i = 0; i < tokens->count; i++)
	{
		const RedshiftToken *token = &tokens->items[i];

		/* collate(x, 'case_insensitive') is not sorted by bytes */
		if (redshift_token_is(token, "collate"))
			return false;
		if (token->depth > 0)
			continue;
		if (redshift_token_in(token, closing_words))
			return false;
		/* DISTINCT ON needs an order of its own */
		if (redshift_token_is(token, "distinct") &&
			redshift_token_is(&tokens->items[i + 1], "on"))
			return false;
	}
	return true;
}

/*
 * redshift_append_order
 *		The query followed by an ORDER BY, for a query that accepts one.
 *		Allocated in the current memory context; raises the errors of
 *		redshift_lex.
 */
char *
redshift_append_order(const char *query, const char *order)
{
	return psprintf("%s\n%s", redshift_strip(query), order);
}

/*
 * redshift_wrap_query
 *		SELECT * FROM (query) AS alias, to which a WHERE can be appended.
 *		column_names rename its columns; NULL keeps their names.  Allocated in
 *		the current memory context; raises the errors of redshift_lex.
 */
char *
redshift_wrap_query(const char *query, const char *alias, const char *const *column_names,
					int ncolumns)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "SELECT * FROM (%s\n) AS %s", redshift_strip(query), alias);
	for (int i = 0; column_names != NULL && i < ncolumns; i++)
		appendStringInfo(&buf, "%s%s", i > 0 ? ", " : " (",
						 redshift_quote_identifier(column_names[i]));
	if (column_names != NULL && ncolumns > 0)
		appendStringInfoChar(&buf, ')');
	return buf.data;
}
