/*-------------------------------------------------------------------------
 *
 * query.c
 *		Fuzz target: the outline of a query depends only on its tokens, so
 *		blanks, comments, case and an appended ORDER BY do not change it.
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"

#include "outline.h"
#include "redshift/lex.h"
#include "redshift/rewrite.h"

typedef struct Query
{
	const char *text;
	RedshiftSelect *select;
} Query;

static void
check(void *arg)
{
	redshift_check_query(((Query *) arg)->text);
}

static void
parse(void *arg)
{
	Query	   *query = arg;

	query->select = redshift_parse_select(query->text);
}

static RedshiftSelect *
parse_again(const char *text)
{
	Query		again = {text};

	fuzz_check(fuzz_try(parse, &again) == 0);
	return again.select;
}

/* Ranges of tokens are inside the query and in its order. */
static void
check_ranges(const RedshiftSelect *select)
{
	int			last = 0;
	ListCell   *lc;

	fuzz_check(list_length(select->items) > 0);
	fuzz_check(select->has_limit == (select->limit_token >= 0));
	fuzz_check(select->limit_token < select->tokens->count);
	fuzz_check(select->group_items == NIL || select->has_group_by);
	foreach(lc, select->items)
	{
		const RedshiftSelectItem *item = lfirst(lc);

		fuzz_check(item->first_token >= last && item->end_token > item->first_token);
		fuzz_check(item->last_token >= item->end_token && item->last_token <= select->tokens->count);
		last = item->last_token;
		fuzz_check(item->location == select->tokens->items[item->first_token].start);
		fuzz_check(strcmp(item->text, redshift_token_text(select->tokens, item->first_token,
														  item->end_token)) == 0);
		fuzz_check(!item->has_alias || item->name != NULL);
		fuzz_check(!item->is_star || (item->name == NULL && select->has_star));
	}
	foreach(lc, select->group_items)
	{
		const RedshiftGroupItem *item = lfirst(lc);

		fuzz_check(item->first_token >= last && item->end_token > item->first_token &&
				   item->end_token <= select->tokens->count);
		last = item->end_token;
	}
}

/*
 * After AS or a dot, the word order is a name; Redshift refuses such a query.
 */
static bool
ends_half_way(const char *text)
{
	RedshiftTokens *tokens = redshift_lex(redshift_strip(text));
	const RedshiftToken *last = &tokens->items[tokens->count - 1];

	return redshift_token_is(last, "as") || redshift_token_is_mark(last, '.');
}

void
fuzz_one(const uint8 *data, size_t size)
{
	FuzzInput	input = {data, size};
	Query		query = {fuzz_text(&input)};
	int			checked = fuzz_try(check, &query);
	int			parsed = fuzz_try(parse, &query);
	RedshiftSelect *ordered;

	fuzz_check(checked == 0 || checked == ERRCODE_SYNTAX_ERROR ||
			   checked == ERRCODE_FEATURE_NOT_SUPPORTED);
	fuzz_check(parsed == 0 || parsed == ERRCODE_STATEMENT_TOO_COMPLEX ||
			   (parsed == ERRCODE_SYNTAX_ERROR && checked == ERRCODE_SYNTAX_ERROR));
	if (parsed != 0)
		return;
	if (query.select != NULL)
	{
		fuzz_check(redshift_statement_count(query.text) == 1);
		check_ranges(query.select);
	}
	outline_check_same(query.select, parse_again(outline_spaced(query.text)), false);
	outline_check_same(query.select, parse_again(redshift_strip(query.text)), false);
	if (!redshift_takes_order(query.text))
		return;

	/* an order is appended only if the query has none */
	fuzz_check(query.select == NULL || !query.select->has_order_by);
	fuzz_check(query.select == NULL || !query.select->has_limit);
	ordered = parse_again(redshift_append_order(query.text, "ORDER BY 1 NULLS FIRST"));
	if (ends_half_way(query.text))
		return;
	outline_check_same(query.select, ordered, true);
}
