/*
 * history.c
 *		The numbers of queries, the history of each, and the slots that they
 *		wait for (SYS_QUERY_HISTORY, SYS_EXTERNAL_QUERY_DETAIL,
 *		SVL_S3QUERY_SUMMARY).
 *
 * Policy: the result of a query is written to a file beside the data and not to
 * a table, so that it is also there after a rollback and for a read-only
 * session.  A session numbers its queries consecutively in a block of its own.
 * With standin.slots, only so many queries on tables run at once; the others
 * wait, and statement_timeout includes that time.
 */
#include "postgres.h"

#include <fcntl.h>
#include <unistd.h>

#include "access/xact.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/dbcommands.h"
#include "fmgr.h"
#include "funcapi.h"
#include "history.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "port/atomics.h"
#include "standin.h"
#include "storage/condition_variable.h"
#include "storage/fd.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "storage/proc.h"
#include "storage/shmem.h"
#include "storage/spin.h"
#include "tcop/tcopprot.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#define HISTORY_FILE "standin_history"
#define MOST_READ	(8 * 1024 * 1024)
#define BLOCK		1000		/* numbers that a session takes at once */
#define LABEL		320
#define MOST_SCANS	32
#define UNIX_MICROSECONDS(t) ((t) + \
	((POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * (int64) USECS_PER_DAY))

typedef enum
{
	NOTHING, QUEUED, RUNNING
} Doing;

/* The state of a session, for the views of running queries. */
typedef struct
{
	int			pid;
	int			query_id;
	Oid			user;
	Doing		doing;
	TimestampTz started;
	int64		queued;			/* us */
	char		label[LABEL];
} Entry;

typedef struct
{
	slock_t		mutex;
	ConditionVariable freed;
	int			slots_used;
	int			next_block;
	int			entries;
	Entry		entry[FLEXIBLE_ARRAY_MEMBER];
} Shared;

/* A query of this session that has begun and has not ended. */
typedef struct Query1
{
	struct Query1 *next;
	QueryDesc  *desc;
	int			id;
	bool		has_slot;
	TimestampTz started;
	TimestampTz got_slot;
	int			scan_count;
	ExternalScan scan[MOST_SCANS];
	char	   *scan_table[MOST_SCANS];
} ActiveQuery;

static Shared *shared = NULL;
static int	slots = 0;
static int	block_end = 0;
static ActiveQuery *active = NULL;
static MemoryContext history_context = NULL;
static int	last_sqlstate = 0;
static char last_message[512];

static shmem_request_hook_type prev_request = NULL;
static shmem_startup_hook_type prev_startup = NULL;

PG_FUNCTION_INFO_V1(standin_history);
PG_FUNCTION_INFO_V1(standin_running);

static Size
shared_size(void)
{
	return add_size(offsetof(Shared, entry), mul_size(MaxBackends, sizeof(Entry)));
}

static void
request(void)
{
	if (prev_request)
		prev_request();
	RequestAddinShmemSpace(shared_size());
}

/* last_number returns the highest number in the file, from before a restart. */
static int
last_number(void)
{
	FILE	   *file = fopen(HISTORY_FILE, "r");
	char		line[64];
	int			last = 0;
	bool		at_start = true;

	if (file == NULL)
		return 0;
	while (fgets(line, sizeof(line), file))
	{
		if (at_start)
			last = Max(last, atoi(line + 2));
		at_start = strchr(line, '\n') != NULL;
	}
	fclose(file);
	return last;
}

static void
startup(void)
{
	bool		found;

	if (prev_startup)
		prev_startup();
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	shared = ShmemInitStruct("standin history", shared_size(), &found);
	if (!found)
	{
		memset(shared, 0, shared_size());
		SpinLockInit(&shared->mutex);
		ConditionVariableInit(&shared->freed);
		shared->entries = MaxBackends;
		shared->next_block = last_number() / BLOCK + 1;
	}
	LWLockRelease(AddinShmemInitLock);
}

