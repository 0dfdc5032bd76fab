/*-------------------------------------------------------------------------
 *
 * lint.c
 *		Finds expressions that Redshift computes in an unexpected way.
 *
 * Policy: only silently wrong or unstable results are reported; errors are
 * left to Redshift.  A WARNING needs evidence in the text or in the type of
 * the result column; a finding that depends on unknown types is a NOTE.  A
 * size, a cast or a literal with a fraction shows that the author has
 * considered it, and silences the check.  Names count only if they cannot be
 * anything else: now is a function before a bracket, a type is a type after ::
 * or in CAST.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "redshift/lex.h"
#include "redshift/lint.h"
#include "redshift/query.h"
#include "redshift/quote.h"
#include "redshift/types.h"

typedef struct Linter
{
	const RedshiftSelect *select;
	const RedshiftTokens *tokens;
	const RedshiftToken *items; /* of tokens */
	const char *const *names;
	const Oid  *types;			/* NULL: not known */
	const int32 *typmods;
	int			ncolumns;
	bool		mapped;			/* item i of the select list is column i */
	bool		has_from;		/* anywhere in the query */
	List	   *result;
} Linter;

static const char *const decimal_words[] = {"decimal", "numeric", "dec", NULL};
static const char *const varchar_words[] = {"text", "varchar", "nvarchar", NULL};
static const char *const char_words[] = {"char", "character", "nchar", NULL};
static const char *const integer_words[] = {
	"int", "integer", "bigint", "smallint", "int2", "int4", "int8", NULL
};
static const char *const fraction_words[] = {
	"decimal", "numeric", "dec", "float", "float4", "float8", "double", "real", NULL
};

/* functions of the leader node that are called with brackets */
static const char *const leader_functions[] = {
	"now", "age", "timeofday", "isfinite", "current_schema", "current_schemas", "version",
	"has_database_privilege", "has_schema_privilege", "has_table_privilege", "get_bit", "get_byte",
	"set_bit", "set_byte", "to_ascii", "generate_series", NULL
};

/* functions of the leader node without brackets; all are reserved words */
static const char *const leader_words[] = {
	"current_time", "current_timestamp", "localtime", "localtimestamp", NULL
};

static const char *const clock_words[] = {
	"now", "timeofday", "current_time", "current_timestamp", "localtime", "localtimestamp", NULL
};

static const char *const collate_words[] = {"collate", NULL};
static const char *const trim_words[] = {"rtrim", "trim", "btrim", NULL};

/* these return no trailing blanks unless their input has them */
static const char *const steady_words[] = {
	"to_char", "md5", "sha", "sha1", "sha2", "func_sha1", "to_hex", "date_part_name", NULL
};

static bool
same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* The finding with this cause in this column, or NULL. */
static RedshiftLint *
find_lint(const Linter *linter, RedshiftLintSeverity severity, const char *column,
		  const char *problem)
{
	ListCell   *lc;

	foreach(lc, linter->result)
	{
		RedshiftLint *lint = lfirst(lc);

		if (lint->severity == severity && same_text(lint->column, column) &&
			strcmp(lint->problem, problem) == 0)
			return lint;
	}
	return NULL;
}

/* Is a rewrite in a text of joined rewrites? */
static bool
has_rewrite(const char *joined, const char *rewrite)
{
	size_t		length = strlen(rewrite);

	for (const char *at = joined; (at = strstr(at, rewrite)) != NULL; at++)
	{
		if ((at == joined || (at - joined >= 2 && strncmp(at - 2, "; ", 2) == 0)) &&
			(at[length] == '\0' || strncmp(at + length, "; ", 2) == 0))
			return true;
	}
	return false;
}

/*
 * Notes a problem at a token.  A cause that occurs more than once in a column
 * is reported once, with all its replacements.
 */
