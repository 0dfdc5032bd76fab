/*-------------------------------------------------------------------------
 *
 * tables.c
 *		Finds the tables and views that a query reads, and its columns' names.
 *
 * Policy: a name after FROM or JOIN, at every depth, is a table unless it is
 * one of the query's own WITH names or a function.  A name without a schema
 * belongs to schema public, because sessions of rsfed have that search_path.
 * Names that cannot be followed (another database, a placeholder for a name)
 * are listed, never omitted silently.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "base/names.h"
#include "redshift/lex.h"
#include "redshift/tables.h"

/* functions whose arguments have a FROM of their own */
static const char *const from_functions[] = {
	"extract", "substring", "trim", "overlay", NULL
};

/* words that follow a table and are not an alias */
static const char *const after_table_words[] = {
	"where", "group", "having", "order", "limit", "offset", "union", "intersect", "except", "minus",
	"join", "inner", "left", "right", "full", "cross", "natural", "on", "using", "qualify", "window",
	"for", "pivot", "unpivot", "connect", "start", "tablesample", "fetch", NULL
};

/* words that end a FROM list */
static const char *const after_list_words[] = {
	"where", "group", "having", "order", "limit", "offset", "union", "intersect", "except", "minus",
	"qualify", "window", "for", "connect", "start", "fetch", NULL
};

static bool
is_plain(const char *name)
{
	if (!((*name >= 'a' && *name <= 'z') || *name == '_'))
		return false;
	return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_$") == strlen(name);
}

static void
append_name(StringInfo buf, const char *name)
{
	if (is_plain(name))
	{
		appendStringInfoString(buf, name);
		return;
	}
	appendStringInfoChar(buf, '"');
	for (; *name; name++)
	{
		if (*name == '"')
			appendStringInfoChar(buf, '"');
		appendStringInfoChar(buf, *name);
	}
	appendStringInfoChar(buf, '"');
}

/*
 * redshift_table_text
 *		schema.name for users, quoted only where necessary; only the schema if
 *		the name is NULL or empty.  Allocated in the current memory context.
 */
char *
redshift_table_text(const char *schema, const char *name)
{
	StringInfoData buf;

	initStringInfo(&buf);
	append_name(&buf, schema);
	if (name != NULL && name[0] != '\0')
	{
		appendStringInfoChar(&buf, '.');
		append_name(&buf, name);
	}
	return buf.data;
}

/* Can the token be the name of a table? */
static bool
is_table_name(const RedshiftToken *token)
{
	return redshift_token_is_name(token) && !redshift_token_in(token, after_table_words) &&
		!redshift_token_is(token, "select") && !redshift_token_is(token, "lateral");
}

/*
 * Does the FROM at token i belong to EXTRACT (x FROM y) or IS DISTINCT FROM?
 */
static bool
is_other_from(const RedshiftTokens *tokens, int i)
{
	int			depth = tokens->items[i].depth;

	if (i > 0 && redshift_token_is(&tokens->items[i - 1], "distinct") &&
		i > 1 && (redshift_token_is(&tokens->items[i - 2], "is") ||
				  redshift_token_is(&tokens->items[i - 2], "not")))
		return true;
	for (int open = i - 1; open > 0; open--)
	{
		if (tokens->items[open].depth < depth)
			return redshift_token_in(&tokens->items[open - 1], from_functions) &&
				redshift_token_is_mark(&tokens->items[open], '(');
		if (tokens->items[open].depth == depth && redshift_token_is(&tokens->items[open], "select"))
			return false;
	}
	return false;
}

