/*-------------------------------------------------------------------------
 *
 * lex.c
 *		Splits a Redshift statement into tokens.
 *
 * Policy: the rules are those of the scanner that Redshift inherited from
 * PostgreSQL 8.0, not those of the local server: a backslash is an escape
 * inside '...' regardless of standard_conforming_strings here, E'' is not a
 * literal but the word "e" and a string, ASCII letters fold to lower case
 * inside double quotes too, and comments nest.  No other code of the package
 * searches for quotes, comments or semicolons.
 *
 * Unknown text becomes punctuation: Redshift checks the statement, rsfed only
 * reads it.  Only text that would affect everything after it (an unterminated
 * string, quoted name or comment) is an error.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"

#include "redshift/lex.h"

#define OPERATOR_CHARS		"+-*/<>=~!@#%^&|`?"

/* an operator may end in + or - only if it contains one of these */
#define OPERATOR_SIGN_CHARS	"~!@#%^&|`?"

typedef struct Scanner
{
	const char *query;
	int			pos;
	int			depth;
	int			allocated;
	RedshiftTokens *tokens;
} Scanner;

static bool
is_name_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
		IS_HIGHBIT_SET(c);
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_name_part(char c)
{
	return is_name_start(c) || is_digit(c) || c == '$';
}

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Copies length bytes and folds ASCII letters. */
static char *
fold(const char *text, int length)
{
	char	   *result = pnstrdup(text, length);

	for (char *p = result; *p; p++)
	{
		if (*p >= 'A' && *p <= 'Z')
			*p += 'a' - 'A';
	}
	return result;
}

static void
unterminated(const Scanner *scanner, int start, const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_SYNTAX_ERROR),
			 errmsg("unterminated %s in the query", what),
			 errdetail("It starts at %s: %s",
					   redshift_locate(scanner->query, start),
					   redshift_excerpt(scanner->query + start, 60))));
}

/* Appends a token that ends at the scanner's position. */
static void
add_token(Scanner *scanner, RedshiftTokenKind kind, int start, int depth, const char *text)
{
	RedshiftTokens *tokens = scanner->tokens;
	RedshiftToken *token;

	if (tokens->count + 1 >= scanner->allocated)
	{
		scanner->allocated *= 2;
		tokens->items = repalloc(tokens->items,
								 scanner->allocated * sizeof(RedshiftToken));
	}
	token = &tokens->items[tokens->count];
	token->kind = kind;
	token->start = start;
	token->length = scanner->pos - start;
	token->depth = depth;
	token->text = text ? text : pnstrdup(scanner->query + start, token->length);
	if (kind != RS_TOKEN_END)
		tokens->count++;
}

/* Skips blanks and comments. */
static void
skip_blanks(Scanner *scanner)
{
	const char *query = scanner->query;

	for (;;)
	{
		const char *p = query + scanner->pos;

		if (is_blank(*p))
			scanner->pos++;
		else if (p[0] == '-' && p[1] == '-')
			scanner->pos += strcspn(p, "\r\n");
		else if (p[0] == '/' && p[1] == '*')
		{
			int			start = scanner->pos;
			int			level = 1;

			p += 2;
			while (level > 0)
			{
				if (*p == '\0')
					unterminated(scanner, start, "comment");
				else if (p[0] == '*' && p[1] == '/')
				{
					level--;
					p += 2;
				}
				else if (p[0] == '/' && p[1] == '*')
				{
					level++;
					p += 2;
				}
				else
					p++;
			}
			scanner->pos = p - query;
		}
		else
			break;
	}
}

static void
scan_string(Scanner *scanner)
{
	int			start = scanner->pos;
	const char *p = scanner->query + start + 1;

	for (;;)
	{
		if (*p == '\0')
			unterminated(scanner, start, "string literal");
		if (*p == '\\' && p[1] != '\0')
			p += 2;
		else if (*p == '\'' && p[1] == '\'')
			p += 2;
		else if (*p == '\'')
			break;
		else
			p++;
	}
	scanner->pos = p + 1 - scanner->query;
	add_token(scanner, RS_TOKEN_STRING, start, scanner->depth, NULL);
}