static void
add_lint(Linter *linter, RedshiftLintSeverity severity, const char *column, int token,
		 const char *problem, const char *rewrite)
{
	RedshiftLint *lint = find_lint(linter, severity, column, problem);

	if (lint != NULL)
	{
		if (lint->rewrite == NULL)
			lint->rewrite = rewrite;
		else if (rewrite != NULL && !has_rewrite(lint->rewrite, rewrite))
			lint->rewrite = psprintf("%s; %s", lint->rewrite, rewrite);
		return;
	}
	lint = palloc0(sizeof(RedshiftLint));
	lint->severity = severity;
	lint->column = column ? pstrdup(column) : NULL;
	lint->problem = problem;
	lint->rewrite = rewrite;
	lint->location = linter->items[token].start;
	linter->result = lappend(linter->result, lint);
}

/*
 * The number of the outermost select item that contains a token; -1 if there
 * is none.
 */
static int
item_of_token(const Linter *linter, int token)
{
	ListCell   *lc;
	int			i = 0;

	foreach(lc, linter->select->items)
	{
		RedshiftSelectItem *item = lfirst(lc);

		if (token >= item->first_token && token < item->end_token)
			return i;
		i++;
	}
	return -1;
}

/* The result column that a token belongs to, or NULL. */
static const char *
column_of_token(const Linter *linter, int token)
{
	int			item = item_of_token(linter, token);

	if (item < 0)
		return NULL;
	if (linter->mapped)
		return linter->names[item];
	return ((RedshiftSelectItem *) list_nth(linter->select->items, item))->name;
}

/* The type of the column that a token belongs to; InvalidOid if not known. */
static Oid
type_of_token(const Linter *linter, int token)
{
	int			item = item_of_token(linter, token);

	if (item < 0 || !linter->mapped || linter->types == NULL)
		return InvalidOid;
	return linter->types[item];
}

/*
 * Is token i a call of one of these functions, without a schema or in
 * pg_catalog?
 */
static bool
is_call(const Linter *linter, int i, const char *const *words)
{
	const RedshiftToken *items = linter->items;

	if (!redshift_token_in(&items[i], words) || !redshift_token_is_mark(&items[i + 1], '('))
		return false;
	if (i == 0 || !redshift_token_is_mark(&items[i - 1], '.'))
		return true;
	return i >= 2 && redshift_token_is(&items[i - 2], "pg_catalog");
}

/*
 * Is token i a word that is not a name, that is, neither qualified nor an
 * alias?
 */
static bool
is_bare_word(const Linter *linter, int i, const char *const *words)
{
	const RedshiftToken *items = linter->items;

	return redshift_token_in(&items[i], words) &&
		!redshift_token_is_mark(&items[i + 1], '.') &&
		(i == 0 || !(redshift_token_is_mark(&items[i - 1], '.') ||
					 redshift_token_is(&items[i - 1], "as")));
}

/*
 * Is token i the name of a type that a value is cast to?  Sets *operand to the
 * token that is cast, or to -1 if that is more than one token.
 */
static bool
is_cast_type(const Linter *linter, int i, int *operand)
{
	const RedshiftToken *items = linter->items;
	int			open = -1;

	*operand = -1;
	if (items[i].kind != RS_TOKEN_WORD || i == 0)
		return false;
	if (items[i - 1].kind == RS_TOKEN_CAST)
	{
		if (i >= 2 && items[i - 2].kind != RS_TOKEN_PUNCTUATION &&
			(i < 3 || (items[i - 3].kind != RS_TOKEN_CAST &&
					   !redshift_token_is_mark(&items[i - 3], '.'))))
			*operand = i - 2;
		return true;
	}

	/* convert(type, x) */
	if (i >= 2 && redshift_token_is_mark(&items[i - 1], '(') &&
		redshift_token_is(&items[i - 2], "convert"))
	{
		int			close = redshift_matching_token(linter->tokens, i - 1);

		if (close >= i + 3 && redshift_token_is_mark(&items[close - 2], ',') &&
			items[close - 2].depth == items[i].depth)
			*operand = close - 1;
		return true;
	}

	/* cast(x as type) and try_cast(x as type) */
	if (!redshift_token_is(&items[i - 1], "as") || items[i].depth == 0)
		return false;
	for (open = i - 1; open >= 0; open--)
	{
		if (items[open].depth < items[i].depth)
			break;
	}
	if (open < 1 || !(redshift_token_is(&items[open - 1], "cast") ||
					  redshift_token_is(&items[open - 1], "try_cast")))
		return false;
	if (open == i - 3)
		*operand = i - 2;
	return true;
}

