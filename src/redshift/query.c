/*-------------------------------------------------------------------------
 *
 * query.c
 *		Checks that a text is one query, and finds its outline.
 *
 * Policy: Redshift checks its own SQL.  Only texts that would do something
 * other than return rows (two statements, a command, SELECT INTO) are refused
 * here, and only the clauses of the outermost SELECT are read.  If the outline
 * is not clear, the answer is "unknown" (NULL), never a guess: a wrong key
 * would silently merge rows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/formatting.h"

#include "redshift/lex.h"
#include "redshift/query.h"

/* words that begin a query; other statements of Redshift are commands */
static const char *const query_words[] = {
	"select", "with", "show", "explain", "table", NULL
};

static const char *const command_words[] = {
	"abort", "alter", "analyze", "analyse", "attach", "begin", "call", "cancel", "close",
	"comment", "commit", "copy", "create", "deallocate", "declare", "delete", "desc", "describe",
	"detach", "drop", "end", "execute", "fetch", "grant", "insert", "lock", "merge", "move",
	"prepare", "refresh", "reset", "revoke", "rollback", "savepoint", "set", "start",
	"truncate", "unload", "update", "use", "vacuum", NULL
};

static const char *const setop_words[] = {
	"union", "intersect", "except", "minus", NULL
};

/* words that end the select list or a later clause of a SELECT */
static const char *const clause_words[] = {
	"from", "into", "where", "having", "qualify", "limit", "offset",
	"union", "intersect", "except", "minus", "for", NULL
};

/*
 * words after which an expression continues, so that no alias can follow them
 */
static const char *const continuing_words[] = {
	"and", "or", "not", "in", "is", "isnull", "notnull", "like", "ilike", "similar", "to",
	"between", "escape", "case", "when", "then", "else", "as", "zone", "distinct", "all",
	"any", "some", "over", "using", "at", "by", "on", "collate", "prior", "interval", NULL
};

/* words that end an expression themselves */
static const char *const closing_words[] = {
	"end", "null", "true", "false", "unknown", "precision", "varying", "zone", "isnull",
	"notnull", NULL
};

static const char *const interval_words[] = {
	"year", "years", "month", "months", "day", "days", "hour", "hours", "minute", "minutes",
	"second", "seconds", "week", "weeks", NULL
};

/*
 * Can token i be a key word?  After AS, after a dot and before a dot, any word
 * is a name.
 */
static bool
is_keyword_place(const RedshiftTokens *tokens, int i)
{
	const RedshiftToken *items = tokens->items;

	if (i > 0 && (redshift_token_is(&items[i - 1], "as") ||
				  redshift_token_is_mark(&items[i - 1], '.')))
		return false;
	return !redshift_token_is_mark(&items[i + 1], '.');
}

static bool
is_keyword(const RedshiftTokens *tokens, int i, const char *word)
{
	return redshift_token_is(&tokens->items[i], word) && is_keyword_place(tokens, i);
}

static bool
is_clause(const RedshiftTokens *tokens, int i)
{
	const RedshiftToken *items = tokens->items;

	if (!is_keyword_place(tokens, i))
		return false;
	if (redshift_token_in(&items[i], clause_words))
		return true;

	/*
	 * words that are key words only in pairs; WITHIN GROUP (...) is not a
	 * clause
	 */
	if (redshift_token_is(&items[i + 1], "by"))
		return redshift_token_is(&items[i], "group") || redshift_token_is(&items[i], "order") ||
			redshift_token_is(&items[i], "connect");
	if (redshift_token_is(&items[i], "order"))
		return redshift_token_is(&items[i + 1], "siblings") && redshift_token_is(&items[i + 2], "by");
	return redshift_token_is(&items[i], "start") && redshift_token_is(&items[i + 1], "with");
}

/*
 * The index of the first token after WITH and its queries, for i at WITH; -1
 * if the list is malformed.
 */
static int
skip_with(const RedshiftTokens *tokens, int i)
{
	const RedshiftToken *items = tokens->items;

	i++;
	if (redshift_token_is(&items[i], "recursive") && redshift_token_is_name(&items[i + 1]))
		i++;
	for (;;)
	{
		if (!redshift_token_is_name(&items[i]))
			return -1;
		i++;
		if (redshift_token_is_mark(&items[i], '('))
			i = redshift_matching_token(tokens, i) + 1;
		if (i >= tokens->count || !redshift_token_is(&items[i], "as"))
			return -1;
		i++;
		if (!redshift_token_is_mark(&items[i], '('))
			return -1;
		i = redshift_matching_token(tokens, i) + 1;
		if (i >= tokens->count)
			return -1;
		if (!redshift_token_is_mark(&items[i], ','))
			return i;
		i++;
	}
}

