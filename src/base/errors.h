/*-------------------------------------------------------------------------
 *
 * errors.h
 *	  Wording that several layers share when they refuse something.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_ERRORS_H
#define RSFED_ERRORS_H

#include "nodes/pg_list.h"

/*
 * A hint for an unknown name: "Perhaps you meant "x"." or, if no name is near,
 * a list of the valid names; palloc'd. "what" is a plural noun ("options").
 */
extern char *unknown_name_hint(const char *given, List *names, const char *what);

/*
 * Raises 25006 unless this server can write.  "what" is the SQL function, for
 * the message: cannot execute rsfed.x on a replica.
 */
extern void require_primary(const char *what);

/*
 * Raises 55000 with the line to add unless the library was preloaded. "what"
 * says in a noun phrase what needs it ("requested refreshes"), and "procedure"
 * names the procedure that does the same without it.
 */
extern void require_preloaded(const char *what, const char *procedure);

/* Was the library loaded by shared_preload_libraries?  Set by _PG_init. */
extern bool rsfed_preloaded;

/*
 * An error as data, to be stored in a run's row: all fields palloc'd in the
 * current context, NULL where the error had none.
 */
typedef struct ErrorFields
{
	char		sqlstate[6];
	char	   *message;
	char	   *detail;
	char	   *hint;
	char	   *context;		/* where: the row and column, the server */
} ErrorFields;

/* Copies the fields of an error that are kept; does not free the ErrorData. */
struct ErrorData;
extern ErrorFields *error_fields(const struct ErrorData *edata);

#endif							/* RSFED_ERRORS_H */
