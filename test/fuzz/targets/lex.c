/*-------------------------------------------------------------------------
 *
 * lex.c
 *		Fuzz target: the lexer loses no byte, and its tokens are stable.
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"

#include "redshift/lex.h"
#include "redshift/quote.h"

typedef struct Cut
{
	const char *text;
	RedshiftTokens *tokens;
} Cut;

static void
cut(void *arg)
{
	Cut		   *cutting = arg;

	cutting->tokens = redshift_lex(cutting->text);
}

/* The tokens of a text, which must have some. */
static RedshiftTokens *
cut_again(const char *text)
{
	Cut			again = {text};

	fuzz_check(fuzz_try(cut, &again) == 0);
	return again.tokens;
}

static void
check_same(const RedshiftToken *a, const RedshiftToken *b)
{
	fuzz_check(a->kind == b->kind);
	fuzz_check(a->length == b->length);
	fuzz_check(strcmp(a->text, b->text) == 0);
}

/*
 * Offsets ascend, gaps contain only blanks and comments, and the end is the
 * end of the text.
 */
static void
check_borders(const char *text, const RedshiftTokens *tokens)
{
	int			end = 0;
	int			depth = 0;

	fuzz_check(strcmp(tokens->query, text) == 0);
	for (int i = 0; i <= tokens->count; i++)
	{
		const RedshiftToken *token = &tokens->items[i];

		fuzz_check((token->kind == RS_TOKEN_END) == (i == tokens->count));
		fuzz_check(token->start >= end);
		if (token->start > end)
			fuzz_check(cut_again(pnstrdup(text + end, token->start - end))->count == 0);
		fuzz_check(i == tokens->count ? token->length == 0 : token->length > 0);
		end = token->start + token->length;
		fuzz_check(token->depth >= 0);
		if (i == tokens->count)
			break;
		if (redshift_token_is_mark(token, ')') || redshift_token_is_mark(token, ']'))
			depth = Max(depth - 1, 0);
		fuzz_check(token->depth == depth);
		if (redshift_token_is_mark(token, '(') || redshift_token_is_mark(token, '['))
		{
			int			close = redshift_matching_token(tokens, i);

			fuzz_check(close > i && close <= tokens->count);
			fuzz_check(close == tokens->count ||
					   redshift_token_is_mark(&tokens->items[close], ')') ||
					   redshift_token_is_mark(&tokens->items[close], ']'));
			depth++;
		}
	}
	fuzz_check(end == (int) strlen(text));
}

/*
 * Each token is the same alone (one of eight is checked, because this is
 * slow), and all tokens are the same with other blanks between them.
 */
static void
check_tokens(const RedshiftTokens *tokens, int tried)
{
	StringInfoData apart;
	RedshiftTokens *again;

	initStringInfo(&apart);
	for (int i = 0; i < tokens->count; i++)
	{
		const RedshiftToken *token = &tokens->items[i];
		char	   *source = redshift_token_text(tokens, i, i + 1);

		if (i % 8 == tried)
		{
			again = cut_again(source);
			fuzz_check(again->count == 1);
			check_same(token, &again->items[0]);
		}
		if (token->kind == RS_TOKEN_QUOTED && token->text[0] != '\0')
		{
			again = cut_again(redshift_quote_identifier(token->text));
			fuzz_check(again->count == 1 && again->items[0].kind == RS_TOKEN_QUOTED &&
					   strcmp(again->items[0].text, token->text) == 0);
		}
		appendStringInfo(&apart, "%s%s", source, i % 3 == 0 ? "\n" : i % 3 == 1 ? " /* ; ( */ " : " -- '\n");
	}
	again = cut_again(apart.data);
	fuzz_check(again->count == tokens->count);
	for (int i = 0; i < tokens->count; i++)
	{
		check_same(&tokens->items[i], &again->items[i]);
		fuzz_check(tokens->items[i].depth == again->items[i].depth);
	}
}

/* The strip function removes semicolons at the ends, and no other token. */
static void
check_strip(const char *text, const RedshiftTokens *tokens)
{
	char	   *stripped = redshift_strip(text);
	RedshiftTokens *again = cut_again(stripped);
	RedshiftTokens *ordered = cut_again(psprintf("%s\nORDER BY 1", stripped));
	int			first = 0;
	int			end = tokens->count;
	int			statements = redshift_statement_count(text);

	while (end > 0 && redshift_token_is_mark(&tokens->items[end - 1], ';'))
		end--;
	while (first < end && redshift_token_is_mark(&tokens->items[first], ';'))
		first++;
	fuzz_check(strstr(text, stripped) != NULL);
	fuzz_check(strcmp(redshift_strip(stripped), stripped) == 0);
	fuzz_check(again->count == end - first);
	for (int i = 0; i < again->count; i++)
		check_same(&tokens->items[first + i], &again->items[i]);
	fuzz_check(ordered->count == again->count + 3);
	fuzz_check(ordered->items[ordered->count - 3].start == (int) strlen(stripped) + 1);
	fuzz_check((statements == 0) == (end == first));
	fuzz_check(redshift_statement_count(stripped) == statements);
}

static void
check_messages(const char *text, FuzzInput *input)
{
	int			length = strlen(text);
	int			bytes = fuzz_below(input, 100);
	char	   *excerpt = redshift_excerpt(text, bytes);
	RedshiftTokens *quoted = cut_again(redshift_quote_literal(text));

	fuzz_check((int) strlen(excerpt) <= bytes + 3);
	fuzz_check(pg_encoding_verifymbstr(PG_UTF8, excerpt, strlen(excerpt)) == (int) strlen(excerpt));
	fuzz_check(strncmp(redshift_locate(text, length), "line ", 5) == 0);
	fuzz_check(quoted->count == 1 && quoted->items[0].kind == RS_TOKEN_STRING);
}

void
fuzz_one(const uint8 *data, size_t size)
{
	FuzzInput	input = {data, size};
	Cut			cutting = {fuzz_text(&input)};
	int			state = fuzz_try(cut, &cutting);

	check_messages(cutting.text, &input);
	fuzz_check(state == 0 || state == ERRCODE_SYNTAX_ERROR);
	if (state != 0)
		return;
	check_borders(cutting.text, cutting.tokens);
	check_tokens(cutting.tokens, fuzz_below(&input, 8));
	check_strip(cutting.text, cutting.tokens);
}
