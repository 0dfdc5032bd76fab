/*-------------------------------------------------------------------------
 *
 * key.c
 *		Fuzz target: a key consists of columns of the result, each once, or
 *		there is a message with the reason; blanks and an order do not change
 *		it.
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"

#include "outline.h"
#include "redshift/rewrite.h"

static void
check_key(List *key, const char *why_not, const char **names, int count)
{
	fuzz_check((key == NIL) == (why_not != NULL));
	fuzz_check(why_not == NULL || (strlen(why_not) > 0 && why_not[strlen(why_not) - 1] == '.'));
	for (int i = 0; i < list_length(key); i++)
	{
		int			found = 0;

		for (int j = 0; j < count; j++)
			found += strcmp(names[j], list_nth(key, i)) == 0;
		fuzz_check(found == 1);
		for (int j = 0; j < i; j++)
			fuzz_check(strcmp(list_nth(key, i), list_nth(key, j)) != 0);
	}
}

static void
check_same(List *a, List *b)
{
	fuzz_check(list_length(a) == list_length(b));
	for (int i = 0; i < list_length(a); i++)
		fuzz_check(strcmp(list_nth(a, i), list_nth(b, i)) == 0);
}

void
fuzz_one(const uint8 *data, size_t size)
{
	FuzzInput	input = {data, size};
	const char *query = fuzz_text(&input);
	RedshiftSelect *select = outline_of(query);
	int			count = select ? list_length(select->items) : 1;
	const char **names;
	const char *why_not;
	const char *ignored;
	List	   *key;

	/* a star expands to more columns; Redshift's description may differ */
	if (select == NULL || select->has_star || fuzz_below(&input, 8) == 7)
		count = Max(count + fuzz_below(&input, 5) - 1, 1);
	names = outline_names(select, count);
	key = redshift_infer_key(select, names, count, &why_not);
	check_key(key, why_not, names, count);
	if (select == NULL)
	{
		fuzz_check(key == NIL);
		return;
	}
	check_same(key, redshift_infer_key(outline_of(outline_spaced(query)), names, count, &ignored));
	if (redshift_takes_order(query))
		check_same(key, redshift_infer_key(outline_of(redshift_append_order(query, "ORDER BY 1")),
										   names, count, &ignored));
}
