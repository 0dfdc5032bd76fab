/*-------------------------------------------------------------------------
 *
 * failures.h
 *	  Failures of refreshes whose own transaction could not record them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_FAILURES_H
#define RSFED_FAILURES_H

/* Longest text that is carried, in bytes; longer ones are cut. */
#define FAILURE_TEXT 400

typedef struct Failure
{
	Oid			database;
	int32		relation_id;
	Oid			userid;			/* the role that asked for the refresh */
	bool		cancelled;		/* cancelled by a person, so not a failure of the relation */
	bool		refused;		/* refused by the gate */
	bool		of_change;		/* of a definition that was rolled back, so not a failure of the relation */
	char		method[NAMEDATALEN];	/* empty = the rollup's own */
	char		phase[NAMEDATALEN];
	char		sqlstate[6];
	char		message[FAILURE_TEXT];
	char		detail[FAILURE_TEXT];	/* this and the next: empty = none */
	char		hint[FAILURE_TEXT];
	char		context[FAILURE_TEXT];
} Failure;

/*
 * Hands a failure to the scheduler of its database and wakes it.  If more than
 * a few are waiting, the oldest is lost; without preloading all are lost.
 * Takes the lock for a moment; raises nothing, so it may be called in
 * PG_CATCH.
 */
extern void failure_put(const Failure *failure);

/* Takes the oldest failure of this database; false if there is none. */
extern bool failure_take(Failure *failure);

/*
 * Copies a text, truncated at a character boundary; NULL gives the empty text.
 */
extern void failure_set_text(char *to, const char *text);

#endif							/* RSFED_FAILURES_H */
