/*-------------------------------------------------------------------------
 *
 * analyze.c
 *	  ANALYZE of a foreign table.
 *
 * Policy: Redshift sends a sample, not the whole table.  The number of rows is
 * read from SVV_TABLE_INFO, at no cost, if the user can see it, or from the
 * parameter numRows of an external table; otherwise the rows are counted.
 * Only ANALYZE itself requests the number.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "foreign/foreign.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "base/chance.h"
#include "base/compat.h"
#include "redshift/quote.h"
#include "redshift/types.h"
#include "remote/execute.h"
#include "source/credentials.h"
#include "source/lake_views.h"
#include "source/rows.h"
#include "source/source.h"

#include "fdw/analyze.h"
#include "fdw/live.h"
#include "fdw/live_check.h"

/* Somewhat more rows than wanted are requested, since the sample is random. */
#define MORE_ROWS 1.2

/*
 * A sample has at most this many times the wanted rows, in case that the number
 * of rows is out of date.
 */
#define MOST_ROWS 10

typedef struct Sample
{
	Relation	relation;
	LiveTable  *table;
	MemoryContext context;		/* for the rows */
	HeapTuple  *rows;
	int			wanted;
	int			count;			/* number of rows that are kept */
	double		seen;			/* number of rows received */
	double		total;			/* number of rows of the table */
	TupleDesc	desc;			/* only the columns that exist in Redshift */
	int		   *position;
} Sample;

/* The number of rows of the table. */
static double
count_rows(SourceConnection *source, Sample *sample)
{
	List	   *options = GetForeignTable(RelationGetRelid(sample->relation))->options;
	const char *schema = source_option(options, "schema_name");
	const char *name = source_option(options, "table_name");
	int			nrows;
	int			ncolumns;
	char	  **rows;
	List	   *tables;
	double		known;

	if (schema == NULL)
		schema = get_namespace_name(RelationGetNamespace(sample->relation));
	if (name == NULL)
		name = RelationGetRelationName(sample->relation);
	rows = remote_fetch_all(source->conn,
							psprintf("/* rsfed analyze */ SELECT tbl_rows FROM svv_table_info WHERE \"schema\" = %s AND \"table\" = %s",
									 redshift_quote_literal(schema), redshift_quote_literal(name)),
							&nrows, &ncolumns);
	if (nrows == 1 && rows[0] != NULL)
		return strtod(rows[0], NULL);

	/* to count the rows of an external table would read all of it in S3 */
	tables = lake_tables(source->conn, schema, name);
	if (tables != NIL && (known = lake_row_count(((LakeTable *) linitial(tables))->parameters)) > sample->wanted * MORE_ROWS)
		return known;

	/*
	 * SVV_TABLE_INFO has no views and no empty tables, and not every user can
	 * read it
	 */
	rows = remote_fetch_all(source->conn, psprintf("/* rsfed analyze */ SELECT count(*) FROM %s", sample->table->text),
							&nrows, &ncolumns);
	return strtod(rows[0], NULL);
}

/*
 * The query for the columns that can be read, or NULL if there are none.  Sets
 * the position of each column in the row.
 */
static char *
sample_query(Sample *sample)
{
	TupleDesc	all = RelationGetDescr(sample->relation);
	StringInfoData query;
	int			count = 0;

	sample->position = palloc(sizeof(int) * (all->natts + 1));
	initStringInfo(&query);
	for (int i = 0; i < all->natts; i++)
	{
		if (sample->table->column[i] == NULL)
			continue;
		appendStringInfo(&query, "%s%s", count == 0 ? "/* rsfed analyze */ SELECT " : ", ", sample->table->column[i]);
		sample->position[count++] = i;
	}
	sample->desc = CreateTemplateTupleDesc(count);
	for (int i = 0; i < count; i++)
		TupleDescCopyEntry(sample->desc, i + 1, all, sample->position[i] + 1);
	if (count == 0)
		return NULL;
	appendStringInfo(&query, " FROM %s", sample->table->text);
	if (sample->total > sample->wanted * MORE_ROWS)
		appendStringInfo(&query, " WHERE random() < %.10f LIMIT %d", sample->wanted * MORE_ROWS / sample->total,
						 sample->wanted * MOST_ROWS);
	return query.data;
}

