/*-------------------------------------------------------------------------
 *
 * deparse_marks.c
 *		Values in the places of parameters, and names behind columns.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "redshift/deparse.h"
#include "redshift/quote.h"

/* What a mark becomes, appended. */
typedef void (*MarkWriter) (StringInfo buf, int number, char kind, void *arg);

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
		write(&buf, number, *end, arg);
		text = end + 1;
	}
	return buf.data;
}

typedef struct Values
{
	char	  **bare;
	char	  **cast;
} Values;

static void
write_value(StringInfo buf, int number, char kind, void *arg)
{
	Values	   *values = arg;

	if (kind != 'n')
		appendStringInfoString(buf, kind == 'b' ? values->bare[number] : values->cast[number]);
}

/* See deparse.h. */
char *
deparse_fill(const char *text, char **bare, char **cast)
{
	Values		values = {bare, cast};

	return replace_marks(text, write_value, &values);
}

static void
write_number(StringInfo buf, int number, char kind, void *arg)
{
	if (kind != 'n')
		appendStringInfo(buf, "$%d", number + 1);
}

/* See deparse.h. */
char *
deparse_show(const char *text)
{
	return replace_marks(text, write_number, NULL);
}

static void
write_name(StringInfo buf, int number, char kind, void *arg)
{
	const char **names = arg;

	if (kind == 'n')
		appendStringInfo(buf, " AS %s", redshift_quote_identifier(names[number]));
	else
		write_number(buf, number, kind, NULL);
}

/* See deparse.h. */
char *
deparse_named(const char *text, const char **names)
{
	return replace_marks(text, write_name, names);
}
