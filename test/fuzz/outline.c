/*-------------------------------------------------------------------------
 *
 * outline.c
 *		Outlines of queries, for the fuzz targets that read one.
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"

#include "lib/stringinfo.h"

#include "outline.h"
#include "redshift/lex.h"

char *
outline_spaced(const char *query)
{
	RedshiftTokens *tokens = redshift_lex(query);
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfoString(&buf, "-- a query;\n");
	for (int i = 0; i < tokens->count; i++)
	{
		char	   *source = redshift_token_text(tokens, i, i + 1);

		for (char *c = source; tokens->items[i].kind == RS_TOKEN_WORD && *c != '\0'; c++)
			*c = pg_ascii_toupper((unsigned char) *c);
		appendStringInfo(&buf, "%s%s", source, i % 2 == 0 ? "\r\n\t" : " /* from ' /* */ limit */ ");
	}
	return buf.data;
}

/* Is the source of two ranges of tokens the same except for blanks? */
static bool
same_range(const RedshiftTokens *a, int a_first, int a_end,
		   const RedshiftTokens *b, int b_first, int b_end)
{
	if (a_end - a_first != b_end - b_first)
		return false;
	for (int i = 0; i < a_end - a_first; i++)
	{
		if (a->items[a_first + i].kind != b->items[b_first + i].kind ||
			strcmp(a->items[a_first + i].text, b->items[b_first + i].text) != 0)
			return false;
	}
	return true;
}

void
outline_check_same(const RedshiftSelect *a, const RedshiftSelect *b, bool is_ordered)
{
	fuzz_check((a == NULL) == (b == NULL));
	if (a == NULL)
		return;
	fuzz_check(list_length(a->items) == list_length(b->items));
	for (int i = 0; i < list_length(a->items); i++)
	{
		const RedshiftSelectItem *x = list_nth(a->items, i);
		const RedshiftSelectItem *y = list_nth(b->items, i);

		fuzz_check(same_range(a->tokens, x->first_token, x->end_token,
							  b->tokens, y->first_token, y->end_token));
		fuzz_check(x->last_token - x->first_token == y->last_token - y->first_token);
		fuzz_check(x->is_star == y->is_star && x->has_alias == y->has_alias);
		fuzz_check((x->name == NULL) == (y->name == NULL));
		fuzz_check(x->name == NULL || strcmp(x->name, y->name) == 0);
	}
	fuzz_check(list_length(a->group_items) == list_length(b->group_items));
	for (int i = 0; i < list_length(a->group_items); i++)
	{
		const RedshiftGroupItem *x = list_nth(a->group_items, i);
		const RedshiftGroupItem *y = list_nth(b->group_items, i);

		fuzz_check(same_range(a->tokens, x->first_token, x->end_token,
							  b->tokens, y->first_token, y->end_token));
	}
	fuzz_check(a->has_with == b->has_with && a->has_setop == b->has_setop);
	fuzz_check(a->has_group_by == b->has_group_by && a->has_group_by_all == b->has_group_by_all);
	fuzz_check(a->has_grouping_sets == b->has_grouping_sets && a->has_having == b->has_having);
	fuzz_check(a->has_star == b->has_star && a->has_distinct == b->has_distinct);
	fuzz_check(a->has_distinct_on == b->has_distinct_on && a->has_from == b->has_from);
	fuzz_check(a->has_limit == b->has_limit);
	fuzz_check(is_ordered ? b->has_order_by : a->has_order_by == b->has_order_by);
}

typedef struct Parse
{
	const char *query;
	RedshiftSelect *select;
} Parse;

static void
parse(void *arg)
{
	Parse	   *parsed = arg;

	parsed->select = redshift_parse_select(parsed->query);
}

RedshiftSelect *
outline_of(const char *query)
{
	Parse		parsed = {query};

	return fuzz_try(parse, &parsed) == 0 ? parsed.select : NULL;
}

const char **
outline_names(const RedshiftSelect *select, int count)
{
	const char **names = palloc(sizeof(char *) * Max(count, 1));

	for (int i = 0; i < count; i++)
	{
		names[i] = "?column?";
		if (select != NULL && i < list_length(select->items) &&
			((RedshiftSelectItem *) list_nth(select->items, i))->name != NULL)
			names[i] = ((RedshiftSelectItem *) list_nth(select->items, i))->name;
	}
	return names;
}
