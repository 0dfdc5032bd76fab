/*-------------------------------------------------------------------------
 *
 * json_rows.h
 *	  Remote rows as JSON objects.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_JSON_ROWS_H
#define RSFED_JSON_ROWS_H

#include "utils/jsonb.h"

#include "remote/stream.h"

/*
 * Raises 42701 for two columns of one name: an object has each key only once.
 */
extern void json_check_columns(RemoteColumns *columns);

/*
 * One row as an object: numbers exactly as they came, super embedded, values
 * without a type in JSON as text. palloc'd; "row" counts from 1, for messages.
 */
extern Jsonb *json_row(RemoteColumns *columns, char **texts, int *lengths, int64 row);

#endif							/* RSFED_JSON_ROWS_H */