/*
 * The token that determines the kind of the statement at token i: the first
 * after opening brackets and WITH.
 */
static int
main_token(const RedshiftTokens *tokens, int i)
{
	for (;;)
	{
		if (redshift_token_is_mark(&tokens->items[i], '('))
			i++;
		else if (redshift_token_is(&tokens->items[i], "with"))
		{
			int			next = skip_with(tokens, i);

			if (next < 0)
				return i;
			i = next;
		}
		else
			return i;
	}
}

static void
check_one_statement(const RedshiftTokens *tokens)
{
	bool		ended = false;
	bool		begun = false;

	for (int i = 0; i < tokens->count; i++)
	{
		const RedshiftToken *token = &tokens->items[i];

		if (redshift_token_is_mark(token, ';'))
			ended = begun;
		else if (ended)
			ereport(ERROR,
					(errcode(ERRCODE_SYNTAX_ERROR),
					 errmsg("the query holds more than one statement"),
					 errdetail("The second statement begins at %s: %s",
							   redshift_locate(tokens->query, token->start),
							   redshift_excerpt(tokens->query + token->start, 60)),
					 errhint("Pass one query; use rsfed.execute() for commands, one call for each.")));
		else
			begun = true;
	}
	if (!begun)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("the query is empty"),
				 errhint("Pass a SELECT in the SQL of Redshift.")));
}

/*
 * redshift_check_query
 *		Makes sure that a text is exactly one statement that returns rows.
 *
 * Raises 42601 for an empty text, for several statements and for text that is
 * not a statement, 0A000 for commands and SELECT INTO, and the errors of
 * redshift_lex.  Semicolons at the ends are allowed.
 */
void
redshift_check_query(const char *query)
{
	RedshiftTokens *tokens = redshift_lex(redshift_strip(query));
	const RedshiftToken *token;

	check_one_statement(tokens);
	token = &tokens->items[main_token(tokens, 0)];

	/* EXPLAIN shows the plan of any statement, but ANALYZE would run it */
	if (redshift_token_is(token, "explain"))
	{
		if (!redshift_token_is(token + 1, "analyze") && !redshift_token_is(token + 1, "analyse"))
			return;
		token += redshift_token_is(token + 2, "verbose") ? 3 : 2;
		token = &tokens->items[main_token(tokens, token - tokens->items)];
	}

	if (redshift_token_in(token, command_words))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("a query is needed, not %s", asc_toupper(token->text, strlen(token->text))),
				 errdetail("The statement is: %s", redshift_excerpt(tokens->query, 60)),
				 errhint("Use rsfed.execute() for commands that return no rows.")));
	if (!redshift_token_in(token, query_words))
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("a query must begin with SELECT or WITH"),
				 errdetail("At %s stands: %s",
						   redshift_locate(tokens->query, token->start),
						   token->kind == RS_TOKEN_END ? "nothing" :
						   redshift_excerpt(tokens->query + token->start, 60)),
				 errhint("Pass a SELECT; use rsfed.execute() for commands that return no rows.")));

	for (int i = token - tokens->items; i < tokens->count; i++)
	{
		if (is_keyword(tokens, i, "into"))
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("a query is needed, not SELECT INTO"),
					 errdetail("INTO at %s would create a table in Redshift.",
							   redshift_locate(tokens->query, tokens->items[i].start)),
					 errhint("Leave INTO out, or use rsfed.execute().")));
	}
}

/* Can an expression end with token i, so that a bare alias may follow? */
static bool
ends_expression(const RedshiftTokens *tokens, int i)
{
	const RedshiftToken *token = &tokens->items[i];

	switch (token->kind)
	{
		case RS_TOKEN_WORD:
			/* a type */
			if (i > 0 && tokens->items[i - 1].kind == RS_TOKEN_CAST)
				return true;
			/*
			 * AT TIME ZONE continues an expression, WITH TIME ZONE is a type
			 */
			if (i > 1 && redshift_token_is(token, "zone") &&
				redshift_token_is(&tokens->items[i - 2], "at"))
				return false;
			return redshift_token_in(token, closing_words) ||
				!is_keyword_place(tokens, i) ||
				!redshift_token_in(token, continuing_words);
		case RS_TOKEN_QUOTED:
		case RS_TOKEN_STRING:
		case RS_TOKEN_NUMBER:
		case RS_TOKEN_PARAMETER:
		case RS_TOKEN_PLACEHOLDER:
			return true;
		default:
			return redshift_token_is_mark(token, ')') || redshift_token_is_mark(token, ']');
	}
}

