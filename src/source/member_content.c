/*-------------------------------------------------------------------------
 *
 * member_content.c
 *	  Counts and hashes the rows of a table at members of a group.
 *
 * Policy: the checksum is a sum over rows, so that their order does not
 * matter, in decimal arithmetic, which is exact.  Each row's hash is FNV_HASH
 * over its columns in the order of their names.  Each column is first hashed
 * by itself: otherwise the hash of a pair of texts would be that of their
 * concatenation.  NVL is used because the result of FNV_HASH for NULL is not
 * documented.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "base/attempt.h"
#include "base/compat.h"
#include "redshift/quote.h"
#include "redshift/tables.h"
#include "remote/execute.h"
#include "source/member_content.h"

/* The number of columns that are nested into one expression. */
#define CHAIN_LENGTH 50

struct MemberContent
{
	List	   *chains;			/* of char *: each a hash of some columns */
	char	   *chain;			/* the last one, not yet in the list */
	int			columns;
	StringInfoData left_out;

	/* of the query in progress */
	SourceConnection *source;
	char	   *query;
	ContentResult *result;
};

/* Can FNV_HASH take a value of that type?  By its name, Redshift's or Hive's. */
static bool
is_hashable(const char *type)
{
	static const char *const prefixes[] = {
		"smallint", "integer", "int", "bigint", "tinyint", "numeric", "decimal", "real", "float",
		"double", "boolean", "char", "bpchar", "varchar", "string", "date", "time",
	};

	if (pg_strncasecmp(type, "interval", 8) == 0)
		return false;
	for (int i = 0; i < lengthof(prefixes); i++)
	{
		if (pg_strncasecmp(type, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	}
	return false;
}

MemberContent *
content_begin(void)
{
	MemberContent *content = palloc0(sizeof(MemberContent));

	initStringInfo(&content->left_out);
	return content;
}

void
content_add_column(MemberContent *content, const char *name, const char *type, bool is_alike)
{
	char	   *hash;

	if (!is_alike || !is_hashable(type))
	{
		appendStringInfo(&content->left_out, "%s%s", content->left_out.len > 0 ? ", " : "", name);
		return;
	}
	content->columns++;
	hash = psprintf("NVL(FNV_HASH(%s), %d)", redshift_quote_identifier(name), content->columns);
	content->chain = content->chain ? psprintf("FNV_HASH(%s, %s)", hash, content->chain) : hash;
	if (content->columns % CHAIN_LENGTH == 0)
	{
		content->chains = lappend(content->chains, content->chain);
		content->chain = NULL;
	}
}

/* The statement that counts and hashes a table. */
static char *
build_query(MemberContent *content, const char *schema, const char *relation)
{
	StringInfoData inner;
	char	   *row = NULL;
	int			number = 0;
	ListCell   *lc;

	if (content->chain != NULL)
		content->chains = lappend(content->chains, content->chain);
	content->chain = NULL;
	initStringInfo(&inner);
	foreach(lc, content->chains)
	{
		number++;
		appendStringInfo(&inner, "%s%s AS h%d", number > 1 ? ", " : "", (char *) lfirst(lc), number);
		row = row ? psprintf("FNV_HASH(h%d, %s)", number, row) : pstrdup("h1");
	}
	if (row == NULL)
		return psprintf("/* rsfed check */ SELECT COUNT(*) FROM %s.%s",
						redshift_quote_identifier(schema), redshift_quote_identifier(relation));
	return psprintf("/* rsfed check */ SELECT COUNT(*), SUM(CAST(%s AS DECIMAL(38,0)))"
					" FROM (SELECT %s FROM %s.%s) AS t", row, inner.data,
					redshift_quote_identifier(schema), redshift_quote_identifier(relation));
}

static void
ask_content(void *arg)
{
	MemberContent *content = arg;
	int			rows;
	int			columns;
	char	  **cells = remote_fetch_all(content->source->conn, content->query, &rows, &columns);

	if (rows != 1 || cells[0] == NULL)
		elog(ERROR, "unexpected answer to a count of rows");
	content->result->text = columns == 1 ? psprintf("%s rows", cells[0])
		: psprintf("%s rows, checksum %s", cells[0], cells[1] ? cells[1] : "0");
}

void
content_ask(MemberContent *content, SourceConnection *source, const char *schema,
			const char *relation, ContentResult *result)
{
	ErrorData  *error;

	if (content->query == NULL)
		content->query = build_query(content, schema, relation);
	content->source = source;
	content->result = result;
	error = attempt(ask_content, content);
	if (error != NULL)
		result->error = psprintf("%s%s%s", error->message, error->detail ? "\n" : "",
								 error->detail ? error->detail : "");
}

const char *
content_note(const MemberContent *content)
{
	return content->left_out.len == 0 ? ""
		: psprintf("\nnot compared, because their types differ or cannot be hashed: %s", content->left_out.data);
}
