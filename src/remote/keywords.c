/*-------------------------------------------------------------------------
 *
 * keywords.c
 *	  Connection keywords of libpq that a server or mapping may have, and their
 *	  values in a target.
 *
 * Policy: a list of allowed keywords, not of forbidden ones, so that a keyword
 * of a later libpq is refused until someone has examined it.  Left out:
 * passfile, service, gss*, krb* (the server's own files and tickets), options
 * (Redshift refuses the connection if it does not know a parameter),
 * target_session_attrs and load_balance_hosts (they send SQL that Redshift
 * does not have, or choose hosts), replication.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "remote/internal.h"

#include "base/compat.h"
#include "remote/keywords.h"

static const char *const usable_keywords[] =
{
	"host", "hostaddr", "port", "dbname", "user", "password",
	"sslmode", "sslrootcert", "sslcert", "sslkey", "sslpassword", "sslsni",
	"ssl_min_protocol_version", "ssl_max_protocol_version",
	"application_name", "keepalives", "keepalives_idle",
	"keepalives_interval", "keepalives_count", "tcp_user_timeout"
};

static bool libpq_knows(const char *keyword);

/* See keywords.h. */
bool
remote_keyword_usable(const char *keyword)
{
	for (int i = 0; i < lengthof(usable_keywords); i++)
	{
		if (strcmp(usable_keywords[i], keyword) == 0)
			return libpq_knows(keyword);
	}
	return false;
}

/* Asks the libpq in use; sslsni, for example, came with 14. */
static bool
libpq_knows(const char *keyword)
{
	static PQconninfoOption *known = NULL;

	/* malloc'd once for the life of the process */
	if (known == NULL)
	{
		known = PQconndefaults();
		if (known == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_OUT_OF_MEMORY),
					 errmsg("out of memory")));
	}
	for (PQconninfoOption *option = known; option->keyword != NULL; option++)
	{
		if (strcmp(option->keyword, keyword) == 0)
			return true;
	}
	return false;
}

/* The value of a keyword of the target; NULL if it has none. */
const char *
target_value(const RemoteTarget *target, const char *keyword)
{
	for (int i = 0; target->keywords[i] != NULL; i++)
	{
		if (strcmp(target->keywords[i], keyword) == 0)
			return target->values[i];
	}
	return NULL;
}
