/*
 * lake_scan.c
 *		Reads external tables: a foreign data wrapper over the lake.
 *
 * Policy: only partitions of the catalogue are read, and only those whose key
 * values pass the conditions on the keys alone.  Each of their files is read
 * completely and counted.  The files of all formats are actually CSV (text
 * files use the delimiter of their serde).  numRows is the only statistic.
 *
 * The proxy writes the pseudo-columns "$path" and "$size" as calls of
 * standin.s3_path(tableoid, ctid) and standin.s3_size(tableoid, ctid): the ctid
 * of each row contains the number of its file.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_class.h"
#include "commands/copy.h"
#include "commands/dbcommands.h"
#include "commands/defrem.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "foreign/fdwapi.h"
#include "foreign/foreign.h"
#include "history.h"
#include "lake.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/planmain.h"
#include "optimizer/restrictinfo.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#define LARGE_TABLE	1e8			/* rows, if numRows is not set */
#define ROWS_A_NUMBER 60000		/* of a file, before its offset comes again */

typedef struct
{
	LakeTable  *table;
	ExprState  *key_quals;
	List	   *partitions;		/* those that pass; one with NULL: the table itself */
	int			next_partition;
	List	   *files;			/* LakeFile, of the present partition */
	int			next_file;
	CopyFromState copy;
	uint32		file_number;
	int			row;
	List	   *file_columns;	/* names of the columns of the files */
	Datum	   *values;
	bool	   *nulls;
	Datum	   *key_values;		/* by attribute number - 1 */
	bool	   *key_nulls;
	MemoryContext partition_context;
	MemoryContext row_context;
	ExternalScan counted;
} LakeScan;

/* The files that this session has read, by number. */
static LakeFile *known_files = NULL;
static uint32 known_count = 0;

PG_FUNCTION_INFO_V1(standin_lake_handler);
PG_FUNCTION_INFO_V1(standin_s3_path);
PG_FUNCTION_INFO_V1(standin_s3_size);

bool
lake_is_external(Oid relid)
{
	return get_rel_relkind(relid) == RELKIND_FOREIGN_TABLE;
}

/* read_table returns the catalogue's table of a foreign table. */
static LakeTable *
read_table(Oid relid)
{
	ListCell   *lc;
	char	   *catalog = NULL,
			   *database = NULL,
			   *name = NULL;
	LakeTable  *table;

	foreach(lc, GetForeignTable(relid)->options)
	{
		DefElem    *option = lfirst(lc);

		if (strcmp(option->defname, "catalog") == 0)
			catalog = defGetString(option);
		else if (strcmp(option->defname, "database") == 0)
			database = defGetString(option);
		else if (strcmp(option->defname, "name") == 0)
			name = defGetString(option);
	}
	table = lake_read(catalog, database, name);
	if (table == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg_internal("Table %s not found in the external catalog", name)));
	return table;
}

static void
get_rel_size(PlannerInfo *root, RelOptInfo *baserel, Oid relid)
{
	const char *rows = lake_property(read_table(relid)->properties, "numRows");

	(void) root;
	baserel->rows = clamp_row_est(rows ? atof(rows) : LARGE_TABLE);
	baserel->tuples = baserel->rows;
}

static void
get_paths(PlannerInfo *root, RelOptInfo *baserel, Oid relid)
{
	(void) relid;
	add_path(baserel, (Path *)
			 create_foreignscan_path(root, baserel, NULL, baserel->rows, 0,
									 baserel->rows, NIL, NULL, NULL, NIL));
}

static bool
has_exec_param(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Param))
		return ((Param *) node)->paramkind == PARAM_EXEC;
	return expression_tree_walker(node, has_exec_param, context);
}

/*
 * is_on_keys returns whether a condition uses only key columns and values that
 * are known before the scan.
 */
