/*-------------------------------------------------------------------------
 *
 * key.c
 *		Finds the columns of a result that identify a row.
 *
 * Policy: the key of an aggregate consists of its GROUP BY expressions, if all
 * of them are in the result.  Either the text alone gives a certain answer, or
 * the answer is "no" with a sentence that tells why, so that the user names
 * the key: a key that is too narrow would fail later, with duplicates.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "redshift/lex.h"
#include "redshift/query.h"

static const char *const aggregate_words[] = {
	"any_value", "avg", "bit_and", "bit_or", "bool_and", "bool_or", "count", "hll",
	"hll_combine", "hll_create_sketch", "listagg", "max", "median", "min", "percentile_cont",
	"percentile_disc", "st_collect", "st_unionagg", "stddev", "stddev_pop", "stddev_samp", "sum",
	"var_pop", "var_samp", "variance", NULL
};

/* words that occur next to aggregates but are not columns */
static const char *const neutral_words[] = {
	"and", "as", "between", "case", "distinct", "else", "end", "false", "from", "ilike", "in",
	"interval", "is", "like", "not", "null", "or", "then", "true", "when",
	"year", "years", "quarter", "quarters", "month", "months", "week", "weeks", "day", "days",
	"hour", "hours", "minute", "minutes", "second", "seconds", "epoch", NULL
};

/*
 * The token after the call whose bracket opens at token open, and after its
 * WITHIN GROUP (...).
 */
static int
call_end(const RedshiftTokens *tokens, int open)
{
	const RedshiftToken *items = tokens->items;
	int			i = redshift_matching_token(tokens, open) + 1;

	if (i < tokens->count && redshift_token_is(&items[i], "within") &&
		redshift_token_is(&items[i + 1], "group") && redshift_token_is_mark(&items[i + 2], '('))
		i = redshift_matching_token(tokens, i + 2) + 1;
	return Min(i, tokens->count);
}

/* Is the call that ends before token i a window function? */
static bool
is_window_call(const RedshiftTokens *tokens, int i)
{
	const RedshiftToken *items = tokens->items;

	if (i + 1 < tokens->count && redshift_token_is(&items[i + 1], "nulls"))
		i += 2;
	return i < tokens->count && redshift_token_is(&items[i], "over");
}

/*
 * Is token i the name of one of these functions, followed by a bracket?  A
 * quoted name means the same function; a name in a schema other than
 * pg_catalog means another function, which is not an aggregate, because users
 * cannot create aggregates.
 */
static bool
is_call(const RedshiftTokens *tokens, int i, const char *const *words)
{
	const RedshiftToken *items = tokens->items;

	if (!redshift_token_is_name(&items[i]) || !redshift_token_is_mark(&items[i + 1], '('))
		return false;
	if (i > 0 && redshift_token_is_mark(&items[i - 1], '.') &&
		(i == 1 || strcmp(items[i - 2].text, "pg_catalog") != 0))
		return false;
	for (; *words != NULL; words++)
	{
		if (strcmp(items[i].text, *words) == 0)
			return true;
	}
	return false;
}

/* Does a subquery begin at token i, with its bracket? */
static bool
is_subquery(const RedshiftTokens *tokens, int i)
{
	return redshift_token_is_mark(&tokens->items[i], '(') &&
		(redshift_token_is(&tokens->items[i + 1], "select") ||
		 redshift_token_is(&tokens->items[i + 1], "with"));
}

/*
 * Do the tokens [first, end) call an aggregate that is neither a window function
 * nor inside a subquery?
 */
static bool
has_aggregate(const RedshiftTokens *tokens, int first, int end)
{
	for (int i = first; i < end; i++)
	{
		if (is_subquery(tokens, i))
			i = redshift_matching_token(tokens, i);
		else if (is_call(tokens, i, aggregate_words) &&
				 !is_window_call(tokens, call_end(tokens, i + 1)))
			return true;
	}
	return false;
}

/*
 * Does GROUP BY ALL group by this item of the select list?  Sets *why_not if
 * that is not certain: a window function is not a group, and it is not
 * documented whether the column of "a + sum(b)" is one.
 */
