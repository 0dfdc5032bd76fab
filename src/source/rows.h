/*-------------------------------------------------------------------------
 *
 * rows.h
 *	  Converts remote rows to local values.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_ROWS_H
#define RSFED_ROWS_H

#include "access/tupdesc.h"

#include "remote/stream.h"

typedef struct RowReader RowReader;

/*
 * A reader that turns remote rows into values of "desc" (a plain row type
 * without dropped columns).  source_column[i] is the position (from 0) of the
 * remote column for column i of desc; NULL means one to one.  Types are read
 * under DateStyle ISO, IntervalStyle postgres, TimeZone UTC; text is verified
 * and converted to the database's encoding; char is right-trimmed; bare hex
 * becomes bytea.  Lives in the current memory context.
 */
extern RowReader *row_reader_create(RemoteColumns *columns, TupleDesc desc,
									const int *source_column);

/*
 * Reads one row into values/nulls (of desc's width), in the current memory
 * context (a per-row one, reset by the caller).  A value that its type does
 * not accept raises the input function's own SQLSTATE, with the column, the
 * row number and the (cut) value in the context.
 */
extern void row_reader_read(RowReader *reader, char **texts, int *lengths,
							Datum *values, bool *nulls);

/*
 * Raises 42804 unless a column list fits the result: same number, each type
 * able to hold its column without silent loss.  The detail names the first
 * column that does not fit, the hint contains the right list.
 */
extern void row_check_column_list(RemoteColumns *columns, TupleDesc desc);

/* The list to paste after AS: "sellerid integer, sales numeric"; palloc'd. */
extern char *row_column_list(RemoteColumns *columns);

#endif							/* RSFED_ROWS_H */
