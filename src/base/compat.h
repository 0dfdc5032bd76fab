/*-------------------------------------------------------------------------
 *
 * compat.h
 *	  Differences between the PostgreSQL and libpq versions rsfed builds on.
 *
 * Policy: this is the only file that may look at PG_VERSION_NUM or at a
 * LIBPQ_HAS_* macro.  Every wrapper has the signature of the newest version
 * and names the release that brought it; everything else is written as if
 * only that version existed.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_COMPAT_H
#define RSFED_COMPAT_H

#if PG_VERSION_NUM < 130000 || PG_VERSION_NUM >= 190000
#error "rsfed supports PostgreSQL 13 to 18"
#endif

/* 18: the module's name and version are part of the magic block */
#if PG_VERSION_NUM >= 180000
#define RSFED_MODULE_MAGIC PG_MODULE_MAGIC_EXT(.name = "rsfed", .version = RSFED_VERSION)
#else
#define RSFED_MODULE_MAGIC PG_MODULE_MAGIC
#endif

/* 15: MarkGUCPrefixReserved replaces EmitWarningsOnPlaceholders */
#if PG_VERSION_NUM < 150000
#define MarkGUCPrefixReserved(prefix) EmitWarningsOnPlaceholders(prefix)
#endif

/*
 * 15: a function returns the time line; before, RecoveryInProgress() sets a
 * variable
 */
#if PG_VERSION_NUM < 150000
#define GetWALInsertionTimeLine() (ThisTimeLineID)
#endif

/* 15: NULLS NOT DISTINCT in unique indexes */
#if PG_VERSION_NUM >= 150000
#define RSFED_HAVE_NULLS_NOT_DISTINCT 1
#else
#define RSFED_HAVE_NULLS_NOT_DISTINCT 0
#endif

/* 18: a deferrable primary key is returned too, on request */
#if PG_VERSION_NUM >= 180000
#define RelationGetPrimaryKeyIndexCompat(rel) RelationGetPrimaryKeyIndex(rel, false)
#else
#define RelationGetPrimaryKeyIndexCompat(rel) RelationGetPrimaryKeyIndex(rel)
#endif

/* 15: a publication may name columns and rows */
#if PG_VERSION_NUM >= 150000
#define RSFED_HAVE_COLUMN_LISTS 1
#else
#define RSFED_HAVE_COLUMN_LISTS 0
#endif

/* 17: the MAINTAIN privilege */
#if PG_VERSION_NUM >= 170000
#define RSFED_HAVE_MAINTAIN 1
#else
#define RSFED_HAVE_MAINTAIN 0
#endif

/* 16: one ownership check for all kinds of objects (afbfc02983) */
#if PG_VERSION_NUM < 160000
#include "utils/acl.h"
#define object_ownercheck(classid, objectid, roleid) \
	((void) (classid), pg_class_ownercheck(objectid, roleid))
#endif

/*
 * 18: the meaning of an ordering operator is no longer the number of a btree
 * strategy
 */
#if PG_VERSION_NUM >= 180000
#include "access/cmptype.h"
#else
#include "access/stratnum.h"
typedef int16 CompareType;
#define COMPARE_GT BTGreaterStrategyNumber
#endif

/* 18: the collation POSIX has no macro, but the same OID as before (pg_collation.dat) */
#include "catalog/pg_collation.h"
#ifndef POSIX_COLLATION_OID
#define POSIX_COLLATION_OID 951
#endif

/* 18: pg_noreturn, which stands in front, replaces pg_attribute_noreturn() */
#if PG_VERSION_NUM < 180000
#define pg_noreturn pg_attribute_noreturn()
#endif

/* 14: wait events have a header of their own */
#if PG_VERSION_NUM >= 140000
#include "utils/wait_event.h"
#else
#include "pgstat.h"
#endif