/* history_next_query returns the number of the statement that begins. */
int
history_next_query(void)
{
	if (standin_query_number + 1 >= block_end)
	{
		SpinLockAcquire(&shared->mutex);
		standin_query_number = shared->next_block++ * BLOCK + 99;
		SpinLockRelease(&shared->mutex);
		block_end = (standin_query_number / BLOCK + 1) * BLOCK;
	}
	return ++standin_query_number;
}

static Entry *
my_entry(void)
{
	return &shared->entry[MyBackendId - 1];
}

static void
tell(Doing doing, ActiveQuery *query)
{
	Entry	   *entry = my_entry();
	const char *label = GetConfigOption("query_group", true, false);

	SpinLockAcquire(&shared->mutex);
	entry->pid = MyProcPid;
	entry->doing = doing;
	if (query)
	{
		entry->query_id = query->id;
		entry->user = GetUserId();
		entry->started = query->started;
		entry->queued = query->got_slot ? query->got_slot - query->started : 0;
		strlcpy(entry->label, label ? label : "", LABEL);
	}
	SpinLockRelease(&shared->mutex);
}

/* wait_for_slot waits for a free slot, a cancel or statement_timeout. */
static void
wait_for_slot(ActiveQuery *query)
{
	for (;;)
	{
		bool		got;

		SpinLockAcquire(&shared->mutex);
		got = shared->slots_used < slots;
		shared->slots_used += got;
		SpinLockRelease(&shared->mutex);
		if (got)
			break;
		(void) ConditionVariableTimedSleep(&shared->freed, 100, PG_WAIT_EXTENSION);
	}
	ConditionVariableCancelSleep();
	query->has_slot = true;
}

static void
free_slot(ActiveQuery *query)
{
	if (!query->has_slot)
		return;
	query->has_slot = false;
	SpinLockAcquire(&shared->mutex);
	shared->slots_used--;
	SpinLockRelease(&shared->mutex);
	ConditionVariableBroadcast(&shared->freed);
}

/* touches_tables: does workload management apply to the query? */
static bool
touches_tables(PlannedStmt *plan)
{
	ListCell   *lc;

	foreach(lc, plan->rtable)
	{
		RangeTblEntry *rte = lfirst(lc);
		char	   *schema;

		if (rte->rtekind != RTE_RELATION || rte->relkind == RELKIND_VIEW)
			continue;
		schema = get_namespace_name(get_rel_namespace(rte->relid));
		if (schema && strcmp(schema, "pg_catalog") != 0 &&
			strcmp(schema, "information_schema") != 0 && strcmp(schema, "standin") != 0)
			return true;
	}
	return false;
}

/* history_begin records the start of a client's query, and gets it a slot. */
void
history_begin(QueryDesc *desc)
{
	ActiveQuery *query;
	bool		has_slot = false;

	for (query = active; query; query = query->next)
		has_slot |= query->has_slot;
	query = MemoryContextAllocZero(history_context, sizeof(ActiveQuery));
	query->desc = desc;
	query->id = standin_query_number;
	query->started = GetCurrentTimestamp();
	query->next = active;
	active = query;
	if (slots > 0 && !has_slot && standin_is_strict() && touches_tables(desc->plannedstmt))
	{
		tell(QUEUED, query);
		wait_for_slot(query);
	}
	query->got_slot = GetCurrentTimestamp();
	tell(RUNNING, query);
}

/* history_add_scan counts the data that a scan of an external table read. */
void
history_add_scan(const ExternalScan *scan)
{
	ActiveQuery *query = active;

	if (query == NULL || query->scan_count == MOST_SCANS)
		return;
	query->scan[query->scan_count] = *scan;
	query->scan[query->scan_count].table = MemoryContextStrdup(history_context, scan->table);
	query->scan[query->scan_count].location = MemoryContextStrdup(history_context, scan->location);
	query->scan_count++;
}

/* history_error keeps the message of the error that ends a query. */
void
history_error(int sqlstate, const char *message)
{
	last_sqlstate = sqlstate;
	strlcpy(last_message, message ? message : "", sizeof(last_message));
}

