/*-------------------------------------------------------------------------
 *
 * pinned.c
 *	  The argument "columns" of a rollup: names and types that a user pins.
 *
 * Policy: PostgreSQL's own parser reads it as the column list after AS in a
 * FROM clause; the parse tree is then checked to hold such a list and nothing
 * else, and only names and types are taken from it.  The text itself never
 * becomes part of a statement that is run.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/parsenodes.h"
#include "parser/parse_type.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "commands/defrem.h"

#include "base/compat.h"
#include "rollup/pinned.h"

static const char prefix[] = "SELECT FROM f() AS t(";

/* Points an error of the parser into the argument. */
static void
columns_error_callback(void *arg)
{
	int			position = geterrposition();

	if (position > (int) strlen(prefix))
	{
		errposition(0);
		internalerrposition(position - (int) strlen(prefix));
		internalerrquery((const char *) arg);
	}
	errcontext("argument columns");
}

static void
refuse(const char *columns)
{
	ereport(ERROR,
			(errcode(ERRCODE_SYNTAX_ERROR),
			 errmsg("invalid column list \"%s\"", columns),
			 errhint("Write names and types, as in: columns => 'sellerid int, sales numeric(12,2)'. For NOT NULL there is the option not_null.")));
}

/* The list in a parse tree that holds nothing else; NIL if it does. */
static List *
column_definitions(List *statements)
{
	SelectStmt *select;
	RangeFunction *function;

	if (list_length(statements) != 1 ||
		!IsA(linitial_node(RawStmt, statements)->stmt, SelectStmt))
		return NIL;
	select = (SelectStmt *) linitial_node(RawStmt, statements)->stmt;
	if (select->op != SETOP_NONE || list_length(select->fromClause) != 1 ||
		select->targetList != NIL || select->whereClause != NULL ||
		select->groupClause != NIL || select->havingClause != NULL ||
		select->windowClause != NIL || select->sortClause != NIL ||
		select->limitCount != NULL || select->limitOffset != NULL ||
		select->lockingClause != NIL || select->withClause != NULL ||
		!IsA(linitial(select->fromClause), RangeFunction))
		return NIL;
	function = linitial_node(RangeFunction, select->fromClause);
	return function->coldeflist;
}

static PinnedColumn *
resolve_column(ColumnDef *definition)
{
	PinnedColumn *column = palloc0(sizeof(PinnedColumn));

	if (definition->typeName->setof)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("column \"%s\" cannot be SETOF", definition->colname)));
	column->name = pstrdup(definition->colname);
	typenameTypeIdAndMod(NULL, definition->typeName, &column->type, &column->typmod);
	if (definition->collClause != NULL)
		column->collation = LookupCollation(NULL, definition->collClause->collname, -1);
	return column;
}

List *
pinned_parse(const char *columns)
{
	ErrorContextCallback callback = {
		.callback = columns_error_callback,
		.arg = unconstify(char *, columns),
		.previous = error_context_stack,
	};
	List	   *definitions;
	List	   *pinned = NIL;
	ListCell   *lc;

	error_context_stack = &callback;
	definitions = column_definitions(pg_parse_query(psprintf("%s%s)", prefix, columns)));
	if (definitions == NIL)
		refuse(columns);
	foreach(lc, definitions)
	{
		PinnedColumn *column = resolve_column(lfirst_node(ColumnDef, lc));
		ListCell   *other;

		foreach(other, pinned)
		{
			if (strcmp(((PinnedColumn *) lfirst(other))->name, column->name) == 0)
				ereport(ERROR,
						(errcode(ERRCODE_DUPLICATE_COLUMN),
						 errmsg("column \"%s\" is named twice", column->name)));
		}
		pinned = lappend(pinned, column);
	}
	error_context_stack = callback.previous;
	return pinned;
}