/* 16: object_aclcheck replaces one function for each kind of object */
#if PG_VERSION_NUM >= 160000
#define rsfed_foreign_server_aclcheck(server, role, mode) \
	object_aclcheck(ForeignServerRelationId, server, role, mode)
#define rsfed_foreign_server_ownercheck(server, role) \
	object_ownercheck(ForeignServerRelationId, server, role)
#else
#define rsfed_foreign_server_aclcheck(server, role, mode) \
	pg_foreign_server_aclcheck(server, role, mode)
#define rsfed_foreign_server_ownercheck(server, role) \
	pg_foreign_server_ownercheck(server, role)
#endif

/* 17: wait events of extensions have names */
#if PG_VERSION_NUM >= 170000
#define RSFED_WAIT_EVENT_NEW(name) WaitEventExtensionNew(name)
#else
#define RSFED_WAIT_EVENT_NEW(name) PG_WAIT_EXTENSION
#endif

/*
 * Writing rows without the planner (src/refresh/table_writer.c).  Macros, so that
 * only their users need the executor's headers.
 */

/*
 * 14: the result relation is an argument, and the list of those that are open
 * is where triggers look for it (a04daa97a4)
 */
#if PG_VERSION_NUM >= 140000
#define ExecComputeStoredGeneratedCompat(relinfo, estate, slot, cmdtype) \
	ExecComputeStoredGenerated(relinfo, estate, slot, cmdtype)
#define EStateSetResultRelation(estate, relinfo) \
	((estate)->es_opened_result_relations = list_make1(relinfo))
#else
#define ExecComputeStoredGeneratedCompat(relinfo, estate, slot, cmdtype) \
	ExecComputeStoredGenerated(estate, slot, cmdtype)
#define EStateSetResultRelation(estate, relinfo) \
	((estate)->es_num_result_relations = 1, \
	 (estate)->es_result_relations = (estate)->es_result_relation_info = (relinfo))
#endif

/* 15: cross-partition updates have arguments of their own */
#if PG_VERSION_NUM >= 150000
#define ExecARUpdateTriggersCompat(estate, relinfo, src, dst, tid, fdw, slot, recheck, capture, crosspart) \
	ExecARUpdateTriggers(estate, relinfo, src, dst, tid, fdw, slot, recheck, capture, crosspart)
#define ExecARDeleteTriggersCompat(estate, relinfo, tid, fdw, capture, crosspart) \
	ExecARDeleteTriggers(estate, relinfo, tid, fdw, capture, crosspart)
#else
#define ExecARUpdateTriggersCompat(estate, relinfo, src, dst, tid, fdw, slot, recheck, capture, crosspart) \
	ExecARUpdateTriggers(estate, relinfo, tid, fdw, slot, recheck, capture)
#define ExecARDeleteTriggersCompat(estate, relinfo, tid, fdw, capture, crosspart) \
	ExecARDeleteTriggers(estate, relinfo, tid, fdw, capture)
#endif

/* 16: an update may concern summarizing indexes only */
#if PG_VERSION_NUM >= 160000
#define UpdateIndexesCompat TU_UpdateIndexes
#define UPDATE_INDEXES_NONE(update) ((update) == TU_None)
#define UPDATE_INDEXES_SUMMARIZING(update) ((update) == TU_Summarizing)
#define ExecInsertIndexTuplesCompat(relinfo, slot, estate, update, nodup, conflict, arbiters, summarizing) \
	ExecInsertIndexTuples(relinfo, slot, estate, update, nodup, conflict, arbiters, summarizing)
#else
#define UpdateIndexesCompat bool
#define UPDATE_INDEXES_NONE(update) (!(update))
#define UPDATE_INDEXES_SUMMARIZING(update) (false)
#if PG_VERSION_NUM >= 140000
#define ExecInsertIndexTuplesCompat(relinfo, slot, estate, update, nodup, conflict, arbiters, summarizing) \
	ExecInsertIndexTuples(relinfo, slot, estate, update, nodup, conflict, arbiters)
