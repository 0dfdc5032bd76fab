/*-------------------------------------------------------------------------
 *
 * failure.c
 *		Fuzz target: the query id in an error is part of its text.
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"

#include "redshift/failure.h"

void
fuzz_one(const uint8 *data, size_t size)
{
	FuzzInput	input = {data, size};
	const char *message = fuzz_text(&input);
	const char *detail = input.size > 0 ? fuzz_text(&input) : NULL;
	const char *sqlstate = fuzz_text(&input);
	FailureKind kind = failure_kind(sqlstate, message, detail, fuzz_below(&input, 2) == 1);
	int64		id = failure_query_id(message, detail);
	char	   *digits = psprintf(INT64_FORMAT, id);

	fuzz_check(kind == FAILURE_LASTING || kind == FAILURE_PASSING || kind == FAILURE_CREDENTIALS);
	fuzz_check(id >= 0);
	fuzz_check(id == 0 || strstr(message, digits) != NULL ||
			   (detail != NULL && strstr(detail, digits) != NULL));
	fuzz_check(failure_query_id(NULL, NULL) == 0);
}
