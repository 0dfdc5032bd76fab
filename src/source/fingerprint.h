/*-------------------------------------------------------------------------
 *
 * fingerprint.h
 *	  Whether what a role logs in with has changed.
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
 * A text that is another one once mapping, server or credentials file have
 * changed; NULL if the mapping is gone.  Holds nothing of what is in them.
 * palloc'd; raises nothing for a file that is not there.
 */
extern char *source_fingerprint(const SourceLogin *login);

#endif							/* RSFED_FINGERPRINT_H */