#else
#define ExecInsertIndexTuplesCompat(relinfo, slot, estate, update, nodup, conflict, arbiters, summarizing) \
	ExecInsertIndexTuples(slot, estate, nodup, conflict, arbiters)
#endif
#endif

/*
 * A range table of the one relation that is written; "columns" (offset by
 * FirstLowInvalidHeapAttributeNumber) are those that may change.  16: they
 * stand in a list of permissions (a61b1f7482); 18: unpruned relations are
 * listed as well (cbc127917e).
 */
#if PG_VERSION_NUM >= 160000
#if PG_VERSION_NUM >= 180000
#define INIT_RANGE_TABLE_18(estate, rtes, perminfos) \
	ExecInitRangeTable(estate, rtes, perminfos, bms_make_singleton(1))
#else
#define INIT_RANGE_TABLE_18(estate, rtes, perminfos) \
	ExecInitRangeTable(estate, rtes, perminfos)
#endif
#define ExecInitResultRangeTable(estate, rte, columns) \
	do { \
		List	   *perminfos_ = NIL; \
		RTEPermissionInfo *perminfo_ = addRTEPermissionInfo(&perminfos_, rte); \
		perminfo_->insertedCols = perminfo_->updatedCols = (columns); \
		INIT_RANGE_TABLE_18(estate, list_make1(rte), perminfos_); \
	} while (0)
#else
#define ExecInitResultRangeTable(estate, rte, columns) \
	do { \
		(rte)->insertedCols = (rte)->updatedCols = (columns); \
		ExecInitRangeTable(estate, list_make1(rte)); \
	} while (0)
#endif

/* 18: an index scan may be instrumented */
#if PG_VERSION_NUM >= 180000
#define index_beginscanCompat(heap, index, snapshot, instrument, nkeys, norderbys) \
	index_beginscan(heap, index, snapshot, instrument, nkeys, norderbys)
#else
#define index_beginscanCompat(heap, index, snapshot, instrument, nkeys, norderbys) \
	index_beginscan(heap, index, snapshot, nkeys, norderbys)
#endif

/* 16: soft errors */
#if PG_VERSION_NUM >= 160000
#define stringToQualifiedNameListCompat(string, escontext) \
	stringToQualifiedNameList(string, escontext)
#else
#define stringToQualifiedNameListCompat(string, escontext) \
	stringToQualifiedNameList(string)
#endif

/* 15: shared memory is requested from a hook of its own; before, in _PG_init */
#if PG_VERSION_NUM >= 150000
#define RSFED_SET_SHMEM_REQUEST_HOOK(previous, hook) \
	((previous) = shmem_request_hook, shmem_request_hook = (hook))
#else
typedef void (*shmem_request_hook_type) (void);
#define RSFED_SET_SHMEM_REQUEST_HOOK(previous, hook) \
	((previous) = NULL, (hook) ())
#endif

/* 14: ProcessUtility_hook learned whether the tree may be changed */
#if PG_VERSION_NUM >= 140000
#define RSFED_UTILITY_PARAMETERS \
	PlannedStmt *pstmt, const char *queryString, bool readOnlyTree, \
	ProcessUtilityContext context, ParamListInfo params, \
	QueryEnvironment *queryEnv, DestReceiver *dest, QueryCompletion *qc
#define RSFED_UTILITY_ARGUMENTS \
	pstmt, queryString, readOnlyTree, context, params, queryEnv, dest, qc
#else
#define RSFED_UTILITY_PARAMETERS \
	PlannedStmt *pstmt, const char *queryString, \
	ProcessUtilityContext context, ParamListInfo params, \
	QueryEnvironment *queryEnv, DestReceiver *dest, QueryCompletion *qc
#define RSFED_UTILITY_ARGUMENTS \
	pstmt, queryString, context, params, queryEnv, dest, qc
#endif

