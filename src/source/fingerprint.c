/*-------------------------------------------------------------------------
 *
 * fingerprint.c
 *	  Detects changes of a role's log-in.
 *
 * Policy: only local data is read, and nothing is sent.  The fingerprint
 * contains no secret, not even as a hash: the versions of the catalog rows and
 * the attributes of the file's inode suffice.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <sys/stat.h>

#include "access/htup_details.h"
#include "access/reloptions.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_user_mapping.h"
#include "foreign/foreign.h"
#include "lib/stringinfo.h"
#include "utils/syscache.h"

#include "base/compat.h"
#include "source/credentials.h"
#include "source/fingerprint.h"

/* See fingerprint.h. */
bool
source_login(const char *source, Oid userid, SourceLogin *login)
{
	ForeignServer *server = GetForeignServerByName(source, true);

	if (server == NULL)
		return false;
	login->server_id = server->serverid;
	login->role_id = userid;
	if (SearchSysCacheExists2(USERMAPPINGUSERSERVER, ObjectIdGetDatum(userid),
							  ObjectIdGetDatum(server->serverid)))
		return true;
	login->role_id = InvalidOid;
	return SearchSysCacheExists2(USERMAPPINGUSERSERVER, ObjectIdGetDatum(InvalidOid),
								 ObjectIdGetDatum(server->serverid));
}

/* The position of a row version, and the transaction that wrote it. */
static void
append_version(StringInfo buf, HeapTuple tuple)
{
	appendStringInfo(buf, "%u:%u/%u ", HeapTupleHeaderGetRawXmin(tuple->t_data),
					 ItemPointerGetBlockNumber(&tuple->t_self),
					 ItemPointerGetOffsetNumber(&tuple->t_self));
}

/* See fingerprint.h. */
char *
source_fingerprint(const SourceLogin *login)
{
	HeapTuple	mapping = SearchSysCache2(USERMAPPINGUSERSERVER, ObjectIdGetDatum(login->role_id),
										  ObjectIdGetDatum(login->server_id));
	HeapTuple	server = SearchSysCache1(FOREIGNSERVEROID, ObjectIdGetDatum(login->server_id));
	StringInfoData buf;
	Datum		options;
	bool		isnull = true;
	const char *path = NULL;
	struct stat status;

	initStringInfo(&buf);
	if (HeapTupleIsValid(mapping) && HeapTupleIsValid(server))
	{
		append_version(&buf, mapping);
		append_version(&buf, server);
		options = SysCacheGetAttr(USERMAPPINGUSERSERVER, mapping,
								  Anum_pg_user_mapping_umoptions, &isnull);
		if (!isnull)
			path = source_option(untransformRelOptions(options), "credentials_file");
		if (path != NULL && stat(path, &status) == 0)
			appendStringInfo(&buf, UINT64_FORMAT "/" INT64_FORMAT "/" INT64_FORMAT ".%09ld",
							 (uint64) status.st_ino, (int64) status.st_size,
							 (int64) status.st_mtim.tv_sec, (long) status.st_mtim.tv_nsec);
		else if (path != NULL)
			appendStringInfoString(&buf, "no file");
	}
	if (HeapTupleIsValid(mapping))
		ReleaseSysCache(mapping);
	if (HeapTupleIsValid(server))
		ReleaseSysCache(server);
	return buf.len > 0 ? buf.data : NULL;
}
