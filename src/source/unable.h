/*-------------------------------------------------------------------------
 *
 * unable.h
 *	  A query that one member of a group refuses, and another one takes.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_UNABLE_H
#define RSFED_UNABLE_H

#include "source/route.h"

/* A member that an attempt has left for that reason. */
typedef struct Refusal
{
	char	   *server;
	int32		relation_id;	/* the rollup whose query it is */
	int			definition;
	char	   *problem;
} Refusal;

/*
 * The query of a rollup is sent now, as it is; an error that comes next may be its
 * own.  A NULL route is none.
 */
extern void unable_note_asked(SourceRoute *route, const char *query, int32 relation_id,
							  int definition);

/*
 * An attempt has failed with that error.  True if it is the member's lack: it
 * refuses the query, and another member takes it, where the attempt will go on.
 * Else the error's detail names the member, and who else refuses the query.  For
 * errors of syntax, functions, names and features that come from Redshift; false
 * for any other.  Asks by Parse and Describe, the member and up to three others,
 * each for some seconds.  To be called after the subtransaction of the attempt was
 * rolled back.  Raises interrupts.
 */
extern bool unable_move_on(SourceRoute *route, ErrorData *error);

/*
 * The attempt succeeds elsewhere: who has refused the query is not used for it any
 * more.  In the transaction of the success, with an active snapshot.
 */
extern void unable_remember(const SourceRoute *route);

/*
 * Asks a member by Parse and Describe whether it takes a query: NULL if so, else
 * why not, palloc'd.  *refused: that is the answer to the query, of the kind
 * above; else it could not be asked, or says something else.
 */
extern ErrorData *unable_ask(const char *group, const char *server, Oid userid, const char *query,
							 bool *refused);

#endif							/* RSFED_UNABLE_H */