/* 16: object_ownercheck serves databases too */
#if PG_VERSION_NUM >= 160000
#define RSFED_OWNS_DATABASE(database, role) object_ownercheck(DatabaseRelationId, database, role)
#else
#define RSFED_OWNS_DATABASE(database, role) pg_database_ownercheck(database, role)
#endif

/* 16: and extensions */
#if PG_VERSION_NUM >= 160000
#define RSFED_OWNS_EXTENSION(extension, role) object_ownercheck(ExtensionRelationId, extension, role)
#else
#define RSFED_OWNS_EXTENSION(extension, role) pg_extension_ownercheck(extension, role)
#endif

/* 16: and schemas and databases */
#if PG_VERSION_NUM >= 160000
#define RSFED_OWNS_NAMESPACE(schema, role) object_ownercheck(NamespaceRelationId, schema, role)
#define rsfed_namespace_aclcheck(schema, role, mode) \
	object_aclcheck(NamespaceRelationId, schema, role, mode)
#define rsfed_database_aclcheck(database, role, mode) \
	object_aclcheck(DatabaseRelationId, database, role, mode)
#else
#define RSFED_OWNS_NAMESPACE(schema, role) pg_namespace_ownercheck(schema, role)
#define rsfed_namespace_aclcheck(schema, role, mode) pg_namespace_aclcheck(schema, role, mode)
#define rsfed_database_aclcheck(database, role, mode) pg_database_aclcheck(database, role, mode)
#endif

/*
 * 14: a function makes a numeric of a number with a known scale without a text
 * (a2da77cdb4)
 */
#if PG_VERSION_NUM >= 140000
#define RSFED_HAVE_INT64_DIV_TO_NUMERIC 1
#define int64_div_fast_to_numericCompat(value, scale) int64_div_fast_to_numeric(value, scale)
#else
#define RSFED_HAVE_INT64_DIV_TO_NUMERIC 0
#define int64_div_fast_to_numericCompat(value, scale) ((void) (value), (void) (scale), (Numeric) NULL)
#endif

/* 17: the number of a transaction that has none of its own stands with the backend's */
#if PG_VERSION_NUM >= 170000
#define RSFED_LOCAL_TRANSACTION (MyProc->vxid.lxid)
#else
#define RSFED_LOCAL_TRANSACTION (MyProc->lxid)
#endif

/* 15: whether the page of a row that is not visible stays pinned is an argument */
#if PG_VERSION_NUM >= 150000
#define RSFED_HEAP_FETCH(table, snapshot, tuple, buffer) \
	heap_fetch(table, snapshot, tuple, buffer, false)
#else
#define RSFED_HEAP_FETCH(table, snapshot, tuple, buffer) heap_fetch(table, snapshot, tuple, buffer)
#endif

/* 14: the storage manager remembers how long a file was when it last asked */
#if PG_VERSION_NUM >= 140000
#define RSFED_SIZE_LAST_SEEN(table) \
	((table)->rd_smgr ? (table)->rd_smgr->smgr_cached_nblocks[MAIN_FORKNUM] : InvalidBlockNumber)
#else
#define RSFED_SIZE_LAST_SEEN(table) InvalidBlockNumber
#endif

/* 14: predefined roles lost their DEFAULT_ */
#if PG_VERSION_NUM < 140000
#define ROLE_PG_MONITOR DEFAULT_ROLE_MONITOR
#endif

/*
 * Paths of foreign tables.  17: a list of conditions that the path has applied;
 * 18: how many disabled nodes it has.  Macros, so that only their users need the
 * planner's headers.
 */
#if PG_VERSION_NUM >= 180000
#define create_foreignscan_pathCompat(root, rel, target, rows, startup, total, keys, outer) \
	create_foreignscan_path(root, rel, target, rows, 0, startup, total, keys, outer, NULL, NIL, NIL)
#define create_foreign_join_pathCompat(root, rel, target, rows, startup, total, keys, outer) \
	create_foreign_join_path(root, rel, target, rows, 0, startup, total, keys, outer, NULL, NIL, NIL)