static bool
is_group_of_all(const RedshiftTokens *tokens, const RedshiftSelectItem *item, const char **why_not)
{
	const RedshiftToken *items = tokens->items;
	bool		aggregate = has_aggregate(tokens, item->first_token, item->end_token);

	for (int i = item->first_token; i < item->end_token; i++)
	{
		bool		name = redshift_token_is_name(&items[i]);

		if (is_subquery(tokens, i))
			i = redshift_matching_token(tokens, i);
		else if (redshift_token_is(&items[i], "over") && i > item->first_token &&
				 redshift_token_is_mark(&items[i + 1], '('))
		{
			*why_not = psprintf("The query groups by all and calls a window function: whether %s is a group is not certain.",
								redshift_excerpt(item->text, 60));
			return false;
		}
		else if (!aggregate)
			continue;
		else if (is_call(tokens, i, aggregate_words))
			i = call_end(tokens, i + 1) - 1;
		else if (name && i > item->first_token &&
				 (items[i - 1].kind == RS_TOKEN_CAST || redshift_token_is(&items[i - 1], "as")))
			continue;			/* a type */
		else if (name && !redshift_token_is_mark(&items[i + 1], '(') &&
				 !redshift_token_is_mark(&items[i + 1], '.') &&
				 !redshift_token_in(&items[i], neutral_words))
		{
			*why_not = psprintf("The query groups by all and %s holds an aggregate beside %s: whether that is a group is not certain.",
								redshift_excerpt(item->text, 60), items[i].text);
			return false;
		}
	}
	return !aggregate;
}

/* The end of the chain of names that begins at token i: a.b.c */
static int
chain_end(const RedshiftTokens *tokens, int i, int end)
{
	i++;
	while (i + 1 < end && redshift_token_is_mark(&tokens->items[i], '.') &&
		   redshift_token_is_name(&tokens->items[i + 1]))
		i += 2;
	return i;
}

/* Removes brackets that enclose the whole range. */
static void
unwrap(const RedshiftTokens *tokens, int *first, int *end)
{
	while (*end - *first > 2 && redshift_token_is_mark(&tokens->items[*first], '(') &&
		   redshift_matching_token(tokens, *first) == *end - 1)
	{
		(*first)++;
		(*end)--;
	}
}

/*
 * Are two ranges of tokens the same expression?  Case and blanks are ignored
 * and, if loose, so is the qualifier of a column that the other side omits.
 */
static bool
same_expression(const RedshiftTokens *tokens, int a, int a_end, int b, int b_end, bool loose)
{
	const RedshiftToken *items = tokens->items;

	unwrap(tokens, &a, &a_end);
	unwrap(tokens, &b, &b_end);
	while (a < a_end && b < b_end)
	{
		if (redshift_token_is_name(&items[a]) && redshift_token_is_name(&items[b]))
		{
			int			a_next = chain_end(tokens, a, a_end);
			int			b_next = chain_end(tokens, b, b_end);
			int			i = a_next - 1;
			int			j = b_next - 1;

			if (!loose && i - a != j - b)
				return false;
			for (; i >= a && j >= b; i -= 2, j -= 2)
			{
				if (strcmp(items[i].text, items[j].text) != 0)
					return false;
			}
			a = a_next;
			b = b_next;
		}
		else
		{
			if (items[a].kind != items[b].kind || strcmp(items[a].text, items[b].text) != 0)
				return false;
			a++;
			b++;
		}
	}
	return a == a_end && b == b_end;
}

/* Do the tokens [first, end) contain a name? */
static bool
mentions(const RedshiftTokens *tokens, int first, int end, const char *name)
{
	for (int i = first; i < end; i++)
	{
		if (redshift_token_is_name(&tokens->items[i]) &&
			strcmp(tokens->items[i].text, name) == 0)
			return true;
	}
	return false;
}

/*
 * The number of the select item (from 0) with the expression of an item of the
 * GROUP BY list; -1 if there is none.
 */
static int
find_expression(const RedshiftSelect *select, const RedshiftGroupItem *group, bool loose)
{
	ListCell   *lc;
	int			i = 0;

	foreach(lc, select->items)
	{
		RedshiftSelectItem *item = lfirst(lc);

		if (!item->is_star &&
			same_expression(select->tokens, item->first_token, item->end_token,
							group->first_token, group->end_token, loose))
			return i;
		i++;
	}
	return -1;
}

/*
 * The number of the select item (from 0) that an ordinal, an alias or an
 * expression of the GROUP BY list refers to; -1 and a reason if there is none.
 * Sets *loose if only one side has a qualifier: a.b and b may be the same
 * column or, if a has type SUPER, two columns.
 */