/* The names that WITH gives to its queries, at any depth: List of char *. */
static List *
with_names(const RedshiftTokens *tokens)
{
	const RedshiftToken *items = tokens->items;
	List	   *names = NIL;

	for (int i = 0; i + 2 < tokens->count; i++)
	{
		int			after = i + 1;

		/* name [(columns)] AS ( */
		if (!redshift_token_is_name(&items[i]) || i == 0 ||
			!(redshift_token_is(&items[i - 1], "with") || redshift_token_is(&items[i - 1], "recursive") ||
			  redshift_token_is_mark(&items[i - 1], ',')))
			continue;
		if (redshift_token_is_mark(&items[after], '('))
			after = redshift_matching_token(tokens, after) + 1;
		if (after + 1 < tokens->count && redshift_token_is(&items[after], "as") &&
			redshift_token_is_mark(&items[after + 1], '('))
			names = lappend(names, (void *) items[i].text);
	}
	return names;
}

static void
add_table(RedshiftReads *reads, const char *schema, const char *name)
{
	RedshiftTable *table;
	ListCell   *lc;

	foreach(lc, reads->tables)
	{
		table = lfirst(lc);
		if (strcmp(table->schema, schema) == 0 && strcmp(table->name, name) == 0)
			return;
	}
	table = palloc(sizeof(RedshiftTable));
	table->schema = pstrdup(schema);
	table->name = pstrdup(name);
	reads->tables = lappend(reads->tables, table);
}

/*
 * Reads the name a[.b[.c]] at token i; returns the token after it.  Stores its
 * parts in the array and their number in *count.
 */
static int
read_name(const RedshiftTokens *tokens, int i, const char *parts[3], int *count)
{
	const RedshiftToken *items = tokens->items;

	parts[0] = items[i++].text;
	*count = 1;
	while (*count < 3 && redshift_token_is_mark(&items[i], '.') && redshift_token_is_name(&items[i + 1]))
	{
		parts[(*count)++] = items[i + 1].text;
		i += 2;
	}
	return i;
}

/*
 * Reads one table of a FROM list, which begins at token i; returns the token
 * after it.
 */
static int
take_table(RedshiftReads *reads, const RedshiftTokens *tokens, List *own_names, int i)
{
	const RedshiftToken *items = tokens->items;
	const char *parts[3];
	int			first = i;
	int			count;

	if (redshift_token_is_mark(&items[i], '('))
	{
		/* a query has a FROM of its own; (a JOIN b) begins with a table */
		if (is_table_name(&items[i + 1]) && !redshift_token_is(&items[i + 1], "with"))
			(void) take_table(reads, tokens, own_names, i + 1);
		return redshift_matching_token(tokens, i) + 1;
	}
	if (!is_table_name(&items[i]))
	{
		if (items[i].kind == RS_TOKEN_PLACEHOLDER || items[i].kind == RS_TOKEN_PARAMETER)
			reads->unclear = lappend(reads->unclear, redshift_token_text(tokens, i, i + 1));
		return i + 1;
	}
	i = read_name(tokens, i, parts, &count);
	if (redshift_token_is_mark(&items[i], '('))
		return redshift_matching_token(tokens, i) + 1;	/* a function */
	if (redshift_token_is_mark(&items[i], '.'))
		reads->unclear = lappend(reads->unclear, redshift_token_text(tokens, first, i + 2));
	else if (count == 3)
		reads->unclear = lappend(reads->unclear, redshift_token_text(tokens, first, i));
	else if (count == 2)
	{
		/* a path into a SUPER column of a table of the list, or schema.table */
		add_table(reads, parts[0], parts[1]);
	}
	else if (!names_hold(own_names, parts[0]))
		add_table(reads, REDSHIFT_DEFAULT_SCHEMA, parts[0]);
	return i;
}

static bool
ends_list(const RedshiftToken *token)
{
	return redshift_token_in(token, after_list_words) && !redshift_token_is_mark(token - 1, '.');
}

