/*-------------------------------------------------------------------------
 *
 * held.h
 *	  rsfed_catalog.held_credentials: log-ins that the scheduler does not try.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_HELD_H
#define RSFED_HELD_H

#include "nodes/pg_list.h"

/* A mapping whose log-in is held: server and role (InvalidOid: PUBLIC). */
typedef struct HeldLogin
{
	Oid			server_id;
	Oid			role_id;
	char	   *fingerprint;	/* of source_fingerprint(), at the time of the refusal */
} HeldLogin;

/*
 * Holds a log-in.  False if it was held already; then its time and fingerprint
 * are updated.
 */
extern bool held_insert(const HeldLogin *login, const char *sqlstate, const char *message);

/* Releases it; false if it was not held. */
extern bool held_delete(Oid server_id, Oid role_id);

/* All of them: List of HeldLogin *. */
extern List *held_list(void);

extern bool held_any(void);

/* Is the log-in held that the owner of a relation uses for it? */
extern bool held_relation(int32 relation_id);

#endif							/* RSFED_HELD_H */