static int
find_group_item(const RedshiftSelect *select, const RedshiftGroupItem *group, bool *loose,
				const char **why_not)
{
	const RedshiftTokens *tokens = select->tokens;
	const RedshiftToken *token = &tokens->items[group->first_token];
	bool		single = group->end_token - group->first_token == 1;
	int			by_name = -1;
	int			names = 0;
	int			found;
	ListCell   *lc;
	int			i = 0;

	if (single && token->kind == RS_TOKEN_NUMBER)
	{
		int			ordinal = atoi(token->text);

		if (strspn(token->text, "0123456789") == strlen(token->text) &&
			strlen(token->text) < 6 && ordinal >= 1 && ordinal <= list_length(select->items))
			return ordinal - 1;
		*why_not = psprintf("GROUP BY %s is not the number of an item of the select list.",
							group->text);
		return -1;
	}

	/*
	 * as in PostgreSQL, a column of the table takes precedence over an alias
	 */
	found = find_expression(select, group, false);
	if (found >= 0)
		return found;
	found = find_expression(select, group, true);
	*loose = found >= 0;
	if (found >= 0)
		return found;
	foreach(lc, select->items)
	{
		RedshiftSelectItem *item = lfirst(lc);

		if (single && redshift_token_is_name(token) && item->has_alias &&
			strcmp(item->name, token->text) == 0)
		{
			by_name = i;
			names++;
		}
		i++;
	}

	if (names == 1)
	{
		RedshiftSelectItem *item = list_nth(select->items, by_name);

		if (!mentions(tokens, item->first_token, item->end_token, item->name))
			return by_name;
		*why_not = psprintf("GROUP BY %s may mean the column or the alias of %s.",
							group->text, redshift_excerpt(item->text, 60));
	}
	else if (names > 1)
		*why_not = psprintf("GROUP BY %s may mean several items of the select list.", group->text);
	else
		*why_not = psprintf("The query groups by %s, which is not in its select list.",
							redshift_excerpt(group->text, 60));
	return -1;
}

/*
 * The number of the only column of this name; -1 if there is none or several.
 */
static int
find_column(const char *name, const char *const *column_names, int ncolumns)
{
	int			found = -1;

	for (int i = 0; i < ncolumns; i++)
	{
		if (pg_strcasecmp(column_names[i], name) == 0)
		{
			if (found >= 0)
				return -1;
			found = i;
		}
	}
	return found;
}

/*
 * The number of the result column for an item of the GROUP BY list; -1 and a
 * reason if there is none.  If the select list contains a star, only a plain
 * column can be found, by its name.
 */
static int
find_group_column(const RedshiftSelect *select, const RedshiftGroupItem *group,
				  const char *const *column_names, int ncolumns, bool *loose,
				  const char **why_not)
{
	const RedshiftTokens *tokens = select->tokens;

	*loose = false;
	if (!select->has_star && !select->has_exclude)
		return find_group_item(select, group, loose, why_not);

	if (redshift_token_is_name(&tokens->items[group->first_token]) &&
		chain_end(tokens, group->first_token, group->end_token) == group->end_token)
	{
		const char *name = tokens->items[group->end_token - 1].text;
		int			column = find_column(name, column_names, ncolumns);
		ListCell   *lc;

		/* not another expression with the name of the column */
		foreach(lc, select->items)
		{
			RedshiftSelectItem *item = lfirst(lc);

			if (item->name != NULL && strcmp(item->name, name) == 0 &&
				!same_expression(tokens, item->first_token, item->end_token,
								 group->first_token, group->end_token, true))
				column = -1;
		}
		*loose = group->end_token - group->first_token > 1;
		if (column >= 0)
			return column;
	}
	*why_not = psprintf("The select list holds %s, so the column of GROUP BY %s is not certain.",
						select->has_star ? "a star" : "EXCLUDE", redshift_excerpt(group->text, 60));
	return -1;
}

/* Adds a result column to the key; false and a reason if its name is not unique. */
static bool
add_key_column(List **key, int column, const char *const *column_names, int ncolumns,
			   const char **why_not)
{
	ListCell   *lc;

	if (find_column(column_names[column], column_names, ncolumns) != column)
	{
		*why_not = psprintf("Several columns of the result are called \"%s\".",
							column_names[column]);
		return false;
	}
	foreach(lc, *key)
	{
		if (strcmp(lfirst(lc), column_names[column]) == 0)
			return true;
	}
	*key = lappend(*key, pstrdup(column_names[column]));
	return true;
}