static bool
is_on_keys(Expr *clause, Bitmapset *keys, Index relid)
{
	Bitmapset  *used = NULL;

	pull_varattnos((Node *) clause, relid, &used);
	return !bms_is_empty(used) && bms_is_subset(used, keys) &&
		!contain_volatile_functions((Node *) clause) &&
		!contain_subplans((Node *) clause) && !has_exec_param((Node *) clause, NULL);
}

static ForeignScan *
get_plan(PlannerInfo *root, RelOptInfo *baserel, Oid relid, ForeignPath *best,
		 List *tlist, List *clauses, Plan *outer)
{
	LakeTable  *table = read_table(relid);
	Bitmapset  *keys = NULL;
	List	   *on_keys = NIL;
	ListCell   *lc;

	(void) root;
	(void) best;
	(void) outer;
	foreach(lc, table->columns)
	{
		LakeColumn *column = lfirst(lc);

		if (column->part_key > 0)
			keys = bms_add_member(keys, get_attnum(relid, column->name) -
								  FirstLowInvalidHeapAttributeNumber);
	}
	clauses = extract_actual_clauses(clauses, false);
	foreach(lc, clauses)
		if (is_on_keys(lfirst(lc), keys, baserel->relid))
			on_keys = lappend(on_keys, lfirst(lc));
	return make_foreignscan(tlist, clauses, baserel->relid, on_keys, NIL, NIL,
							NIL, NULL);
}

/* may_scan checks TEMPORARY; the server has checked USAGE on the schema. */
static void
may_scan(void)
{
	if (pg_database_aclcheck(MyDatabaseId, GetUserId(), ACL_CREATE_TEMP) != ACLCHECK_OK)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to create temporary tables in database \"%s\"",
						get_database_name(MyDatabaseId))));
}

/* set_keys converts the values of a partition to the types of its columns. */
static void
set_keys(LakeScan *scan, TupleDesc desc, LakePartition *partition)
{
	ListCell   *lc;

	memset(scan->key_nulls, true, desc->natts);
	foreach(lc, scan->table->columns)
	{
		LakeColumn *column = lfirst(lc);
		char	   *value;
		Oid			input,
					param;

		if (column->part_key == 0)
			continue;
		value = list_nth(partition->values, column->part_key - 1);
		for (int i = 0; i < desc->natts; i++)
		{
			Form_pg_attribute att = TupleDescAttr(desc, i);

			if (strcmp(NameStr(att->attname), column->name) != 0 ||
				strcmp(value, NULL_PARTITION) == 0)
				continue;
			getTypeInputInfo(att->atttypid, &input, &param);
			scan->key_values[i] = OidInputFunctionCall(input, value, param, att->atttypmod);
			scan->key_nulls[i] = false;
		}
	}
}

/* qualify finds the partitions that pass the conditions on the keys. */
static void
qualify(ForeignScanState *node, LakeScan *scan)
{
	TupleDesc	desc = RelationGetDescr(node->ss.ss_currentRelation);
	ExprContext *econtext = node->ss.ps.ps_ExprContext;
	TupleTableSlot *slot = node->ss.ss_ScanTupleSlot;
	ListCell   *lc;

	scan->counted.total_partitions = list_length(scan->table->partitions);
	foreach(lc, scan->table->partitions)
	{
		HeapTuple	tuple;
		bool		passes = true;

		ResetExprContext(econtext);
		set_keys(scan, desc, lfirst(lc));
		if (scan->key_quals)
		{
			tuple = heap_form_tuple(desc, scan->key_values, scan->key_nulls);
			ExecForceStoreHeapTuple(tuple, slot, false);
			econtext->ecxt_scantuple = slot;
			passes = ExecQual(scan->key_quals, econtext);
			ExecClearTuple(slot);
		}
		if (passes)
			scan->partitions = lappend(scan->partitions, lfirst(lc));
	}
	ResetExprContext(econtext);
	scan->counted.qualified_partitions = list_length(scan->partitions);
}

