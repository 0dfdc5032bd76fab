/*-------------------------------------------------------------------------
 *
 * placeholder.c
 *		Fuzz target: a literal replaces a placeholder, and every other token
 *		stays unchanged.
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"

#include "redshift/lex.h"
#include "redshift/placeholder.h"

/* as window_literal() writes them, and as in a description */
static const char *const literals[] = {
	"NULL", "42", "(-42)", "date '2024-02-29'", "timestamp '2024-02-29 12:00:00'",
	"timestamptz '2024-02-29 12:00:00+00'"
};

typedef struct Fill
{
	const char *query;
	const char *from;
	const char *to;
	char	   *filled;
	RedshiftTokens *tokens;
} Fill;

static void
cut(void *arg)
{
	Fill	   *fill = arg;

	fill->tokens = redshift_lex(fill->query);
}

static void
check(void *arg)
{
	redshift_check_placeholders(((Fill *) arg)->query);
}

static void
require(void *arg)
{
	redshift_require_window(((Fill *) arg)->query);
}

static void
fill_in(void *arg)
{
	Fill	   *fill = arg;

	fill->filled = redshift_fill_placeholders(fill->query, fill->from, fill->to);
}

static bool
is_one(const RedshiftToken *token, const char *name)
{
	return token->kind == RS_TOKEN_PLACEHOLDER && strcmp(token->text, name) == 0;
}

/* The tokens of b from *at on must be those of a literal; advances *at. */
static void
skip_literal(const RedshiftTokens *b, int *at, const char *literal)
{
	RedshiftTokens *parts = redshift_lex(literal);

	for (int i = 0; i < parts->count; i++, (*at)++)
		fuzz_check(*at < b->count && parts->items[i].kind == b->items[*at].kind &&
				   strcmp(parts->items[i].text, b->items[*at].text) == 0);
}

static void
check_filled(const RedshiftTokens *a, const Fill *fill)
{
	Fill		again = {fill->filled};
	int			at = 0;

	fuzz_check(fuzz_try(cut, &again) == 0);
	for (int i = 0; i < a->count; i++)
	{
		const RedshiftToken *token = &a->items[i];

		if (is_one(token, "from") || is_one(token, "to"))
		{
			skip_literal(again.tokens, &at, is_one(token, "from") ? fill->from : fill->to);
			continue;
		}
		fuzz_check(at < again.tokens->count && token->kind == again.tokens->items[at].kind &&
				   strcmp(token->text, again.tokens->items[at].text) == 0);
		at++;
	}
	fuzz_check(at == again.tokens->count);
	fuzz_check(!redshift_has_placeholders(fill->filled));
}

void
fuzz_one(const uint8 *data, size_t size)
{
	FuzzInput	input = {data, size};
	Fill		fill = {fuzz_text(&input)};
	int			from = 0;
	int			to = 0;
	int			state;

	fill.from = literals[fuzz_below(&input, lengthof(literals))];
	fill.to = literals[fuzz_below(&input, lengthof(literals))];
	if (fuzz_try(cut, &fill) != 0)
		return;
	for (int i = 0; i < fill.tokens->count; i++)
	{
		from += is_one(&fill.tokens->items[i], "from");
		to += is_one(&fill.tokens->items[i], "to");
	}
	fuzz_check(redshift_has_placeholders(fill.query) == (from + to > 0));
	state = fuzz_try(require, &fill);
	fuzz_check(from > 0 && to > 0 ? state == 0 : state == ERRCODE_INVALID_PARAMETER_VALUE);
	state = fuzz_try(check, &fill);
	fuzz_check(state == 0 || state == ERRCODE_INVALID_PARAMETER_VALUE);
	fuzz_check(fuzz_try(fill_in, &fill) == 0);
	check_filled(fill.tokens, &fill);
}
