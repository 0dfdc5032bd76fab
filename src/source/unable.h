/*-------------------------------------------------------------------------
 *
 * unable.h
 *	  A query that one member of a group refuses, and another one accepts.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_UNABLE_H
#define RSFED_UNABLE_H

#include "source/route.h"

/* A member that an attempt has left for this reason. */
typedef struct Refusal
{
	char	   *server;
	int32		relation_id;	/* the rollup of the query */
	int			definition;
	char	   *problem;
} Refusal;

/*
 * Called before the query of a rollup is sent unchanged: the next error may be
 * its own.  Does nothing for a NULL route.
 */
extern void unable_note_asked(SourceRoute *route, const char *query, int32 relation_id,
							  int definition);

/*
 * An attempt has failed with that error.  True if only the member refuses the
 * query, and another member accepts it, where the attempt will continue.
 * Otherwise the error's detail names the member, and the other members that
 * refuse the query.  For errors of syntax, functions, names and features that
 * come from Redshift; false for any other.  Asks by Parse and Describe, the
 * member and up to three others, each for some seconds.  Called after the
 * rollback of the attempt's subtransaction.  Raises interrupts.
 */
extern bool unable_move_on(SourceRoute *route, ErrorData *error);

/*
 * The attempt succeeds elsewhere: members that refused the query are no longer
 * used for it.  Called in the transaction of the success, with an active
 * snapshot.
 */
extern void unable_remember(const SourceRoute *route);

/*
 * Asks a member by Parse and Describe whether it accepts a query: NULL if so,
 * else the error, palloc'd.  *refused: the error is a refusal of the query of
 * the kind above; otherwise the member could not be asked, or there is another
 * error.
 */
extern ErrorData *unable_ask(const char *group, const char *server, Oid userid, const char *query,
							 bool *refused);

#endif							/* RSFED_UNABLE_H */