/* Reads the tables of a FROM list that begins at token i. */
static void
take_list(RedshiftReads *reads, const RedshiftTokens *tokens, List *own_names, int i)
{
	const RedshiftToken *items = tokens->items;
	int			depth = items[i].depth;

	for (;;)
	{
		i = take_table(reads, tokens, own_names, i);
		/*
		 * skip joins and their conditions up to the comma before the next
		 * table
		 */
		while (i < tokens->count && items[i].depth >= depth &&
			   !(items[i].depth == depth &&
				 (redshift_token_is_mark(&items[i], ',') || ends_list(&items[i]))))
			i++;
		if (i >= tokens->count || items[i].depth != depth || !redshift_token_is_mark(&items[i], ','))
			return;
		i++;
	}
}

/* Is token i a star that selects columns? */
static bool
is_star(const RedshiftTokens *tokens, int i)
{
	const RedshiftToken *items = tokens->items;

	if (items[i].kind != RS_TOKEN_OPERATOR || items[i].text[0] != '*' || i == 0)
		return false;
	return redshift_token_is_mark(&items[i - 1], '.') || redshift_token_is_mark(&items[i - 1], ',') ||
		redshift_token_is(&items[i - 1], "select") || redshift_token_is(&items[i - 1], "distinct") ||
		redshift_token_is(&items[i - 1], "all");
}

/*
 * redshift_read_tables
 *		The tables and views that a query names.  count(*) does not set
 *		has_star.  Allocated in the current memory context; raises the errors of
 *		redshift_lex.
 */
RedshiftReads *
redshift_read_tables(const char *query)
{
	RedshiftReads *reads = palloc0(sizeof(RedshiftReads));
	RedshiftTokens *tokens = redshift_lex(query);
	List	   *own_names = with_names(tokens);

	for (int i = 0; i < tokens->count; i++)
	{
		const RedshiftToken *token = &tokens->items[i];

		reads->has_star |= is_star(tokens, i);
		if (i > 0 && (redshift_token_is(token - 1, "as") || redshift_token_is_mark(token - 1, '.')))
			continue;
		if (redshift_token_is(token, "from") && !is_other_from(tokens, i))
			take_list(reads, tokens, own_names, i + 1);
		else if (redshift_token_is(token, "join"))
			take_list(reads, tokens, own_names, i + 1);
	}
	return reads;
}

/*
 * redshift_reads_table
 *		Is a table among those that a query reads?  An empty name means any table
 *		of the schema.
 */
bool
redshift_reads_table(const RedshiftReads *reads, const char *schema, const char *name)
{
	ListCell   *lc;

	foreach(lc, reads->tables)
	{
		const RedshiftTable *table = lfirst(lc);

		if (strcmp(table->schema, schema) == 0 && (name[0] == '\0' || strcmp(table->name, name) == 0))
			return true;
	}
	return false;
}

/*
 * redshift_mentions
 *		Does a name (folded) occur anywhere in a query?  Raises the errors of
 *		redshift_lex.
 */
bool
redshift_mentions(const char *query, const char *name)
{
	RedshiftTokens *tokens = redshift_lex(query);

	for (int i = 0; i < tokens->count; i++)
	{
		if (redshift_token_is_name(&tokens->items[i]) && strcmp(tokens->items[i].text, name) == 0)
			return true;
	}
	return false;
}

/*
 * redshift_parse_table
 *		The table that a text names: [schema.]name, quoted where Redshift needs
 *		it.  NULL for any other text.  Allocated in the current memory context;
 *		raises the errors of redshift_lex.
 */
RedshiftTable *
redshift_parse_table(const char *text)
{
	RedshiftTokens *tokens = redshift_lex(text);
	RedshiftTable *table;
	const char *parts[3];
	int			count;

	if (tokens->count == 0 || !redshift_token_is_name(&tokens->items[0]) ||
		read_name(tokens, 0, parts, &count) != tokens->count || count > 2)
		return NULL;
	table = palloc(sizeof(RedshiftTable));
	table->schema = pstrdup(count == 2 ? parts[0] : REDSHIFT_DEFAULT_SCHEMA);
	table->name = pstrdup(parts[count - 1]);
	return table;
}