static void
scan_quoted_name(Scanner *scanner)
{
	int			start = scanner->pos;
	const char *p = scanner->query + start + 1;
	StringInfoData name;
	char	   *folded;

	initStringInfo(&name);
	for (;;)
	{
		if (*p == '\0')
			unterminated(scanner, start, "quoted identifier");
		if (*p == '"')
		{
			if (p[1] != '"')
				break;
			p++;
		}
		appendStringInfoChar(&name, *p);
		p++;
	}
	scanner->pos = p + 1 - scanner->query;
	folded = fold(name.data, name.len);
	pfree(name.data);
	add_token(scanner, RS_TOKEN_QUOTED, start, scanner->depth, folded);
}

/* $1, $tag$...$tag$ or a lone dollar sign. */
static void
scan_dollar(Scanner *scanner)
{
	int			start = scanner->pos;
	const char *p = scanner->query + start + 1;
	char	   *tag;
	const char *end;

	if (is_digit(*p))
	{
		while (is_digit(*p))
			p++;
		scanner->pos = p - scanner->query;
		add_token(scanner, RS_TOKEN_PARAMETER, start, scanner->depth, NULL);
		return;
	}

	if (is_name_start(*p))
	{
		while (is_name_start(*p) || is_digit(*p))
			p++;
	}
	if (*p != '$')
	{
		scanner->pos++;
		add_token(scanner, RS_TOKEN_PUNCTUATION, start, scanner->depth, NULL);
		return;
	}

	p++;
	tag = pnstrdup(scanner->query + start, p - (scanner->query + start));
	end = strstr(p, tag);
	if (end == NULL)
		unterminated(scanner, start, "dollar-quoted string");
	scanner->pos = end + strlen(tag) - scanner->query;
	pfree(tag);
	add_token(scanner, RS_TOKEN_STRING, start, scanner->depth, NULL);
}

static void
scan_number(Scanner *scanner)
{
	int			start = scanner->pos;
	const char *p = scanner->query + start;

	while (is_digit(*p))
		p++;
	if (*p == '.' && p[1] != '.')
	{
		p++;
		while (is_digit(*p))
			p++;
	}
	if ((*p == 'e' || *p == 'E') &&
		(is_digit(p[1]) || ((p[1] == '+' || p[1] == '-') && is_digit(p[2]))))
	{
		p += 2;
		while (is_digit(*p))
			p++;
	}
	scanner->pos = p - scanner->query;
	add_token(scanner, RS_TOKEN_NUMBER, start, scanner->depth, NULL);
}

static void
scan_operator(Scanner *scanner)
{
	int			start = scanner->pos;
	const char *p = scanner->query + start;
	int			length = 0;
	bool		sign_allowed = false;

	while (p[length] != '\0' && strchr(OPERATOR_CHARS, p[length]) != NULL)
	{
		/* a comment ends the operator */
		if ((p[length] == '-' && p[length + 1] == '-') ||
			(p[length] == '/' && p[length + 1] == '*'))
			break;
		if (strchr(OPERATOR_SIGN_CHARS, p[length]) != NULL)
			sign_allowed = true;
		length++;
	}
	while (length > 1 && !sign_allowed &&
		   (p[length - 1] == '+' || p[length - 1] == '-'))
		length--;
	scanner->pos += length;
	add_token(scanner, RS_TOKEN_OPERATOR, start, scanner->depth, NULL);
}

static void
scan_punctuation(Scanner *scanner)
{
	int			start = scanner->pos;
	const char *p = scanner->query + start;
	RedshiftTokenKind kind = RS_TOKEN_PUNCTUATION;
	char	   *text = NULL;
	int			depth = scanner->depth;
	int			length = 1;

	if (*p == '(' || *p == '[')
		scanner->depth++;
	else if (*p == ')' || *p == ']')
	{
		if (scanner->depth > 0)
			scanner->depth--;
		depth = scanner->depth;
	}
	else if (p[0] == ':' && p[1] == ':')
	{
		kind = RS_TOKEN_CAST;
		length = 2;
	}
	else if (*p == '{' && is_name_start(p[1]))
	{
		int			end = 1;

		while (is_name_part(p[end]))
			end++;
		if (p[end] == '}')
		{
			kind = RS_TOKEN_PLACEHOLDER;
			text = pnstrdup(p + 1, end - 1);
			length = end + 1;
		}
	}
	scanner->pos += length;
	add_token(scanner, kind, start, depth, text);
}