/*
 * Adds a row to the sample, so that all rows seen so far are in it with the
 * same probability.
 */
static void
keep_row(Sample *sample, Datum *values, bool *nulls)
{
	MemoryContext old;
	int			at = sample->count;

	sample->seen++;
	if (at == sample->wanted)
	{
		double		random = chance() * sample->seen;

		if (random >= sample->wanted)
			return;
		at = (int) random;
		heap_freetuple(sample->rows[at]);
	}
	else
		sample->count++;
	old = MemoryContextSwitchTo(sample->context);
	sample->rows[at] = heap_form_tuple(RelationGetDescr(sample->relation), values, nulls);
	MemoryContextSwitchTo(old);
}

static void
read_sample(SourceConnection *source, Sample *sample, const char *query)
{
	RemoteStream *stream = remote_stream_open(source->conn, query, source->stall_timeout_ms);
	RemoteColumns *columns = remote_stream_columns(stream);
	RowReader  *reader = row_reader_create(columns, sample->desc, NULL);
	int			natts = RelationGetDescr(sample->relation)->natts;
	Datum	   *read = palloc(sizeof(Datum) * (natts + 1));
	bool	   *read_nulls = palloc(sizeof(bool) * (natts + 1));
	Datum	   *values = palloc0(sizeof(Datum) * (natts + 1));
	bool	   *nulls = palloc(sizeof(bool) * (natts + 1));
	MemoryContext row_context = AllocSetContextCreate(CurrentMemoryContext, "rsfed sample row", ALLOCSET_DEFAULT_SIZES);
	char	  **texts;
	int		   *lengths;

	for (int i = 0; i < sample->desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(sample->desc, i);

		if (redshift_type_fits(columns->column[i].type, columns->column[i].typmod,
							   getBaseType(att->atttypid), att->atttypmod) != RS_FIT_YES)
			check_refuse(sample->relation, NameStr(att->attname), att->atttypid, att->atttypmod, &columns->column[i]);
	}
	memset(nulls, true, sizeof(bool) * (natts + 1));
	while (remote_stream_next(stream, &texts, &lengths))
	{
		MemoryContext old = MemoryContextSwitchTo(row_context);

		CHECK_FOR_INTERRUPTS();
		row_reader_read(reader, texts, lengths, read, read_nulls);
		for (int i = 0; i < sample->desc->natts; i++)
		{
			values[sample->position[i]] = read[i];
			nulls[sample->position[i]] = read_nulls[i];
		}
		keep_row(sample, values, nulls);
		MemoryContextSwitchTo(old);
		MemoryContextReset(row_context);
	}
	remote_stream_close(stream);
	MemoryContextDelete(row_context);
}

static void
sample_at(SourceConnection *source, void *arg)
{
	Sample	   *sample = arg;
	char	   *query;

	/* another member may have been tried before */
	sample->count = 0;
	sample->seen = 0;
	sample->total = count_rows(source, sample);
	query = sample_query(sample);
	if (query != NULL)
		read_sample(source, sample, query);
}

/* The AcquireSampleRowsFunc. */
static int
acquire_rows(Relation relation, int elevel, HeapTuple *rows, int wanted, double *total, double *dead)
{
	ForeignServer *server = GetForeignServer(GetForeignTable(RelationGetRelid(relation))->serverid);
	SourceRequest request = {0};
	Sample		sample = {0};

	sample.relation = relation;
	sample.table = live_table(RelationGetRelid(relation));
	sample.context = CurrentMemoryContext;
	sample.rows = rows;
	sample.wanted = wanted;
	request.source = server->servername;
	request.userid = GetUserId();
	request.label = "rsfed analyze";
	request.nested_as_json = true;
	source_with(&request, sample_at, &sample);
	*total = sample.total;
	*dead = 0;
	ereport(elevel,
			(errmsg("\"%s\": %d rows in sample, %.0f rows in Redshift",
					RelationGetRelationName(relation), sample.count, sample.total)));
	return sample.count;
}

bool
live_analyze(Relation relation, AcquireSampleRowsFunc *func, BlockNumber *totalpages)
{
	*func = acquire_rows;
	/* pages have no meaning for Redshift's columnar storage */
	*totalpages = 1;
	return true;
}