#define create_foreign_upper_pathCompat(root, rel, target, rows, startup, total, keys) \
	create_foreign_upper_path(root, rel, target, rows, 0, startup, total, keys, NULL, NIL, NIL)
#elif PG_VERSION_NUM >= 170000
#define create_foreignscan_pathCompat(root, rel, target, rows, startup, total, keys, outer) \
	create_foreignscan_path(root, rel, target, rows, startup, total, keys, outer, NULL, NIL, NIL)
#define create_foreign_join_pathCompat(root, rel, target, rows, startup, total, keys, outer) \
	create_foreign_join_path(root, rel, target, rows, startup, total, keys, outer, NULL, NIL, NIL)
#define create_foreign_upper_pathCompat(root, rel, target, rows, startup, total, keys) \
	create_foreign_upper_path(root, rel, target, rows, startup, total, keys, NULL, NIL, NIL)
#else
#define create_foreignscan_pathCompat(root, rel, target, rows, startup, total, keys, outer) \
	create_foreignscan_path(root, rel, target, rows, startup, total, keys, outer, NULL, NIL)
#define create_foreign_join_pathCompat(root, rel, target, rows, startup, total, keys, outer) \
	create_foreign_join_path(root, rel, target, rows, startup, total, keys, outer, NULL, NIL)
#define create_foreign_upper_pathCompat(root, rel, target, rows, startup, total, keys) \
	create_foreign_upper_path(root, rel, target, rows, startup, total, keys, NULL, NIL)
#endif

/* 14: an estimate of groups can say how it was made */
#if PG_VERSION_NUM >= 140000
#define estimate_num_groupsCompat(root, exprs, rows) estimate_num_groups(root, exprs, rows, NULL, NULL)
#else
#define estimate_num_groupsCompat(root, exprs, rows) estimate_num_groups(root, exprs, rows, NULL)
#endif

/* 16: nulling outer joins are looked up in the planner's state, which may be left out */
#if PG_VERSION_NUM >= 160000
#define flatten_join_alias_varsCompat(query, node) flatten_join_alias_vars(NULL, query, node)
#else
#define flatten_join_alias_varsCompat(query, node) flatten_join_alias_vars(query, node)
#endif

/* 18: what rows are grouped by is a relation of its own, and columns refer to it */
#if PG_VERSION_NUM >= 180000
#define RSFED_FLATTEN_GROUP(query, node) ((query)->hasGroupRTE ? flatten_group_exprs(NULL, query, node) : (node))
#else
#define RSFED_FLATTEN_GROUP(query, node) (node)
#endif

/* 16: whose rights a relation is read with stands in a list of permissions */
#if PG_VERSION_NUM >= 160000
#define RSFED_CHECK_AS_USER(query, rte) \
	((rte)->perminfoindex > 0 ? getRTEPermissionInfo((query)->rteperminfos, rte)->checkAsUser : InvalidOid)
#else
#define RSFED_CHECK_AS_USER(query, rte) ((rte)->checkAsUser)
#endif

/* 16: the permissions that a finished plan asks for go with its range table */
#if PG_VERSION_NUM >= 160000
#define RSFED_COPY_PERMISSIONS(query, stmt) ((query)->rteperminfos = copyObject((stmt)->permInfos))
#else
#define RSFED_COPY_PERMISSIONS(query, stmt) ((void) (query))
#endif

/* 16: the relations that a foreign scan reads, with outer joins and without */
#if PG_VERSION_NUM >= 160000
#define RSFED_SET_FOREIGN_RELIDS(scan, relids) ((scan)->fs_relids = (scan)->fs_base_relids = (relids))
#else
#define RSFED_SET_FOREIGN_RELIDS(scan, relids) ((scan)->fs_relids = (relids))
#endif

/* 18: what partitions are left out when a plan starts is told beside the plan */
#if PG_VERSION_NUM >= 180000
#define RSFED_CLEAR_PRUNING(stmt) ((stmt)->partPruneInfos = NIL)
#else
#define RSFED_CLEAR_PRUNING(stmt) ((void) (stmt))
#endif