/*
 * Does # begin the name of a temporary table here, or is it the operator of
 * that name?  The name of a table follows one of these words, a comma, a dot
 * or an opening bracket.
 */
static bool
is_temporary_name(const Scanner *scanner)
{
	static const char *const before[] = {
		"from", "join", "into", "table", "update", "truncate", "exists", "using", "only",
		"analyze", "vacuum", "to", "like", NULL
	};
	const RedshiftToken *last;

	if (!is_name_start(scanner->query[scanner->pos + 1]))
		return false;
	if (scanner->tokens->count == 0)
		return true;
	last = &scanner->tokens->items[scanner->tokens->count - 1];
	return redshift_token_in(last, before) || redshift_token_is_mark(last, ',') ||
		redshift_token_is_mark(last, '.') || redshift_token_is_mark(last, '(');
}

/* A word; a leading # belongs to the name of a temporary table. */
static void
scan_word(Scanner *scanner)
{
	int			start = scanner->pos;
	const char *p = scanner->query + start + 1;

	while (is_name_part(*p))
		p++;
	scanner->pos = p - scanner->query;
	add_token(scanner, RS_TOKEN_WORD, start, scanner->depth,
			  fold(scanner->query + start, scanner->pos - start));
}

/*
 * redshift_lex
 *		Splits a text into tokens, without blanks and comments.
 *
 * The result and everything it points to is allocated in the current memory
 * context.  Raises 42601 for a string, a quoted identifier or a comment that
 * is not closed; anything else is accepted.
 */
RedshiftTokens *
redshift_lex(const char *query)
{
	Scanner		scanner = {0};

	scanner.query = pstrdup(query);
	scanner.allocated = 64;
	scanner.tokens = palloc(sizeof(RedshiftTokens));
	scanner.tokens->query = scanner.query;
	scanner.tokens->count = 0;
	scanner.tokens->items = palloc(scanner.allocated * sizeof(RedshiftToken));

	for (;;)
	{
		const char *p;

		CHECK_FOR_INTERRUPTS();
		skip_blanks(&scanner);
		p = scanner.query + scanner.pos;
		if (*p == '\0')
			break;
		if (is_name_start(*p) || (*p == '#' && is_temporary_name(&scanner)))
			scan_word(&scanner);
		else if (is_digit(*p) || (*p == '.' && is_digit(p[1])))
			scan_number(&scanner);
		else if (*p == '\'')
			scan_string(&scanner);
		else if (*p == '"')
			scan_quoted_name(&scanner);
		else if (*p == '$')
			scan_dollar(&scanner);
		else if (strchr(OPERATOR_CHARS, *p) != NULL)
			scan_operator(&scanner);
		else
			scan_punctuation(&scanner);
	}
	add_token(&scanner, RS_TOKEN_END, scanner.pos, 0, "");
	return scanner.tokens;
}

/*
 * redshift_statement_count
 *		The number of statements in a text: the parts between semicolons that
 *		contain a token.  Raises the errors of redshift_lex.
 */
int
redshift_statement_count(const char *query)
{
	RedshiftTokens *tokens = redshift_lex(query);
	bool		inside = false;
	int			count = 0;

	for (int i = 0; i < tokens->count; i++)
	{
		bool		ends = redshift_token_is_mark(&tokens->items[i], ';');

		if (!ends && !inside)
			count++;
		inside = !ends;
	}
	return count;
}

/*
 * redshift_strip
 *		The text without semicolons at its ends and without the blanks and
 *		comments after its last token; the rest is unchanged, including leading
 *		comments.  An empty string if there is no token.
 *
 * Allocated in the current memory context.  Raises the errors of redshift_lex.
 */