/* Do the tokens [first, end) contain a cast to one of these types? */
static bool
has_cast(const Linter *linter, int first, int end, const char *const *words)
{
	int			operand;

	for (int i = first; i < end; i++)
	{
		if (redshift_token_in(&linter->items[i], words) && is_cast_type(linter, i, &operand))
			return true;
	}
	return false;
}

/*
 * Do the tokens [first, end) contain a literal with a fraction, or a cast to a
 * type with a fraction?
 */
static bool
has_fraction(const Linter *linter, int first, int end)
{
	for (int i = first; i < end; i++)
	{
		if (linter->items[i].kind == RS_TOKEN_NUMBER &&
			strpbrk(linter->items[i].text, ".eE") != NULL)
			return true;
	}
	return has_cast(linter, first, end, fraction_words);
}

/* avg(x): Redshift keeps no more decimal digits than its argument has. */
static void
lint_average(Linter *linter, int i)
{
	static const char *const average[] = {"avg", NULL};
	const RedshiftToken *items = linter->items;
	const char *column;
	RedshiftKind kind;
	char	   *rewrite;
	char	   *argument;
	char	   *operand;
	int			item;
	int			first = i + 2;
	int			close;
	bool		distinct;

	if (!is_call(linter, i, average))
		return;
	column = column_of_token(linter, i);
	item = item_of_token(linter, i);
	close = redshift_matching_token(linter->tokens, i + 1);
	if (has_fraction(linter, first, close))
		return;

	distinct = redshift_token_is(&items[first], "distinct");
	if (distinct)
		first++;
	argument = redshift_token_text(linter->tokens, first, close);
	operand = argument;
	for (int j = first; j < close; j++)
	{
		if (items[j].kind == RS_TOKEN_OPERATOR || redshift_token_is(&items[j], "case"))
		{
			operand = psprintf("(%s)", argument);
			break;
		}
	}
	rewrite = psprintf("avg(%s%s::decimal(38,4))", distinct ? "distinct " : "", operand);

	/* inside a subquery the type of the result tells nothing */
	if (item >= 0 && linter->mapped && linter->types != NULL)
	{
		RedshiftSelectItem *select_item = list_nth(linter->select->items, item);

		kind = redshift_type_kind(linter->types[item]);
		for (int j = select_item->first_token; j < i; j++)
		{
			if (redshift_token_is(&items[j], "select") && items[j].depth <= items[i].depth &&
				items[j].depth > items[select_item->first_token].depth)
				kind = RS_OTHER;
		}
		if (kind == RS_INTEGER)
		{
			if (!has_cast(linter, select_item->first_token, i, integer_words) &&
				!has_cast(linter, close, select_item->end_token, integer_words))
				add_lint(linter, RS_LINT_WARNING, column, i,
						 "The average of integers is an integer in Redshift: its fraction is dropped.",
						 psprintf("%s, or sum(%s) and count(%s) as two columns", rewrite,
								  argument, argument));
			return;
		}
		if (kind == RS_DECIMAL)
		{
			int32		typmod = linter->typmods ? linter->typmods[item] : -1;
			int			scale = typmod >= (int32) VARHDRSZ ? (typmod - VARHDRSZ) & 0x7ff : -1;

			/* the item is only the average: its scale is that of x */
			if (scale >= 0 && i == select_item->first_token && close == select_item->end_token - 1)
				add_lint(linter, RS_LINT_NOTE, column, i,
						 psprintf("The average keeps only the %d decimal digits of its argument.", scale),
						 rewrite);
			else
				add_lint(linter, RS_LINT_NOTE, column, i,
						 "An average keeps only the decimal digits of its argument, and none of integers.",
						 rewrite);
			return;
		}
		if (kind == RS_FLOAT && i == select_item->first_token &&
			close == select_item->end_token - 1)
			return;
	}
	add_lint(linter, RS_LINT_NOTE, column, i,
			 "An average keeps only the decimal digits of its argument, and none of integers; "
			 "a cast of the result comes too late.",
			 rewrite);
}

