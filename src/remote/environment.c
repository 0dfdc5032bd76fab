/*-------------------------------------------------------------------------
 *
 * environment.c
 *	  Keeps the server's own environment out of libpq.
 *
 * Policy: the server and the mapping alone define a connection. libpq takes
 * missing parameters from PG* variables of the process: a PGPASSWORD or
 * PGSERVICE in the environment of the server would log in users who have no
 * credentials.  So the calls of libpq that read the environment
 * (PQconnectStartParams, PQconnectPoll) stand between libpq_enter() and
 * libpq_leave(), which hide it by swapping the pointer: nothing is unset, so
 * nothing has to be restored one by one, and neither call can fail.
 *
 * Between them, messages are in English too: report.c recognizes failures by
 * libpq's messages, since libpq provides no codes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <locale.h>
#include <unistd.h>

#include "utils/memutils.h"

#include "remote/internal.h"

#include "base/compat.h"

extern char **environ;

static char **filtered = NULL;
static char **original = NULL;
static char original_locale[128];

/* Hides PG* variables and sets messages to English; raises only out of memory. */
void
libpq_enter(void)
{
	const char *locale;

	Assert(original == NULL);

	/*
	 * Made once and never freed: an abandoned thread of resolve.c may still
	 * read it.
	 */
	if (filtered == NULL)
	{
		int			count = 0;
		int			kept = 0;
		char	  **copy;

		while (environ[count] != NULL)
			count++;
		copy = MemoryContextAlloc(TopMemoryContext, (count + 1) * sizeof(char *));
		for (int i = 0; i < count; i++)
		{
			if (strncmp(environ[i], "PG", 2) != 0)
				copy[kept++] = environ[i];
		}
		copy[kept] = NULL;
		filtered = copy;
	}

	locale = setlocale(LC_MESSAGES, NULL);
	original_locale[0] = '\0';
	if (locale != NULL && strlen(locale) < sizeof(original_locale))
	{
		strlcpy(original_locale, locale, sizeof(original_locale));
		setlocale(LC_MESSAGES, "C");
	}
	original = environ;
	environ = filtered;
}

/* Undoes libpq_enter(). */
void
libpq_leave(void)
{
	environ = original;
	original = NULL;
	if (original_locale[0] != '\0')
		setlocale(LC_MESSAGES, original_locale);
}
