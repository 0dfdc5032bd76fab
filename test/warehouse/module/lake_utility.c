/*
 * lake_utility.c
 *		Utility statements about external tables that have the same form as
 *		those about local tables: DROP TABLE, GRANT, ALTER, CREATE VIEW.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "commands/defrem.h"
#include "executor/spi.h"
#include "lake.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

/* The proxy puts this before a view WITH NO SCHEMA BINDING. */
#define LATE_BINDING "/*standin late*/"

static bool
names_external(RangeVar *name)
{
	Oid			relid = name->schemaname ? RangeVarGetRelid(name, NoLock, true) : InvalidOid;

	return OidIsValid(relid) && lake_is_external(relid);
}

static void
refuse(const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg_internal("%s is not supported on external tables", what)));
}

/* drop_tables removes tables from the catalogue and from this warehouse. */
static void
drop_tables(DropStmt *stmt, bool top_level)
{
	ListCell   *lc;

	PreventInTransactionBlock(top_level, "DROP TABLE of an external table");
	SPI_connect();
	foreach(lc, stmt->objects)
	{
		RangeVar   *name = makeRangeVarFromNameList(lfirst(lc));
		char	   *call;

		if (!names_external(name))
			refuse("DROP TABLE of other tables together with some that are external");
		call = psprintf("CALL standin.drop_external_table(%s, %s)",
						quote_literal_cstr(name->schemaname),
						quote_literal_cstr(name->relname));
		if (SPI_execute(call, false, 0) < 0)
			elog(ERROR, "\"%s\" failed", call);
	}
	SPI_finish();
}

/*
 * lake_utility runs or refuses a statement about external tables; it returns
 * false for others.
 */
bool
lake_utility(Node *stmt, bool top_level)
{
	if (IsA(stmt, DropStmt) && ((DropStmt *) stmt)->removeType == OBJECT_TABLE)
	{
		DropStmt   *drop = (DropStmt *) stmt;

		if (!names_external(makeRangeVarFromNameList(linitial(drop->objects))))
			return false;
		drop_tables(drop, top_level);
		return true;
	}
	if (IsA(stmt, GrantStmt) && ((GrantStmt *) stmt)->objtype == OBJECT_TABLE &&
		((GrantStmt *) stmt)->targtype == ACL_TARGET_OBJECT)
	{
		ListCell   *lc;

		foreach(lc, ((GrantStmt *) stmt)->objects)
			if (names_external(lfirst(lc)))
				refuse(((GrantStmt *) stmt)->is_grant ? "GRANT" : "REVOKE");
	}
	if (IsA(stmt, AlterTableStmt) && names_external(((AlterTableStmt *) stmt)->relation))
		refuse("This form of ALTER TABLE");
	if (IsA(stmt, RenameStmt) && ((RenameStmt *) stmt)->relation &&
		names_external(((RenameStmt *) stmt)->relation))
		refuse("RENAME");
	return false;
}

static bool
touches_external(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeTblEntry))
		return ((RangeTblEntry *) node)->rtekind == RTE_RELATION &&
			lake_is_external(((RangeTblEntry *) node)->relid);
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, touches_external, context,
								 QTW_EXAMINE_RTES_BEFORE);
	return expression_tree_walker(node, touches_external, context);
}

/* skip_word returns the position after a word at text, or NULL. */
static const char *
skip_word(const char *text, const char *word)
{
	if (text == NULL || pg_strncasecmp(text, word, strlen(word)) != 0)
		return NULL;
	text += strlen(word);
	while (isspace((unsigned char) *text))
		text++;
	return text;
}

/* lake_check_view allows external tables in late-binding views only. */
void
lake_check_view(const char *source, Query *query)
{
	const char *rest = source,
			   *replace;

	while (strncmp(rest, "/*standin", 9) == 0 && strncmp(rest, LATE_BINDING, strlen(LATE_BINDING)) != 0)
		rest = strstr(rest, "*/") + 2;
	rest = skip_word(rest + strspn(rest, " \t\r\n"), "create");
	if ((replace = skip_word(skip_word(rest, "or"), "replace")) != NULL)
		rest = replace;
	if (skip_word(rest, "view") && touches_external((Node *) query, NULL))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg_internal("External tables are not supported in views")));
}
