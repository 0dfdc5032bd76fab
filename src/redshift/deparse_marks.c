/*-------------------------------------------------------------------------
 *
 * deparse_marks.c
 *		Values in the places of parameters.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "redshift/deparse.h"

/* See deparse.h. */
char *
deparse_fill(const char *text, char **bare, char **cast)
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
		appendStringInfoString(&buf, *end == 'b' ? bare[number] : cast[number]);
		text = end + 1;
	}
	return buf.data;
}

/* See deparse.h. */
char *
deparse_show(const char *text)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (; *text; text++)
	{
		char	   *end;

		if (*text != DEPARSE_MARK)
		{
			appendStringInfoChar(&buf, *text);
			continue;
		}
		appendStringInfo(&buf, "$%d", (int) strtol(text + 1, &end, 10) + 1);
		text = end + 1;
	}
	return buf.data;
}