/* Types without a size, which differ from those of PostgreSQL. */
static void
lint_cast(Linter *linter, int i)
{
	const RedshiftToken *items = linter->items;
	const RedshiftToken *next = &items[i + 1];
	const char *column;
	int			operand;
	bool		literal;

	if (!is_cast_type(linter, i, &operand) || redshift_token_is_mark(next, '('))
		return;
	column = column_of_token(linter, i);
	literal = operand >= 0 && (items[operand].kind == RS_TOKEN_STRING ||
							   items[operand].kind == RS_TOKEN_NUMBER ||
							   redshift_token_is(&items[operand], "null"));

	if (redshift_token_in(&items[i], decimal_words))
	{
		if (literal && strpbrk(items[operand].text, ".eE") == NULL)
			return;
		add_lint(linter, RS_LINT_WARNING, column, i,
				 psprintf("%s without a size is decimal(18,0) in Redshift: the fraction is dropped.",
						  items[i].text),
				 "decimal(38,4)");
	}
	else if (redshift_token_is(&items[i], "bpchar"))
	{
		if (!literal || items[operand].length > 250)
			add_lint(linter, RS_LINT_WARNING, column, i,
					 "bpchar is char(256) in Redshift: longer values are cut.",
					 "varchar(65535)");
	}
	else if (redshift_token_in(&items[i], varchar_words) ||
			 (redshift_token_in(&items[i], char_words) && redshift_token_is(next, "varying")))
	{
		if (redshift_token_is(next, "varying") && redshift_token_is_mark(&items[i + 2], '('))
			return;
		if (!literal || items[operand].length > 250)
			add_lint(linter, RS_LINT_WARNING, column, i,
					 psprintf("%s without a size is varchar(256) in Redshift: longer values are cut.",
							  redshift_token_is(next, "varying") ? "character varying" : items[i].text),
					 "varchar(65535)");
	}
	else if (redshift_token_in(&items[i], char_words))
	{
		if (!literal || items[operand].length > 3)
			add_lint(linter, RS_LINT_WARNING, column, i,
					 psprintf("%s without a size is char(1) in Redshift: longer values are cut.",
							  items[i].text),
					 "varchar(65535)");
	}
}

/* Functions that only the leader node has. */
static void
lint_leader(Linter *linter, int i)
{
	const RedshiftToken *token = &linter->items[i];
	const char *rewrite = NULL;

	if (!linter->has_from ||
		!(is_call(linter, i, leader_functions) || is_bare_word(linter, i, leader_words)))
		return;
	if (redshift_token_in(token, clock_words))
		rewrite = "GETDATE() (start of the statement) or SYSDATE (start of the transaction); "
			"both are timestamps without time zone";
	else if (redshift_token_is(token, "age"))
		rewrite = "DATEDIFF(day, a, b)";
	add_lint(linter, RS_LINT_WARNING, column_of_token(linter, i), i,
			 psprintf("%s runs on the leader node only: it fails or is not supported "
					  "together with tables.", token->text),
			 rewrite);
}

/* A select list that changes with each run. */
static void
lint_volatile(Linter *linter, int i)
{
	static const char *const functions[] = {"random", "getdate", NULL};
	static const char *const words[] = {"sysdate", NULL};

	if (item_of_token(linter, i) < 0 ||
		!(is_call(linter, i, functions) || is_bare_word(linter, i, words)))
		return;
	add_lint(linter, RS_LINT_NOTE, column_of_token(linter, i), i,
			 psprintf("%s in the select list may change every row in each run, and Redshift cannot "
					  "use its result cache.", linter->items[i].text),
			 NULL);
}