static void
begin_scan(ForeignScanState *node, int eflags)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
	Relation	rel = node->ss.ss_currentRelation;
	TupleDesc	desc = RelationGetDescr(rel);
	LakeScan   *scan = palloc0(sizeof(LakeScan));
	ListCell   *lc;

	if (eflags & EXEC_FLAG_EXPLAIN_ONLY)
		return;
	may_scan();
	scan->table = read_table(RelationGetRelid(rel));
	scan->values = palloc0(desc->natts * sizeof(Datum));
	scan->nulls = palloc0(desc->natts * sizeof(bool));
	scan->key_values = palloc0(desc->natts * sizeof(Datum));
	scan->key_nulls = palloc0(desc->natts * sizeof(bool));
	scan->partition_context = AllocSetContextCreate(CurrentMemoryContext,
													"partition", ALLOCSET_DEFAULT_SIZES);
	scan->row_context = AllocSetContextCreate(CurrentMemoryContext,
											  "row", ALLOCSET_DEFAULT_SIZES);
	scan->key_quals = plan->fdw_exprs ? ExecInitQual(plan->fdw_exprs, (PlanState *) node) : NULL;
	foreach(lc, scan->table->columns)
		if (((LakeColumn *) lfirst(lc))->part_key == 0)
			scan->file_columns = lappend(scan->file_columns,
										 makeString(((LakeColumn *) lfirst(lc))->name));
	scan->counted.table = psprintf("%s.%s", get_namespace_name(RelationGetNamespace(rel)),
								   RelationGetRelationName(rel));
	scan->counted.format = lake_is_iceberg(scan->table) ||
		strstr(scan->table->input_format, "Parquet") ? "Parquet" :
		strstr(scan->table->input_format, "Orc") ? "ORC" : "Text";
	scan->counted.location = scan->table->location;
	scan->counted.started = GetCurrentTimestamp();
	scan->counted.partitioned = lake_part_keys(scan->table) > 0;
	if (scan->counted.partitioned)
		qualify(node, scan);
	else
		scan->partitions = list_make1(NULL);
	node->fdw_state = scan;
}

/* know_file gives a file its number, which is in the ctid of its rows. */
static uint32
know_file(LakeFile *file)
{
	MemoryContext old = MemoryContextSwitchTo(TopMemoryContext);

	if ((known_count & (known_count - 1)) == 0)
		known_files = known_files ?
			repalloc(known_files, sizeof(LakeFile) * Max(known_count * 2, 1)) :
			palloc(sizeof(LakeFile));
	known_files[known_count].url = pstrdup(file->url);
	known_files[known_count].size = file->size;
	MemoryContextSwitchTo(old);
	return known_count++;
}

static List *
copy_options(LakeTable *table)
{
	const char *delimiter = lake_property(table->serde, "field.delim");
	const char *header = lake_property(table->properties, "skip.header.line.count");
	List	   *options = list_make1(makeDefElem("format", (Node *) makeString("csv"), -1));

	if (delimiter)
		options = lappend(options, makeDefElem("delimiter", (Node *) makeString(pstrdup(delimiter)), -1));
	if (header && atoi(header) == 1)
		options = lappend(options, makeDefElem("header", (Node *) makeBoolean(true), -1));
	return options;
}

/* open_next opens the next file; it returns false if there is none. */
static bool
open_next(ForeignScanState *node, LakeScan *scan)
{
	Relation	rel = node->ss.ss_currentRelation;
	MemoryContext old;
	LakeFile   *file;

	while (scan->next_file >= list_length(scan->files))
	{
		LakePartition *partition;

		if (scan->next_partition >= list_length(scan->partitions))
			return false;
		partition = list_nth(scan->partitions, scan->next_partition++);
		MemoryContextReset(scan->partition_context);
		old = MemoryContextSwitchTo(scan->partition_context);
		if (partition)
			set_keys(scan, RelationGetDescr(rel), partition);
		scan->files = lake_files(scan->table, partition ? partition->location : scan->table->location);
		MemoryContextSwitchTo(old);
		scan->next_file = 0;
	}
	/* the file stays open for longer than the context of a row */
	old = MemoryContextSwitchTo(node->ss.ps.state->es_query_cxt);
	file = list_nth(scan->files, scan->next_file++);
	scan->counted.files++;
	scan->counted.bytes += file->size;
	scan->file_number = know_file(file);
	scan->row = 0;
	scan->copy = BeginCopyFrom(NULL, rel, NULL, file->file, false, NULL,
							   scan->file_columns, copy_options(scan->table));
	MemoryContextSwitchTo(old);
	return true;
}

