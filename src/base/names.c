/*-------------------------------------------------------------------------
 *
 * names.c
 *	  Lists of names.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "base/names.h"

bool
names_hold(const List *names, const char *name)
{
	ListCell   *lc;

	foreach(lc, names)
	{
		if (strcmp(lfirst(lc), name) == 0)
			return true;
	}
	return false;
}

char *
names_quoted(const List *names)
{
	StringInfoData buf;
	ListCell   *lc;

	initStringInfo(&buf);
	foreach(lc, names)
		appendStringInfo(&buf, "%s%s", buf.len > 0 ? ", " : "", quote_identifier(lfirst(lc)));
	return buf.data;
}

char *
texts_joined(const List *texts, const char *separator)
{
	StringInfoData buf;
	ListCell   *lc;

	initStringInfo(&buf);
	foreach(lc, texts)
		appendStringInfo(&buf, "%s%s", lc == list_head(texts) ? "" : separator, (char *) lfirst(lc));
	return buf.data;
}

Datum
names_to_array(const List *names)
{
	Datum	   *texts = palloc(sizeof(Datum) * Max(list_length(names), 1));
	int			count = 0;
	ListCell   *lc;

	foreach(lc, names)
		texts[count++] = CStringGetTextDatum(lfirst(lc));
	return texts_to_array(texts, count);
}

List *
array_to_names(Datum array)
{
	List	   *names = NIL;
	Datum	   *texts;
	int			count;

	deconstruct_array(DatumGetArrayTypeP(array), TEXTOID, -1, false, TYPALIGN_INT, &texts, NULL, &count);
	for (int i = 0; i < count; i++)
		names = lappend(names, TextDatumGetCString(texts[i]));
	return names;
}

Datum
texts_to_array(Datum *texts, int count)
{
	return PointerGetDatum(construct_array(texts, count, TEXTOID, -1, false, TYPALIGN_INT));
}
