/*-------------------------------------------------------------------------
 *
 * server.h
 *	  The foreign servers that can be sources.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_SERVER_H
#define RSFED_SERVER_H

#include "foreign/foreign.h"

/*
 * The server of that name, which may be a group: 42704 (with the nearest name) if
 * there is none or its wrapper is neither rsfed nor postgres_fdw.
 */
extern ForeignServer *source_server(const char *source);

/*
 * The same, locked against DROP to the end of the transaction.  Waits for a
 * transaction that drops it; interruptible.
 */
extern ForeignServer *source_server_locked(const char *source);

/* Names of all of them: List of char *, palloc'd. */
extern List *source_names(void);

/* Is that server a group?  By its option strategy. */
extern bool source_is_group(ForeignServer *server);

#endif							/* RSFED_SERVER_H */