char *
redshift_strip(const char *query)
{
	RedshiftTokens *tokens = redshift_lex(query);
	int			first = 0;
	int			last = tokens->count - 1;
	int			start;

	while (last >= 0 && redshift_token_is_mark(&tokens->items[last], ';'))
		last--;
	if (last < 0)
		return pstrdup("");
	while (redshift_token_is_mark(&tokens->items[first], ';'))
		first++;
	start = first == 0 ? 0 : tokens->items[first].start;
	while (is_blank(query[start]))
		start++;
	return pnstrdup(query + start,
					tokens->items[last].start + tokens->items[last].length - start);
}

/*
 * redshift_token_is
 *		Is the token this unquoted word (lower case)?
 */
bool
redshift_token_is(const RedshiftToken *token, const char *word)
{
	return token->kind == RS_TOKEN_WORD && strcmp(token->text, word) == 0;
}

/*
 * redshift_token_is_mark
 *		Is the token this punctuation character?
 */
bool
redshift_token_is_mark(const RedshiftToken *token, char mark)
{
	return token->kind == RS_TOKEN_PUNCTUATION && token->text[0] == mark;
}

/*
 * redshift_token_in
 *		Is the token one of these unquoted words (a NULL-terminated array)?
 */
bool
redshift_token_in(const RedshiftToken *token, const char *const *words)
{
	if (token->kind != RS_TOKEN_WORD)
		return false;
	for (; *words != NULL; words++)
	{
		if (strcmp(token->text, *words) == 0)
			return true;
	}
	return false;
}

/*
 * redshift_token_is_name
 *		May the token be a name: a word or a quoted identifier?
 */
bool
redshift_token_is_name(const RedshiftToken *token)
{
	return token->kind == RS_TOKEN_WORD || token->kind == RS_TOKEN_QUOTED;
}

/*
 * redshift_matching_token
 *		The index of the bracket that closes the one at index open; the number
 *		of tokens (the END token) if no bracket closes it.
 */
int
redshift_matching_token(const RedshiftTokens *tokens, int open)
{
	int			depth = tokens->items[open].depth;
	int			i;

	for (i = open + 1; i < tokens->count; i++)
	{
		if (tokens->items[i].depth <= depth)
			break;
	}
	return i;
}

/*
 * redshift_token_text
 *		The source text from token first up to, not including, token end; an
 *		empty string for an empty range.  Allocated in the current memory
 *		context.
 */
char *
redshift_token_text(const RedshiftTokens *tokens, int first, int end)
{
	const RedshiftToken *last;

	if (end <= first)
		return pstrdup("");
	last = &tokens->items[end - 1];
	return pnstrdup(tokens->query + tokens->items[first].start,
					last->start + last->length - tokens->items[first].start);
}

/*
 * redshift_locate
 *		"line 2, character 14" for a byte offset of a query, both from 1.
 *		Allocated in the current memory context.
 */
char *
redshift_locate(const char *query, int offset)
{
	int			line = 1;
	int			line_start = 0;

	for (int i = 0; i < offset && query[i] != '\0'; i++)
	{
		if (query[i] == '\n')
		{
			line++;
			line_start = i + 1;
		}
	}
	return psprintf("line %d, character %d", line,
					pg_mbstrlen_with_len(query + line_start, offset - line_start) + 1);
}

/*
 * redshift_excerpt
 *		The beginning of a text for a message: at most max_bytes bytes, never
 *		half a character, runs of blanks as one, "..." if the text was cut.
 *		Allocated in the current memory context.
 */
char *
redshift_excerpt(const char *text, int max_bytes)
{
	StringInfoData buf;
	bool		blank = false;

	initStringInfo(&buf);
	for (; *text != '\0' && buf.len <= max_bytes; text++)
	{
		if (is_blank(*text))
			blank = true;
		else
		{
			if (blank && buf.len > 0)
				appendStringInfoChar(&buf, ' ');
			blank = false;
			appendStringInfoChar(&buf, *text);
		}
	}
	if (buf.len > max_bytes)
	{
		buf.len = pg_mbcliplen(buf.data, buf.len, max_bytes);
		buf.data[buf.len] = '\0';
		appendStringInfoString(&buf, "...");
	}
	return buf.data;
}
