/*-------------------------------------------------------------------------
 *
 * rewrite.c
 *		The results of rewriting queries, for statements.py: a program that
 *		reads queries and writes for each of them the query with a range, the
 *		query with an order appended (empty, if that is not possible), and the
 *		query of a part.  A zero byte ends each.
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"

#include "redshift/placeholder.h"
#include "redshift/query.h"
#include "redshift/rewrite.h"

extern int	LLVMFuzzerTestOneInput(const uint8 *data, size_t size);

static void
write_text(const char *text)
{
	fwrite(text, 1, strlen(text) + 1, stdout);
}

static void
rewrite(void *arg)
{
	static const char *const names[] = {"a", "B \"c\""};
	const char *query = arg;
	char	   *filled;

	redshift_check_query(query);
	filled = redshift_fill_placeholders(query, "date '2024-01-31'", "NULL");
	write_text(filled);
	write_text(redshift_takes_order(filled) ?
			   redshift_append_order(filled, "ORDER BY 2 DESC NULLS FIRST, 1 NULLS LAST") : "");
	write_text(redshift_wrap_query(filled, "rsfed_part", names, lengthof(names)));
}

void
fuzz_one(const uint8 *data, size_t size)
{
	fuzz_check(fuzz_try(rewrite, unconstify(uint8 *, data)) == 0);
}

int
main(void)
{
	static uint8 query[65536];
	size_t		length = 0;
	int			c;

	while ((c = getchar()) != EOF)
	{
		query[length++] = c;
		if (c == '\0')
		{
			LLVMFuzzerTestOneInput(query, length);
			length = 0;
		}
		if (length == sizeof(query))
			return 1;
	}
	return length == 0 && fflush(stdout) == 0 ? 0 : 1;
}
