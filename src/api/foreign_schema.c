/*-------------------------------------------------------------------------
 *
 * foreign_schema.c
 *	  SQL: the tables of a schema in Redshift, as IMPORT FOREIGN SCHEMA has them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "api/result.h"
#include "base/compat.h"
#include "fdw/import.h"

PG_FUNCTION_INFO_V1(rsfed_remote_columns);

/*
 * rsfed.remote_columns(server, remote_schema): a row for each column that can be
 * had, tables and columns in Redshift's order.
 */
Datum
rsfed_remote_columns(PG_FUNCTION_ARGS)
{
	ResultRows *result = result_begin(fcinfo);
	List	   *tables = import_tables(NameStr(*PG_GETARG_NAME(0)), text_to_cstring(PG_GETARG_TEXT_PP(1)));
	List	   *taken = NIL;
	ListCell   *lc;

	foreach(lc, tables)
	{
		const ImportTable *table = lfirst(lc);
		char	   *local = import_local_name(table->name, taken, NULL);
		ListCell   *item;

		taken = lappend(taken, local);
		foreach(item, import_columns(table, false))
		{
			const ImportColumn *column = lfirst(item);
			bool		nulls[7] = {false};
			Datum		values[7];

			values[0] = CStringGetTextDatum(table->name);
			values[1] = CStringGetTextDatum(local);
			values[2] = CStringGetTextDatum(column->name);
			values[3] = CStringGetTextDatum(column->local);
			values[4] = CStringGetTextDatum(column->type);
			values[5] = BoolGetDatum(column->is_char);
			nulls[6] = column->comment == NULL;
			if (column->comment != NULL)
				values[6] = CStringGetTextDatum(column->comment);
			result_add(result, values, nulls);
		}
	}
	return (Datum) 0;
}
