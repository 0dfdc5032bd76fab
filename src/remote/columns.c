/*-------------------------------------------------------------------------
 *
 * columns.c
 *	  The columns of a result as Redshift describes them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "remote/internal.h"

#include "base/compat.h"

/* Copies the description that a result carries; palloc'd. */
RemoteColumns *
columns_of_result(const PGresult *result)
{
	RemoteColumns *columns = palloc(sizeof(RemoteColumns));

	columns->count = PQnfields(result);
	columns->column = palloc(Max(columns->count, 1) * sizeof(RemoteColumn));
	for (int i = 0; i < columns->count; i++)
	{
		const char *name = PQfname(result, i);

		columns->column[i].name = pstrdup(pg_any_to_server(name, strlen(name), PG_UTF8));
		columns->column[i].type = PQftype(result, i);
		columns->column[i].typmod = PQfmod(result, i);
	}
	return columns;
}

int
remote_columns_find(const RemoteColumns *columns, const char *name)
{
	for (int i = 0; i < columns->count; i++)
	{
		if (strcmp(columns->column[i].name, name) == 0)
			return i;
	}
	return -1;
}
