/*-------------------------------------------------------------------------
 *
 * lint.c
 *		Fuzz target: each finding of lint has a position, a message and an
 *		existing column; blanks do not change it.
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"

#include "outline.h"
#include "redshift/lint.h"
#include "redshift/types.h"

static const Oid some_types[] = {
	VARCHAROID, INT4OID, NUMERICOID, FLOAT8OID, TIMESTAMPOID, BPCHAROID, INT8OID, RS_SUPER_OID, 4711
};

static void
cut(void *arg)
{
	(void) redshift_lex(arg);
}

static void
check_lint(const RedshiftLint *lint, const RedshiftSelect *select, const char *query)
{
	fuzz_check(lint->severity == RS_LINT_NOTE || lint->severity == RS_LINT_WARNING);
	fuzz_check(lint->location >= 0 && lint->location < (int) strlen(query));
	fuzz_check(lint->problem[strlen(lint->problem) - 1] == '.');
	fuzz_check(pg_encoding_verifymbstr(PG_UTF8, lint->problem, strlen(lint->problem)) ==
			   (int) strlen(lint->problem));
	if (lint->rewrite != NULL)
		fuzz_check(fuzz_try(cut, unconstify(char *, lint->rewrite)) == 0);
}

void
fuzz_one(const uint8 *data, size_t size)
{
	FuzzInput	input = {data, size};
	const char *query = fuzz_text(&input);
	RedshiftSelect *select = outline_of(query);
	int			count = select ? list_length(select->items) : 0;
	const char **names;
	Oid		   *types;
	int32	   *typmods;
	List	   *key = NIL;
	List	   *lints;
	List	   *spaced;

	if (fuzz_below(&input, 8) == 7)
		count += fuzz_below(&input, 4);
	names = outline_names(select, count);
	types = palloc(sizeof(Oid) * Max(count, 1));
	typmods = palloc(sizeof(int32) * Max(count, 1));
	for (int i = 0; i < count; i++)
	{
		types[i] = some_types[fuzz_below(&input, lengthof(some_types))];
		typmods[i] = fuzz_below(&input, 2) == 0 ? -1 : (int32) fuzz_int64(&input);
		if (fuzz_below(&input, 2) == 0)
			key = lappend(key, unconstify(char *, names[i]));
	}
	if (fuzz_below(&input, 4) == 3)
		types = NULL;
	lints = redshift_lint(select, names, types, typmods, count, key);
	fuzz_check(select != NULL || lints == NIL);
	if (select == NULL)
		return;
	for (int i = 0; i < list_length(lints); i++)
		check_lint(list_nth(lints, i), select, query);

	spaced = redshift_lint(outline_of(outline_spaced(query)), names, types, typmods, count, key);
	fuzz_check(list_length(lints) == list_length(spaced));
	for (int i = 0; i < list_length(lints); i++)
	{
		const RedshiftLint *a = list_nth(lints, i);
		const RedshiftLint *b = list_nth(spaced, i);

		fuzz_check(a->severity == b->severity && strcmp(a->problem, b->problem) == 0);
		fuzz_check((a->column == NULL) == (b->column == NULL));
		fuzz_check(a->column == NULL || strcmp(a->column, b->column) == 0);
		fuzz_check((a->rewrite == NULL) == (b->rewrite == NULL));
	}
}
