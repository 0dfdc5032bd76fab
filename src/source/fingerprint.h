/*-------------------------------------------------------------------------
 *
 * fingerprint.h
 *	  Detects changes of a role's log-in.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_FINGERPRINT_H
#define RSFED_FINGERPRINT_H

/* The mapping that a role uses for a source: its own or PUBLIC's. */
typedef struct SourceLogin
{
	Oid			server_id;
	Oid			role_id;		/* InvalidOid: PUBLIC's */
} SourceLogin;

/* False if there is no such server or mapping. */
extern bool source_login(const char *source, Oid userid, SourceLogin *login);

/*
 * A text that changes when the mapping, the server or the credentials file
 * changes; NULL if the mapping is gone.  Contains none of their contents.
 * palloc'd; raises nothing for a missing file.
 */
extern char *source_fingerprint(const SourceLogin *login);

#endif							/* RSFED_FINGERPRINT_H */
