/*-------------------------------------------------------------------------
 *
 * deparse_marks.c
 *		The parameters of a text: their list and their values; and the names of
 *		columns.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/pg_list.h"

#include "redshift/deparse.h"
#include "redshift/quote.h"

/* Appends the replacement of a mark. */
typedef void (*MarkWriter) (StringInfo buf, int number, char kind, const char *op, void *arg);

static char *
replace_marks(const char *text, MarkWriter write, void *arg)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (; *text; text++)
	{
		char	   *end;
		int			number;

		if (*text != DEPARSE_MARK)
		{
			appendStringInfoChar(&buf, *text);
			continue;
		}
		number = (int) strtol(text + 1, &end, 10);
		text = strchr(end, DEPARSE_MARK);
		Assert(text != NULL);
		write(&buf, number, *end, pnstrdup(end + 1, text - end - 1), arg);
	}
	return buf.data;
}

/* See deparse.h. */
int
deparse_parameter(Deparse *deparse, Node *node)
{
	ListCell   *lc;

	foreach(lc, deparse->params)
	{
		if (equal(lfirst(lc), node))
			return foreach_current_index(lc);
	}
	deparse->params = lappend(deparse->params, node);
	return list_length(deparse->params) - 1;
}

/* See deparse.h. */
void
deparse_mark(Deparse *deparse, int number, char kind)
{
	appendStringInfo(&deparse->buf, "%c%d%c%c", DEPARSE_MARK, number, kind, DEPARSE_MARK);
}

typedef struct Filling
{
	const DeparseValue *values;
	int			condition;		/* start of a condition that may be left out, or -1 */
	bool		is_left_out;
	int			missing;		/* see deparse_fill() */
} Filling;

/*
 * Appends a test that is true for every value other than NULL, or false for
 * every such value.  It tests the text before it, and is NULL for NULL.
 */
static void
write_truth(StringInfo buf, bool is_true)
{
	appendStringInfoString(buf, is_true ? " IS NOT NULL OR NULL::boolean" : " IS NULL AND NULL::boolean");
}

/* Appends a comparison with a value that does not exist in Redshift. */
static void
write_place(StringInfo buf, RedshiftPlace place, const char *literal, const char *op)
{
	bool		is_less = op[0] == '<' && op[1] != '>';

	if (strcmp(op, "=") == 0 || strcmp(op, "<>") == 0)
		write_truth(buf, op[0] == '<');
	else if (place == RS_PLACE_BETWEEN)
		appendStringInfo(buf, " %s %s", is_less ? "<=" : ">", literal);
	else
		write_truth(buf, is_less == (place == RS_PLACE_ABOVE));
}

static void
write_literal(StringInfo buf, int number, const char *literal, const char *op, Filling *filling)
{
	RedshiftPlace place = filling->values[number].place;

	if (place == RS_PLACE_EXACT && literal != NULL)
		appendStringInfo(buf, *op ? " %s %s" : "%s%s", op, literal);
	else if (place != RS_PLACE_EXACT && place != RS_PLACE_UNKNOWN && *op)
		write_place(buf, place, literal, op);
	else if (filling->condition >= 0)
		filling->is_left_out = true;
	else
		filling->missing = number;
}

static void
write_count(StringInfo buf, const char *word, const DeparseValue *value)
{
	if (!value->isnull)
		appendStringInfo(buf, " %s " INT64_FORMAT, word, value->count);
}

static void
write_value(StringInfo buf, int number, char kind, const char *op, void *arg)
{
	Filling    *filling = arg;

	switch (kind)
	{
		case 'b':
			write_literal(buf, number, filling->values[number].bare, op, filling);
			break;
		case 'c':
			write_literal(buf, number, filling->values[number].cast, op, filling);
			break;
		case 'l':
			write_count(buf, "LIMIT", &filling->values[number]);
			break;
		case 'o':
			write_count(buf, "OFFSET", &filling->values[number]);
			break;
		case '?':
			filling->condition = buf->len;
			filling->is_left_out = false;
			break;
		case '.':
			if (filling->is_left_out)
			{
				buf->len = filling->condition;
				buf->data[buf->len] = '\0';
				appendStringInfoString(buf, "true");
			}
			filling->condition = -1;
			break;
	}
}

/* See deparse.h. */
char *
deparse_fill(const char *text, const DeparseValue *values, int *missing)
{
	Filling		filling = {.values = values, .condition = -1, .missing = -1};
	char	   *result = replace_marks(text, write_value, &filling);

	*missing = filling.missing;
	return result;
}

static void
write_number(StringInfo buf, int number, char kind, const char *op, void *arg)
{
	if (*op)
		appendStringInfo(buf, " %s ", op);
	if (kind == 'l' || kind == 'o')
		appendStringInfoString(buf, kind == 'l' ? " LIMIT " : " OFFSET ");
	if (strchr("bclo", kind) != NULL)
		appendStringInfo(buf, "$%d", number + 1);
}

/* See deparse.h. */
char *
deparse_show(const char *text)
{
	return replace_marks(text, write_number, NULL);
}

static void
write_name(StringInfo buf, int number, char kind, const char *op, void *arg)
{
	const char **names = arg;

	if (kind == 'n')
		appendStringInfo(buf, " AS %s", redshift_quote_identifier(names[number]));
	else
		write_number(buf, number, kind, op, NULL);
}

/* See deparse.h. */
char *
deparse_named(const char *text, const char **names)
{
	return replace_marks(text, write_name, names);
}