/* Are the tokens [first, end) only "*" or "t.*"? */
static bool
is_star(const RedshiftTokens *tokens, int first, int end)
{
	const RedshiftToken *last = &tokens->items[end - 1];

	return end > first && last->kind == RS_TOKEN_OPERATOR && strcmp(last->text, "*") == 0 &&
		(end - first == 1 || redshift_token_is_mark(&tokens->items[end - 2], '.'));
}

/*
 * Does the clause EXCLUDE begin at token i, after a select item that begins at
 * token first?  The word is not reserved: it is a column or an alias unless an
 * item can end before it and names follow it.
 */
static bool
is_exclude(const RedshiftTokens *tokens, int first, int i)
{
	const RedshiftToken *next = &tokens->items[i + 1];

	if (i <= first || !is_keyword(tokens, i, "exclude") ||
		!(is_star(tokens, first, i) || ends_expression(tokens, i - 1)))
		return false;
	return redshift_token_is_mark(next, '(') ||
		(redshift_token_is_name(next) && !is_clause(tokens, i + 1));
}

/*
 * The token after the columns of EXCLUDE, for i at that word: (a, b), or names
 * up to the end of the select list; -1 if they are not names.
 */
static int
skip_exclude(const RedshiftTokens *tokens, int i, int end)
{
	const RedshiftToken *items = tokens->items;

	i++;
	if (redshift_token_is_mark(&items[i], '('))
		return redshift_matching_token(tokens, i) + 1;
	while (i < end && redshift_token_is_name(&items[i]))
	{
		i++;
		if (i >= end || !redshift_token_is_mark(&items[i], ','))
			return i;
		i++;
	}
	return -1;
}

/* Is the last token of [first, end) an alias without AS? */
static bool
has_bare_alias(const RedshiftTokens *tokens, int first, int end)
{
	const RedshiftToken *items = tokens->items;
	const RedshiftToken *last = &items[end - 1];

	if (end - first < 2 || !redshift_token_is_name(last))
		return false;
	if (last->kind == RS_TOKEN_QUOTED)
		return ends_expression(tokens, end - 2);
	if (redshift_token_in(last, closing_words) || !ends_expression(tokens, end - 2))
		return false;

	/* interval '1' day, interval '1' day to second */
	if (end - first >= 3 && redshift_token_in(last, interval_words) &&
		items[end - 2].kind == RS_TOKEN_STRING && redshift_token_is(&items[end - 3], "interval"))
		return false;

	/*
	 * x IS NOT NULL and similar ends were handled above; x::interval year to
	 * month
	 */
	return !redshift_token_is(&items[end - 2], "to");
}

/* Splits an item of the select list, tokens [first, end), from its alias. */
static RedshiftSelectItem *
make_item(const RedshiftTokens *tokens, int first, int end)
{
	const RedshiftToken *items = tokens->items;
	RedshiftSelectItem *item = palloc0(sizeof(RedshiftSelectItem));
	const RedshiftToken *last = &items[end - 1];

	item->first_token = first;
	item->last_token = end;
	item->end_token = end;
	item->location = items[first].start;

	if (is_star(tokens, first, end))
		item->is_star = true;
	else if (end - first >= 3 && redshift_token_is_name(last) &&
			 redshift_token_is(&items[end - 2], "as"))
	{
		item->has_alias = true;
		item->end_token = end - 2;
	}
	else if (has_bare_alias(tokens, first, end))
	{
		item->has_alias = true;
		item->end_token = end - 1;
	}

	/* an alias, or a column with or without qualifiers */
	if (item->has_alias)
		item->name = last->text;
	else if (redshift_token_is_name(last) && !redshift_token_in(last, closing_words) &&
			 (end - first == 1 || redshift_token_is_mark(&items[end - 2], '.')))
	{
		bool		plain = true;

		for (int i = first; i < end; i++)
		{
			if ((i - first) % 2 == 0 ? !redshift_token_is_name(&items[i]) :
				!redshift_token_is_mark(&items[i], '.'))
				plain = false;
		}
		if (plain)
			item->name = last->text;
	}

	/* a star followed by unknown text */
	item->is_star |= items[first].kind == RS_TOKEN_OPERATOR && items[first].text[0] == '*';
	for (int i = first; i + 1 < end; i++)
		item->is_star |= is_star(tokens, i, i + 2) && redshift_token_is_mark(&items[i], '.');
	if (item->is_star)
	{
		item->name = NULL;
		item->has_alias = false;
		item->end_token = end;
	}
	item->text = redshift_token_text(tokens, first, item->end_token);
	return item;
}