static void
put(StringInfo buf, const char *field)
{
	appendStringInfoChar(buf, '\t');
	for (; *field; field++)
		if (*field == '\t' || *field == '\n' || *field == '\\')
			appendStringInfo(buf, "\\%c", *field == '\t' ? 't' : *field == '\n' ? 'n' : '\\');
		else
			appendStringInfoChar(buf, *field);
}

static void
put_number(StringInfo buf, int64 number)
{
	appendStringInfo(buf, "\t" INT64_FORMAT, number);
}

static const char *
type_of(QueryDesc *desc)
{
	switch (desc->operation)
	{
		case CMD_SELECT:
			return "SELECT";
		case CMD_INSERT:
			return "INSERT";
		case CMD_UPDATE:
			return "UPDATE";
		case CMD_DELETE:
			return "DELETE";
		default:
			return "OTHER";
	}
}

static void
put_scans(StringInfo buf, ActiveQuery *query, TimestampTz now, uint32 xid)
{
	for (int i = 0; i < query->scan_count; i++)
	{
		ExternalScan *scan = &query->scan[i];

		appendStringInfoChar(buf, 'S');
		put_number(buf, query->id);
		put_number(buf, GetUserId());
		put_number(buf, xid);
		put_number(buf, MyProcPid);
		put_number(buf, i);
		put_number(buf, UNIX_MICROSECONDS(scan->started));
		put_number(buf, UNIX_MICROSECONDS(now));
		put_number(buf, scan->total_partitions);
		put_number(buf, scan->qualified_partitions);
		put_number(buf, scan->files);
		put_number(buf, scan->rows);
		put_number(buf, scan->bytes);
		put(buf, scan->format);
		put(buf, scan->location);
		put(buf, scan->table);
		put(buf, scan->partitioned ? "t" : "f");
		appendStringInfoChar(buf, '\n');
	}
}

/* write_down appends the lines of a query to the file, in one write. */
static void
write_down(ActiveQuery *query, const char *status, const char *message,
		   const char *type, const char *text, uint64 rows)
{
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz got_slot = query->got_slot ? query->got_slot : now;
	const char *label = GetConfigOption("query_group", true, false);
	uint32		xid = MyProc->lxid;
	StringInfoData buf;
	int			fd;

	initStringInfo(&buf);
	put_scans(&buf, query, now, xid);
	appendStringInfoChar(&buf, 'H');
	put_number(&buf, query->id);
	put_number(&buf, GetUserId());
	put(&buf, label ? label : "");
	put_number(&buf, xid);
	put_number(&buf, MyProcPid);
	put_number(&buf, MyDatabaseId);
	put(&buf, type);
	put(&buf, status);
	put_number(&buf, UNIX_MICROSECONDS(query->started));
	put_number(&buf, UNIX_MICROSECONDS(now));
	put_number(&buf, got_slot - query->started);
	put_number(&buf, now - got_slot);
	put(&buf, message);
	put_number(&buf, rows);
	put(&buf, pnstrdup(text, pg_mbcliplen(text, strlen(text), 4000)));
	appendStringInfoChar(&buf, '\n');
	fd = open(HISTORY_FILE, O_WRONLY | O_APPEND | O_CREAT, 0600);
	if (fd < 0 || write(fd, buf.data, buf.len) != buf.len)
		elog(LOG, "could not write \"%s\": %m", HISTORY_FILE);
	if (fd >= 0)
		close(fd);
	pfree(buf.data);
}

/* history_end writes the record of a query that has ended. */
void
history_end(QueryDesc *desc, uint64 rows)
{
	for (ActiveQuery **link = &active; *link; link = &(*link)->next)
	{
		ActiveQuery *query = *link;

		if (query->desc != desc)
			continue;
		free_slot(query);
		write_down(query, "success", "", type_of(desc), desc->sourceText, rows);
		*link = query->next;
		break;
	}
	if (active == NULL)
	{
		MemoryContextReset(history_context);
		tell(NOTHING, NULL);
	}
}