static TupleTableSlot *
iterate(ForeignScanState *node)
{
	LakeScan   *scan = node->fdw_state;
	TupleDesc	desc = RelationGetDescr(node->ss.ss_currentRelation);
	TupleTableSlot *slot = node->ss.ss_ScanTupleSlot;
	MemoryContext old;
	HeapTuple	tuple;

	ExecClearTuple(slot);
	for (;;)
	{
		bool		found;

		CHECK_FOR_INTERRUPTS();
		if (scan->copy == NULL && !open_next(node, scan))
			return slot;
		MemoryContextReset(scan->row_context);
		old = MemoryContextSwitchTo(scan->row_context);
		found = NextCopyFrom(scan->copy, NULL, scan->values, scan->nulls);
		MemoryContextSwitchTo(old);
		if (found)
			break;
		EndCopyFrom(scan->copy);
		scan->copy = NULL;
	}
	for (int i = 0; i < desc->natts; i++)
		if (scan->counted.partitioned && !scan->key_nulls[i])
		{
			scan->values[i] = scan->key_values[i];
			scan->nulls[i] = false;
		}
	tuple = heap_form_tuple(desc, scan->values, scan->nulls);
	ItemPointerSet(&tuple->t_self, scan->file_number, scan->row % ROWS_A_NUMBER + 1);
	scan->row++;
	scan->counted.rows++;
	return ExecStoreHeapTuple(tuple, slot, false);
}

static void
count(LakeScan *scan)
{
	if (scan->copy)
		EndCopyFrom(scan->copy);
	scan->copy = NULL;
	history_add_scan(&scan->counted);
}

static void
rescan(ForeignScanState *node)
{
	LakeScan   *scan = node->fdw_state;

	count(scan);
	scan->counted.files = scan->counted.rows = scan->counted.bytes = 0;
	scan->next_partition = scan->next_file = 0;
	scan->files = NIL;
}

static void
end_scan(ForeignScanState *node)
{
	if (node->fdw_state)
		count(node->fdw_state);
}

Datum
standin_lake_handler(PG_FUNCTION_ARGS)
{
	FdwRoutine *routine = makeNode(FdwRoutine);

	(void) fcinfo;
	routine->GetForeignRelSize = get_rel_size;
	routine->GetForeignPaths = get_paths;
	routine->GetForeignPlan = get_plan;
	routine->BeginForeignScan = begin_scan;
	routine->IterateForeignScan = iterate;
	routine->ReScanForeignScan = rescan;
	routine->EndForeignScan = end_scan;
	PG_RETURN_POINTER(routine);
}

/* file_of returns the file of a row of an external table. */
static LakeFile *
file_of(FunctionCallInfo fcinfo, const char *column)
{
	ItemPointer row = (ItemPointer) PG_GETARG_POINTER(1);
	const char *enabled = GetConfigOption("spectrum_enable_pseudo_columns", false, false);
	bool		on;

	if (!lake_is_external(PG_GETARG_OID(0)) || ItemPointerGetBlockNumber(row) >= known_count ||
		(parse_bool(enabled, &on) && !on))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("column \"%s\" does not exist", column)));
	return &known_files[ItemPointerGetBlockNumber(row)];
}

Datum
standin_s3_path(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(file_of(fcinfo, "$path")->url));
}

Datum
standin_s3_size(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(file_of(fcinfo, "$size")->size);
}