/*
 * Adds an item of the GROUP BY list, tokens [first, end); brackets around it
 * are removed, and a list in brackets adds several items.
 */
static void
add_group_item(RedshiftSelect *select, int first, int end)
{
	const RedshiftTokens *tokens = select->tokens;
	const RedshiftToken *items = tokens->items;
	RedshiftGroupItem *item;

	check_stack_depth();
	if (end <= first)
		return;
	if ((redshift_token_is(&items[first], "grouping") && redshift_token_is(&items[first + 1], "sets")) ||
		((redshift_token_is(&items[first], "rollup") || redshift_token_is(&items[first], "cube")) &&
		 redshift_token_is_mark(&items[first + 1], '(')))
	{
		select->has_grouping_sets = true;
		return;
	}
	if (end - first == 1 && redshift_token_is(&items[first], "all"))
	{
		select->has_group_by_all = true;
		return;
	}
	if (redshift_token_is_mark(&items[first], '(') &&
		redshift_matching_token(tokens, first) == end - 1 &&
		!redshift_token_is(&items[first + 1], "select"))
	{
		int			begin = first + 1;

		for (int i = begin; i < end; i++)
		{
			if (i == end - 1 ||
				(redshift_token_is_mark(&items[i], ',') && items[i].depth == items[first].depth + 1))
			{
				add_group_item(select, begin, i);
				begin = i + 1;
			}
		}
		return;
	}

	item = palloc0(sizeof(RedshiftGroupItem));
	item->first_token = first;
	item->end_token = end;
	item->text = redshift_token_text(tokens, first, end);
	select->group_items = lappend(select->group_items, item);
}

/*
 * Reads the select list from token i; returns the token after it, -1 if it is
 * malformed.
 */
static int
parse_items(RedshiftSelect *select, int i, int end)
{
	const RedshiftTokens *tokens = select->tokens;
	const RedshiftToken *items = tokens->items;
	int			depth = items[i - 1].depth;
	int			first = i;

	for (;; i++)
	{
		bool		at_end = i >= end || (items[i].depth == depth && is_clause(tokens, i));
		bool		excludes = !at_end && items[i].depth == depth && is_exclude(tokens, first, i);

		if (at_end || excludes ||
			(items[i].depth == depth && redshift_token_is_mark(&items[i], ',')))
		{
			RedshiftSelectItem *item;

			if (i == first)
				return -1;
			item = make_item(tokens, first, i);
			select->has_star |= item->is_star;
			select->items = lappend(select->items, item);
			if (excludes)
			{
				select->has_exclude = true;
				i = skip_exclude(tokens, i, end);
				if (i < 0)
					return -1;
				at_end = i >= end || is_clause(tokens, i);
				if (!at_end && !redshift_token_is_mark(&items[i], ','))
					return -1;
			}
			first = i + 1;
		}
		if (at_end)
			return i;
	}
}

/* Reads the options between SELECT and the list; returns the next token. */
static int
parse_select_options(RedshiftSelect *select, int i)
{
	const RedshiftTokens *tokens = select->tokens;
	const RedshiftToken *items = tokens->items;

	for (;;)
	{
		if (redshift_token_is(&items[i], "all"))
			i++;
		else if (redshift_token_is(&items[i], "distinct"))
		{
			select->has_distinct = true;
			i++;
			if (redshift_token_is(&items[i], "on") && redshift_token_is_mark(&items[i + 1], '('))
			{
				select->has_distinct_on = true;
				i = redshift_matching_token(tokens, i + 1) + 1;
			}
		}
		else if (redshift_token_is(&items[i], "top") &&
				 (items[i + 1].kind == RS_TOKEN_NUMBER ||
				  items[i + 1].kind == RS_TOKEN_PLACEHOLDER ||
				  items[i + 1].kind == RS_TOKEN_PARAMETER))
		{
			select->has_limit = true;
			select->limit_token = i;
			i += 2;
		}
		else
			return Min(i, tokens->count);
	}
}

