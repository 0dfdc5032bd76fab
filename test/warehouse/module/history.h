/*
 * history.h
 *		The numbers of queries, the history of each, and the slots that they
 *		wait for.
 */
#ifndef HISTORY_H
#define HISTORY_H

#include "executor/execdesc.h"

/* The counts of one scan of an external table. */
typedef struct
{
	const char *table;			/* schema.table */
	const char *format;
	const char *location;
	TimestampTz started;
	bool		partitioned;
	int			total_partitions;
	int			qualified_partitions;
	int64		files;
	int64		rows;
	int64		bytes;
} ExternalScan;

extern int	history_next_query(void);
extern void history_begin(QueryDesc *desc);
extern void history_end(QueryDesc *desc, uint64 rows);
extern void history_add_scan(const ExternalScan *scan);
extern void history_error(int sqlstate, const char *message);
extern void history_define_settings(void);
extern void history_init(void);

#endif							/* HISTORY_H */