/* The key by GROUP BY; NIL and a reason if there is none. */
static List *
key_of_groups(const RedshiftSelect *select, const char *const *column_names, int ncolumns,
			  const char **why_not)
{
	List	   *key = NIL;
	List	   *columns = NIL;	/* of the result, one for each group */
	List	   *loose_columns = NIL;
	ListCell   *lc;
	int			i = 0;

	if (select->has_grouping_sets)
	{
		*why_not = "With grouping sets a NULL in a column may mean a group or all groups.";
		return NIL;
	}
	if (!select->has_star && !select->has_exclude && list_length(select->items) != ncolumns)
	{
		*why_not = psprintf("The select list has %d items, the result has %d columns.",
							list_length(select->items), ncolumns);
		return NIL;
	}

	if (select->has_group_by_all)
	{
		if (select->has_star || select->has_exclude)
		{
			*why_not = psprintf("The select list holds %s, so the columns of GROUP BY ALL are not certain.",
								select->has_star ? "a star" : "EXCLUDE");
			return NIL;
		}
		foreach(lc, select->items)
		{
			if (is_group_of_all(select->tokens, lfirst(lc), why_not))
				add_key_column(&key, i, column_names, ncolumns, why_not);
			if (*why_not != NULL)
				return NIL;
			i++;
		}
	}
	foreach(lc, select->group_items)
	{
		RedshiftGroupItem *group = lfirst(lc);
		bool		loose;
		int			column = find_group_column(select, group, column_names, ncolumns, &loose,
											   why_not);

		if (column >= 0 && list_member_int(columns, column) &&
			(loose || list_member_int(loose_columns, column)))
		{
			*why_not = psprintf("GROUP BY %s may mean another column than \"%s\", which the query groups by too.",
								redshift_excerpt(group->text, 60), column_names[column]);
			return NIL;
		}
		columns = lappend_int(columns, column);
		if (loose)
			loose_columns = lappend_int(loose_columns, column);
		if (column < 0 || !add_key_column(&key, column, column_names, ncolumns, why_not))
			return NIL;
	}
	if (key == NIL)
		*why_not = "The query returns one row: nothing in it groups by a column.";
	return key;
}

/*
 * redshift_infer_key
 *		The names of the result columns that identify a row, as a List of
 *		char *, in the order of GROUP BY; for SELECT DISTINCT all columns.
 *
 * column_names are the names of all result columns as Redshift describes them.
 * If there is no certain key, the result is NIL and *why_not is a full sentence
 * for errdetail; otherwise *why_not is NULL.  select may be NULL (a query that
 * could not be understood).  Allocated in the current memory context.
 */
List *
redshift_infer_key(const RedshiftSelect *select, const char *const *column_names, int ncolumns,
				   const char **why_not)
{
	List	   *key = NIL;
	bool		aggregates = false;
	ListCell   *lc;

	*why_not = NULL;
	if (select == NULL)
	{
		*why_not = "The query could not be understood.";
		return NIL;
	}
	if (select->has_setop)
	{
		*why_not = "The query is a set operation: its parts may return the same group.";
		return NIL;
	}
	if (select->has_distinct_on)
	{
		*why_not = "The query uses DISTINCT ON.";
		return NIL;
	}

	if (select->has_group_by)
	{
		key = key_of_groups(select, column_names, ncolumns, why_not);
		if (key != NIL || !select->has_distinct)
			return key;
	}
	if (select->has_distinct)
	{
		*why_not = NULL;
		if (select->has_exclude)
		{
			*why_not = "The select list holds EXCLUDE, so what DISTINCT compares is not certain.";
			return NIL;
		}
		for (int i = 0; i < ncolumns; i++)
		{
			if (!add_key_column(&key, i, column_names, ncolumns, why_not))
				return NIL;
		}
		return key;
	}

	foreach(lc, select->items)
	{
		RedshiftSelectItem *item = lfirst(lc);

		aggregates |= has_aggregate(select->tokens, item->first_token, item->end_token);
	}
	if (aggregates || select->has_having)
		*why_not = "The query has no GROUP BY and returns one row; "
			"use method => 'replace', or add a constant column as the key.";
	else
		*why_not = "The query has no GROUP BY.";
	return NIL;
}
