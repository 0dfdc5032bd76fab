/*-------------------------------------------------------------------------
 *
 * lex.h
 *		The words of a Redshift statement.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_REDSHIFT_LEX_H
#define RSFED_REDSHIFT_LEX_H

typedef enum RedshiftTokenKind
{
	RS_TOKEN_WORD,				/* identifier or key word */
	RS_TOKEN_QUOTED,			/* "identifier" */
	RS_TOKEN_STRING,			/* '...' or $tag$...$tag$ */
	RS_TOKEN_NUMBER,			/* 12, 1.5, .5, 1e3 */
	RS_TOKEN_CAST,				/* :: */
	RS_TOKEN_OPERATOR,			/* + - * / < > = ~ ! @ # % ^ & | ` ? */
	RS_TOKEN_PUNCTUATION,		/* ( ) [ ] { } , ; . : and unknown bytes */
	RS_TOKEN_PARAMETER,			/* $1 */
	RS_TOKEN_PLACEHOLDER,		/* {name} */
	RS_TOKEN_END				/* after the last token */
} RedshiftTokenKind;

typedef struct RedshiftToken
{
	RedshiftTokenKind kind;
	int			start;			/* byte offset in the query */
	int			length;			/* bytes */
	int			depth;			/* open ( and [ around it; a bracket has the
								 * depth outside of it */

	/*
	 * WORD and QUOTED: the name, unquoted and folded (ASCII) to lower case;
	 * PLACEHOLDER: its name as written; all others: the source text.
	 */
	const char *text;
} RedshiftToken;

typedef struct RedshiftTokens
{
	const char *query;			/* copy of the text that was read */
	int			count;			/* without the END token */
	RedshiftToken *items;		/* count + 1 of them, the last is END */
} RedshiftTokens;

extern RedshiftTokens *redshift_lex(const char *query);
extern int	redshift_statement_count(const char *query);
extern char *redshift_strip(const char *query);

extern bool redshift_token_is(const RedshiftToken *token, const char *word);
extern bool redshift_token_is_mark(const RedshiftToken *token, char mark);
extern bool redshift_token_in(const RedshiftToken *token, const char *const *words);
extern bool redshift_token_is_name(const RedshiftToken *token);
extern int	redshift_matching_token(const RedshiftTokens *tokens, int open);
extern char *redshift_token_text(const RedshiftTokens *tokens, int first, int end);
extern char *redshift_locate(const char *query, int offset);
extern char *redshift_excerpt(const char *text, int max_bytes);

#endif							/* RSFED_REDSHIFT_LEX_H */
