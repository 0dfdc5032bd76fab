/*-------------------------------------------------------------------------
 *
 * input.c
 *		The bytes of an input as numbers and texts.
 *
 * A text ends at a zero byte or with the input, and numbers follow the text, so
 * a plain text file is an input.
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"

#include "mb/pg_wchar.h"

int64
fuzz_int64(FuzzInput *input)
{
	uint64		number = 0;
	size_t		length = Min(input->size, sizeof(number));

	memcpy(&number, input->data, length);
	input->data += length;
	input->size -= length;
	return (int64) number;
}

int
fuzz_below(FuzzInput *input, int limit)
{
	int			number = 0;

	if (input->size == 0)
		return 0;
	number = *input->data++;
	input->size--;
	if (limit > 256 && input->size > 0)
	{
		number = number * 256 + *input->data++;
		input->size--;
	}
	return number % limit;
}

/*
 * A text as a database contains it: valid UTF-8, with question marks in place
 * of invalid bytes.  Allocated in the current memory context.
 */
char *
fuzz_text(FuzzInput *input)
{
	size_t		length = strnlen((const char *) input->data, input->size);
	char	   *text = pnstrdup((const char *) input->data, length);
	size_t		used = Min(length + 1, input->size);
	int			valid = 0;

	input->data += used;
	input->size -= used;
	for (;;)
	{
		valid += pg_encoding_verifymbstr(PG_UTF8, text + valid, length - valid);
		if (valid >= length)
			return text;
		text[valid] = '?';
	}
}

void
fuzz_fail(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: a promise is not kept: %s\n", file, line, what);
	abort();
}
