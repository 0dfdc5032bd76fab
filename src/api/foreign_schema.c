/*-------------------------------------------------------------------------
 *
 * foreign_schema.c
 *	  SQL function that lists the tables of a schema in Redshift as IMPORT
 *	  FOREIGN SCHEMA would import them.
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
 * rsfed.remote_columns(server, remote_schema): a row for each available
 * column, with tables and columns in Redshift's order.
 */
Datum
rsfed_remote_columns(PG_FUNCTION_ARGS)
{
	ResultRows *result = result_begin(fcinfo);
	List	   *tables = import_tables(NameStr(*PG_GETARG_NAME(0)), text_to_cstring(PG_GETARG_TEXT_PP(1)));
	ListCell   *lc;

	foreach(lc, tables)
	{
		const ImportTable *table = lfirst(lc);
		ListCell   *item;

		foreach(item, import_columns(table, false))
		{
			const ImportColumn *column = lfirst(item);
			bool		nulls[9] = {false};
			Datum		values[9];

			values[0] = CStringGetTextDatum(table->name);
			values[1] = CStringGetTextDatum(table->local);
			values[2] = CStringGetTextDatum(column->name);
			values[3] = CStringGetTextDatum(column->local);
			values[4] = CStringGetTextDatum(column->type);
			values[5] = BoolGetDatum(column->is_char);
			values[6] = CStringGetTextDatum(import_column_definition(column));
			nulls[7] = column->comment == NULL;
			if (column->comment != NULL)
				values[7] = CStringGetTextDatum(column->comment);
			nulls[8] = table->comment == NULL;
			if (table->comment != NULL)
				values[8] = CStringGetTextDatum(table->comment);
			result_add(result, values, nulls);
		}
	}
	return (Datum) 0;
}