/* Records the clauses after the select list, up to token end at this depth. */
static void
parse_clauses(RedshiftSelect *select, int i, int end, int depth)
{
	const RedshiftTokens *tokens = select->tokens;
	const RedshiftToken *items = tokens->items;

	for (; i < end; i++)
	{
		if (items[i].depth != depth || !is_keyword_place(tokens, i))
			continue;
		if (redshift_token_in(&items[i], setop_words))
			select->has_setop = true;
		else if (redshift_token_is(&items[i], "order") && is_clause(tokens, i))
			select->has_order_by = true;
		else if (redshift_token_is(&items[i], "limit"))
		{
			select->has_limit = true;
			select->limit_token = i;
		}

		/* the other clauses belong to the first SELECT of a set operation */
		else if (select->has_setop)
			continue;
		else if (redshift_token_is(&items[i], "from"))
			select->has_from = true;
		else if (redshift_token_is(&items[i], "having"))
			select->has_having = true;
		else if (redshift_token_is(&items[i], "group") && redshift_token_is(&items[i + 1], "by"))
		{
			int			first = i + 2;

			select->has_group_by = true;
			for (i = first;; i++)
			{
				bool		at_end = i >= end || (items[i].depth == depth && is_clause(tokens, i));

				if (at_end ||
					(items[i].depth == depth && redshift_token_is_mark(&items[i], ',')))
				{
					add_group_item(select, first, i);
					first = i + 1;
				}
				if (at_end)
					break;
			}
			i--;
		}
	}
}

/* Reads the query in tokens [i, end); false if it cannot be understood. */
static bool
parse_range(RedshiftSelect *select, int i, int end)
{
	const RedshiftTokens *tokens = select->tokens;
	const RedshiftToken *items = tokens->items;
	int			depth;

	check_stack_depth();
	if (i < end && redshift_token_is(&items[i], "with"))
	{
		select->has_with = true;
		i = skip_with(tokens, i);
		if (i < 0)
			return false;
	}
	if (i >= end)
		return false;
	depth = items[i].depth;

	if (redshift_token_is_mark(&items[i], '('))
	{
		int			close = redshift_matching_token(tokens, i);

		/* (select ...) [union ...] [order by ...] [limit ...] */
		if (close >= end || !parse_range(select, i + 1, close))
			return false;
		parse_clauses(select, close + 1, end, depth);
		return true;
	}
	if (!redshift_token_is(&items[i], "select"))
		return false;

	i = parse_select_options(select, i + 1);
	if (i >= end)
		return false;
	i = parse_items(select, i, end);
	if (i < 0)
		return false;
	parse_clauses(select, i, end, depth);
	return true;
}

/*
 * redshift_parse_select
 *		The outline of the outermost SELECT of a query, or NULL if it cannot be
 *		understood: not a SELECT, brackets that do not match, more than one
 *		statement.
 *
 * Tokens keep the offsets of the text that was passed.  Everything is
 * allocated in the current memory context.  Raises the errors of redshift_lex.
 */
RedshiftSelect *
redshift_parse_select(const char *query)
{
	RedshiftSelect *select = palloc0(sizeof(RedshiftSelect));
	RedshiftTokens *tokens = redshift_lex(query);
	const RedshiftToken *items = tokens->items;
	int			first = 0;
	int			end = tokens->count;
	int			open = 0;

	select->tokens = tokens;
	select->limit_token = -1;
	while (end > 0 && redshift_token_is_mark(&items[end - 1], ';'))
		end--;
	while (first < end && redshift_token_is_mark(&items[first], ';'))
		first++;
	for (int i = first; i < end; i++)
	{
		if (redshift_token_is_mark(&items[i], ';'))
			return NULL;
		if (redshift_token_is_mark(&items[i], '(') || redshift_token_is_mark(&items[i], '['))
			open++;
		if (redshift_token_is_mark(&items[i], ')') || redshift_token_is_mark(&items[i], ']'))
			open--;
		if (open < 0)
			return NULL;
	}
	if (open != 0 || !parse_range(select, first, end))
		return NULL;
	return select;
}