/* a / b of integers. */
static void
lint_division(Linter *linter, int i)
{
	static const char *const rounding[] = {"floor", "trunc", NULL};
	const RedshiftToken *items = linter->items;
	RedshiftSelectItem *item;
	char	   *left;

	if (items[i].kind != RS_TOKEN_OPERATOR || strcmp(items[i].text, "/") != 0 ||
		redshift_type_kind(type_of_token(linter, i)) != RS_INTEGER)
		return;
	item = list_nth(linter->select->items, item_of_token(linter, i));
	if (has_fraction(linter, item->first_token, item->end_token) ||
		has_cast(linter, item->first_token, item->end_token, integer_words))
		return;
	for (int j = item->first_token; j < i; j++)
	{
		if (is_call(linter, j, rounding))
			return;
	}
	left = redshift_token_text(linter->tokens, item->first_token, i);
	add_lint(linter, RS_LINT_NOTE, column_of_token(linter, i), i,
			 "A quotient of integers is an integer: its fraction is dropped.",
			 items[i].depth == items[item->first_token].depth &&
			 (i - item->first_token == 1 ||
			  (redshift_token_is_mark(&items[item->first_token + 1], '(') &&
			   redshift_matching_token(linter->tokens, item->first_token + 1) == i - 1)) ?
			 psprintf("%s::decimal(38,4) / %s", left,
					  redshift_token_text(linter->tokens, i + 1, item->end_token)) :
			 "cast one side: a::decimal(38,4) / b");
}

/* LIMIT and TOP without an order, in the query or in a subquery. */
static void
lint_limit(Linter *linter, int i)
{
	const RedshiftToken *items = linter->items;
	int			depth = items[i].depth;
	int			step;
	bool		count_follows = items[i + 1].kind == RS_TOKEN_NUMBER ||
		items[i + 1].kind == RS_TOKEN_PLACEHOLDER || items[i + 1].kind == RS_TOKEN_PARAMETER;

	if (redshift_token_is(&items[i], "limit") && (count_follows || redshift_token_is_mark(&items[i + 1], '(')))
		step = -1;
	else if (redshift_token_is(&items[i], "top") && count_follows && i > 0 &&
			 redshift_token_in(&items[i - 1], (const char *const[]) {"select", "distinct", "all", NULL}))
		step = 1;
	else
		return;
	if (step < 0 && i > 0 && (redshift_token_is_mark(&items[i - 1], '.') ||
							  redshift_token_is_mark(&items[i - 1], ',')))
		return;

	for (int j = i; j >= 0 && j < linter->tokens->count && items[j].depth >= depth; j += step)
	{
		if (items[j].depth == depth && redshift_token_is(&items[j], "order") &&
			redshift_token_is(&items[j + 1], "by"))
			return;
	}
	add_lint(linter, RS_LINT_NOTE, column_of_token(linter, i), i,
			 psprintf("%s without ORDER BY may return other rows each time.",
					  step < 0 ? "LIMIT" : "TOP"),
			 NULL);
}

/* Functions that return the value of an arbitrary row. */
static void
lint_unsteady(Linter *linter, int i)
{
	static const char *const any_value[] = {"any_value", NULL};
	static const char *const listagg[] = {"listagg", NULL};
	static const char *const row_number[] = {"row_number", NULL};
	const RedshiftToken *items = linter->items;
	int			after;

	if (is_call(linter, i, any_value))
	{
		add_lint(linter, RS_LINT_NOTE, column_of_token(linter, i), i,
				 "ANY_VALUE may return another value each time.", "min(...) or max(...)");
		return;
	}
	if (!is_call(linter, i, listagg) && !is_call(linter, i, row_number))
		return;
	after = redshift_matching_token(linter->tokens, i + 1) + 1;
	if (after > linter->tokens->count)
		return;
	if (is_call(linter, i, listagg))
	{
		if (!redshift_token_is(&items[after], "within"))
			add_lint(linter, RS_LINT_NOTE, column_of_token(linter, i), i,
					 "LISTAGG without WITHIN GROUP (ORDER BY ...) may list its values in another order each time.",
					 NULL);
	}
	else if (redshift_token_is(&items[after], "over") && redshift_token_is_mark(&items[after + 1], '('))
	{
		int			close = redshift_matching_token(linter->tokens, after + 1);

		for (int j = after + 2; j < close; j++)
		{
			if (items[j].depth == items[after].depth + 1 && redshift_token_is(&items[j], "order"))
				return;
		}
		add_lint(linter, RS_LINT_NOTE, column_of_token(linter, i), i,
				 "ROW_NUMBER without ORDER BY may number the rows in another way each time.", NULL);
	}
}