/* Queries that are still open at the end of a transaction have failed. */
static void
end_of_transaction(XactEvent event, void *arg)
{
	(void) arg;
	if (active == NULL ||
		(event != XACT_EVENT_ABORT && event != XACT_EVENT_COMMIT))
		return;
	for (ActiveQuery *query = active; query; query = query->next)
	{
		free_slot(query);
		if (event == XACT_EVENT_ABORT)
			write_down(query, last_sqlstate == ERRCODE_QUERY_CANCELED ? "canceled" : "failed",
					   last_message, "SELECT", debug_query_string ? debug_query_string : "", 0);
	}
	active = NULL;
	MemoryContextReset(history_context);
	tell(NOTHING, NULL);
}

/* split converts the fields of a line to a text[]. */
static Datum
split(char *line)
{
	ArrayBuildState *fields = NULL;
	char	   *to = line,
			   *start = line;

	for (;; line++)
	{
		if (*line == '\t' || *line == '\0')
		{
			fields = accumArrayResult(fields, PointerGetDatum(cstring_to_text_with_len(start, to - start)),
									  false, TEXTOID, CurrentMemoryContext);
			if (*line == '\0')
				break;
			start = to = line + 1;
			continue;
		}
		if (*line == '\\')
		{
			line++;
			*to++ = *line == 't' ? '\t' : *line == 'n' ? '\n' : *line;
		}
		else
			*to++ = *line;
	}
	return makeArrayResult(fields, CurrentMemoryContext);
}

static void
put_row(ReturnSetInfo *result, Datum value)
{
	bool		null = false;

	tuplestore_putvalues(result->setResult, result->setDesc, &value, &null);
}

/* standin.history(kind): the lines of the file, as arrays of their fields. */
Datum
standin_history(PG_FUNCTION_ARGS)
{
	char		kind = *text_to_cstring(PG_GETARG_TEXT_PP(0));
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	FILE	   *file;
	StringInfoData line;
	int			c;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	file = AllocateFile(HISTORY_FILE, "r");
	if (file == NULL)
		return (Datum) 0;
	initStringInfo(&line);
	if (fseek(file, -MOST_READ, SEEK_END) == 0)
		while ((c = getc(file)) != EOF && c != '\n')
			 /* to the first whole line */ ;
	while ((c = getc(file)) != EOF)
	{
		if (c != '\n')
		{
			appendStringInfoChar(&line, c);
			continue;
		}
		if (line.data[0] == kind)
			put_row(result, split(line.data));
		resetStringInfo(&line);
	}
	FreeFile(file);
	return (Datum) 0;
}

/* standin.running(): pid, query, user, state, start, time in the queue, label */
Datum
standin_running(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	for (int i = 0; i < shared->entries; i++)
	{
		Entry		entry;

		SpinLockAcquire(&shared->mutex);
		entry = shared->entry[i];
		SpinLockRelease(&shared->mutex);
		if (entry.doing != NOTHING)
			put_row(result, split(psprintf("%d\t%d\t%u\t%s\t" INT64_FORMAT "\t" INT64_FORMAT "\t%s",
										   entry.pid, entry.query_id, entry.user,
										   entry.doing == QUEUED ? "queued" : "running",
										   (int64) UNIX_MICROSECONDS(entry.started),
										   entry.doing == QUEUED ? GetCurrentTimestamp() - entry.started : entry.queued,
										   entry.label)));
	}
	return (Datum) 0;
}

void
history_define_settings(void)
{
	DefineCustomIntVariable("standin.slots",
							"How many queries over tables run at once; 0: all.",
							NULL, &slots, 0, 0, 1000, PGC_SIGHUP, 0,
							NULL, NULL, NULL);
}

void
history_init(void)
{
	history_context = AllocSetContextCreate(TopMemoryContext, "standin history",
											ALLOCSET_DEFAULT_SIZES);
	prev_request = shmem_request_hook;
	shmem_request_hook = request;
	prev_startup = shmem_startup_hook;
	shmem_startup_hook = startup;
	RegisterXactCallback(end_of_transaction, NULL);
}
