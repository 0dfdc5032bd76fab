/*-------------------------------------------------------------------------
 *
 * server.c
 *	  The foreign servers that can be sources.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/pg_foreign_server.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "base/errors.h"
#include "source/credentials.h"
#include "source/server.h"

static bool is_source_wrapper(Oid fdwid);

ForeignServer *
source_server(const char *source)
{
	ForeignServer *server = GetForeignServerByName(source, true);

	if (server == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("Redshift server \"%s\" does not exist", source),
				 source_names() == NIL ?
				 errhint("Register one with SELECT rsfed.register_server(...).") :
				 errhint("%s", unknown_name_hint(source, source_names(), "servers"))));
	if (!is_source_wrapper(server->fdwid))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("server \"%s\" cannot be a source", source),
				 errdetail("Its foreign-data wrapper is \"%s\"; rsfed uses servers of the wrappers rsfed and postgres_fdw.",
						   GetForeignDataWrapper(server->fdwid)->fdwname)));
	return server;
}

ForeignServer *
source_server_locked(const char *source)
{
	ForeignServer *server = source_server(source);

	LockDatabaseObject(ForeignServerRelationId, server->serverid, 0, AccessShareLock);
	/* it may have been dropped during the wait */
	return source_server(source);
}

/* Does rsfed support the wrapper's options? */
static bool
is_source_wrapper(Oid fdwid)
{
	const char *name = GetForeignDataWrapper(fdwid)->fdwname;

	return strcmp(name, "rsfed") == 0 || strcmp(name, "postgres_fdw") == 0;
}

List *
source_names(void)
{
	Relation	relation = table_open(ForeignServerRelationId, AccessShareLock);
	Relation	index = index_open(ForeignServerNameIndexId, AccessShareLock);
	/* sorted by name for readers */
	SysScanDesc scan = systable_beginscan_ordered(relation, index, NULL, 0, NULL);
	HeapTuple	tuple;
	List	   *names = NIL;

	while (HeapTupleIsValid(tuple = systable_getnext_ordered(scan, ForwardScanDirection)))
	{
		Form_pg_foreign_server form = (Form_pg_foreign_server) GETSTRUCT(tuple);

		if (is_source_wrapper(form->srvfdw))
			names = lappend(names, pstrdup(NameStr(form->srvname)));
	}
	systable_endscan_ordered(scan);
	index_close(index, AccessShareLock);
	table_close(relation, AccessShareLock);
	return names;
}

bool
source_is_group(ForeignServer *server)
{
	return source_option(server->options, "strategy") != NULL;
}