/* The name of a column as a query writes it. */
static const char *
written_name(const char *name)
{
	if (strspn(name, "abcdefghijklmnopqrstuvwxyz_0123456789") == strlen(name) &&
		!(name[0] >= '0' && name[0] <= '9'))
		return name;
	return redshift_quote_identifier(name);
}

/* Key columns of varchar: Redshift groups 'a' and 'a ' together. */
static void
lint_keys(Linter *linter, List *key_names)
{
	ListCell   *lc;

	foreach(lc, key_names)
	{
		const char *name = lfirst(lc);

		for (int i = 0; i < linter->ncolumns; i++)
		{
			RedshiftSelectItem *item = NULL;
			bool		steady = false;
			bool		folds = false;

			if (strcmp(linter->names[i], name) != 0 || linter->types == NULL ||
				redshift_type_kind(linter->types[i]) != RS_TEXT)
				continue;
			if (linter->mapped)
				item = list_nth(linter->select->items, i);
			for (int j = item ? item->first_token : 0; item && j < item->end_token; j++)
			{
				steady |= is_call(linter, j, trim_words) || is_call(linter, j, steady_words);
				folds |= is_call(linter, j, collate_words);
			}
			if (folds && strstr(item->text, "insensitive") != NULL)
			{
				add_lint(linter, RS_LINT_NOTE, name, item->first_token,
						 "Redshift ignores case when it groups here: which spelling of such values it "
						 "returns may change from run to run.",
						 "lower(...), in GROUP BY too");
				continue;
			}
			if (item && item->end_token - item->first_token == 1 &&
				linter->items[item->first_token].kind == RS_TOKEN_STRING)
				steady = true;
			if (steady)
				continue;
			add_lint(linter, RS_LINT_NOTE, name, item ? item->first_token : 0,
					 "Redshift ignores trailing blanks when it groups: which spelling of such values "
					 "it returns may change from run to run.",
					 psprintf("rtrim(%s), in GROUP BY too", item ? item->text : written_name(name)));
		}
	}
}

/*
 * redshift_lint
 *		Finds the parts of a query that would give silently wrong or unstable
 *		results: a List of RedshiftLint in the order of the query, notes on key
 *		columns last.
 *
 * names, types and typmods describe the ncolumns result columns as Redshift
 * does (its own OIDs); types and typmods may be NULL if they are not known.
 * key_names is a List of char *.  If select is NULL, the result is NIL.
 * Allocated in the current memory context; raises nothing.
 */
List *
redshift_lint(const RedshiftSelect *select, const char *const *names, const Oid *types,
			  const int32 *typmods, int ncolumns, List *key_names)
{
	Linter		linter = {0};

	if (select == NULL)
		return NIL;
	linter.select = select;
	linter.tokens = select->tokens;
	linter.items = select->tokens->items;
	linter.names = names;
	linter.types = types;
	linter.typmods = typmods;
	linter.ncolumns = ncolumns;
	linter.mapped = !select->has_star && !select->has_exclude &&
		list_length(select->items) == ncolumns;
	for (int i = 0; i < linter.tokens->count; i++)
		linter.has_from |= redshift_token_is(&linter.items[i], "from");

	for (int i = 0; i < linter.tokens->count; i++)
	{
		lint_average(&linter, i);
		lint_cast(&linter, i);
		lint_leader(&linter, i);
		lint_volatile(&linter, i);
		lint_division(&linter, i);
		lint_limit(&linter, i);
		lint_unsteady(&linter, i);
	}
	lint_keys(&linter, key_names);
	return linter.result;
}