/* 14: outer joins of a placeholder are looked up in the planner's state */
#if PG_VERSION_NUM >= 140000
#define pull_varnosCompat(root, node) pull_varnos(root, node)
#else
#define pull_varnosCompat(root, node) pull_varnos(node)
#endif

/* 14: TRUNCATE of foreign tables */
#if PG_VERSION_NUM >= 140000
#define RSFED_SET_FOREIGN_TRUNCATE(routine, function) ((routine)->ExecForeignTruncate = (function))
#else
#define RSFED_SET_FOREIGN_TRUNCATE(routine, function) ((void) (function))
#endif

/* 14: scans below an Append wait side by side */
#if PG_VERSION_NUM >= 140000
#define RSFED_HAVE_ASYNC_APPEND 1
#define RSFED_SET_FOREIGN_ASYNC(routine, capable, request, configure, notify) \
	((routine)->IsForeignPathAsyncCapable = (capable), (routine)->ForeignAsyncRequest = (request), \
	 (routine)->ForeignAsyncConfigureWait = (configure), (routine)->ForeignAsyncNotify = (notify))
#else
#define RSFED_HAVE_ASYNC_APPEND 0
#define RSFED_SET_FOREIGN_ASYNC(routine, capable, request, configure, notify) ((void) (routine))
#endif

/* 15: parameters whose types are known have a function of their own */
#if PG_VERSION_NUM >= 150000
#define pg_analyze_and_rewriteCompat(raw, text) pg_analyze_and_rewrite_fixedparams(raw, text, NULL, 0, NULL)
#else
#define pg_analyze_and_rewriteCompat(raw, text) pg_analyze_and_rewrite(raw, text, NULL, 0, NULL)
#endif

/* 17: the paths of an arm of a UNION are sorted within its own planning */
#if PG_VERSION_NUM >= 170000
#define RSFED_CLEAR_SETOP_PATHKEYS(root) ((root)->setop_pathkeys = NIL)
#else
#define RSFED_CLEAR_SETOP_PATHKEYS(root) ((void) 0)
#endif

/* 18: what prints the parts of EXPLAIN has headers of its own */
#if PG_VERSION_NUM >= 180000
#define RSFED_EXPLAIN_HEADER "commands/explain_format.h"
#define RSFED_EXPLAIN_STATE_HEADER "commands/explain_state.h"
#else
#define RSFED_EXPLAIN_HEADER "commands/explain.h"
#define RSFED_EXPLAIN_STATE_HEADER "commands/explain.h"
#endif

#endif							/* RSFED_COMPAT_H */

/*
 * What the libpq at hand can do; it may be newer than the server.  Only for
 * src/remote/, which includes libpq-fe.h before this file.
 */
#if defined(LIBPQ_FE_H) && !defined(RSFED_COMPAT_LIBPQ_H)
#define RSFED_COMPAT_LIBPQ_H

/* 17: rows arrive some at a time, which saves a PGresult per row */
#ifdef LIBPQ_HAS_CHUNK_MODE
#define RSFED_CASE_ROWS case PGRES_SINGLE_TUPLE: case PGRES_TUPLES_CHUNK
#define RSFED_SET_ROW_MODE(pg, rows) PQsetChunkedRowsMode(pg, rows)
#else
#define RSFED_CASE_ROWS case PGRES_SINGLE_TUPLE
#define RSFED_SET_ROW_MODE(pg, rows) PQsetSingleRowMode(pg)
#endif

/* 17: a cancel request that does not block */
#ifdef LIBPQ_HAS_ASYNC_CANCEL
#define RSFED_HAVE_ASYNC_CANCEL 1
#else
#define RSFED_HAVE_ASYNC_CANCEL 0
#endif

#endif							/* RSFED_COMPAT_LIBPQ_H */
