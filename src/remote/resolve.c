/*-------------------------------------------------------------------------
 *
 * resolve.c
 *	  Resolves a name to addresses without blocking the session.
 *
 * getaddrinfo() waits for the name servers, which can take half a minute, and
 * cannot be interrupted.  So it runs in a thread that does nothing else: it
 * calls no code of PostgreSQL, takes no signals, and its result is in malloc'd
 * memory, which the last of the two users frees.  A session that is cancelled
 * or out of time just leaves.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "storage/fd.h"
#include "storage/latch.h"

#include "remote/internal.h"

#include "base/compat.h"

/* Shared by the session and the thread; the mutex guards "users". */
typedef struct ResolveJob
{
	pthread_mutex_t mutex;
	int			users;
	int			done_fd;		/* the thread closes it when it is done */
	int			error;			/* of getaddrinfo */
	struct addrinfo *found;
	char		host[FLEXIBLE_ARRAY_MEMBER];
} ResolveJob;

static void *resolve_thread(void *arg);
static void job_leave(ResolveJob *job);
static ResolveJob *job_start(const char *host, int *wait_fd);
static List *address_list(struct addrinfo *found);

/*
 * The addresses of a host as a List of char *, in the resolver's order.
 * Interruptible.  Raises 08001 if there are none or the deadline passes.
 */
List *
remote_resolve(const char *server_name, const char *host, TimestampTz deadline)
{
	struct addrinfo hints;
	struct addrinfo *numeric;
	ResolveJob *job;
	int			wait_fd;
	int			ready = 0;
	int			error;
	List	   *addresses;

	/* an address needs no resolver */
	memset(&hints, 0, sizeof(hints));
	hints.ai_socktype = SOCK_STREAM;
	hints.ai_flags = AI_NUMERICHOST;
	if (getaddrinfo(host, NULL, &hints, &numeric) == 0)
	{
		freeaddrinfo(numeric);
		return list_make1(pstrdup(host));
	}

	job = job_start(host, &wait_fd);
	PG_TRY();
	{
		ready = wait_socket(wait_fd, WL_SOCKET_READABLE, deadline, REMOTE_WAIT_RESOLVE);
	}
	PG_CATCH();
	{
		close(wait_fd);
		ReleaseExternalFD();
		job_leave(job);
		PG_RE_THROW();
	}
	PG_END_TRY();
	close(wait_fd);
	ReleaseExternalFD();

	if (ready == 0)
	{
		job_leave(job);
		ereport(ERROR,
				(errcode(ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION),
				 errmsg("could not connect to Redshift server \"%s\"", server_name),
				 errdetail("The name \"%s\" was not resolved within the connect time-out.", host),
				 errhint("The name servers of this machine do not answer.")));
	}

	/* the thread wrote its result before it closed its end */
	error = job->error;
	addresses = error == 0 ? address_list(job->found) : NIL;
	job_leave(job);
	if (addresses == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION),
				 errmsg("could not connect to Redshift server \"%s\"", server_name),
				 errdetail("The name \"%s\" could not be resolved: %s.", host,
						   error != 0 ? gai_strerror(error) : "it has no address"),
				 errhint("Check the server's option host, and whether this machine can resolve the name.")));
	return addresses;
}

/* Starts the thread; *wait_fd becomes readable (end of file) when it is done. */
static ResolveJob *
job_start(const char *host, int *wait_fd)
{
	ResolveJob *job;
	int			fds[2];
	pthread_t	thread;
	pthread_attr_t attributes;
	sigset_t	all;
	sigset_t	before;
	int			failed;

	if (!AcquireExternalFD())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_RESOURCES),
				 errmsg("too many open files in this session to connect to Redshift"),
				 errhint("Raise max_files_per_process.")));
	job = calloc(1, offsetof(ResolveJob, host) + strlen(host) + 1);
	if (job == NULL || pipe(fds) != 0)
	{
		free(job);
		ReleaseExternalFD();
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_RESOURCES),
				 errmsg("could not start to resolve \"%s\": %m", host)));
	}
	(void) fcntl(fds[0], F_SETFD, FD_CLOEXEC);
	(void) fcntl(fds[1], F_SETFD, FD_CLOEXEC);
	strcpy(job->host, host);
	pthread_mutex_init(&job->mutex, NULL);
	job->users = 2;
	job->done_fd = fds[1];

	/*
	 * signals belong to the session: their handlers expect to run in its
	 * thread
	 */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	failed = pthread_create(&thread, &attributes, resolve_thread, job);
	pthread_attr_destroy(&attributes);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed != 0)
	{
		close(fds[0]);
		close(fds[1]);
		job->users = 1;
		job_leave(job);
		ReleaseExternalFD();
		errno = failed;
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_RESOURCES),
				 errmsg("could not start to resolve \"%s\": %m", host)));
	}
	*wait_fd = fds[0];
	return job;
}

/* The thread: no palloc, no ereport, no access to the session's state. */
static void *
resolve_thread(void *arg)
{
	ResolveJob *job = arg;
	struct addrinfo hints;

	memset(&hints, 0, sizeof(hints));
	hints.ai_socktype = SOCK_STREAM;
	job->error = getaddrinfo(job->host, NULL, &hints, &job->found);
	close(job->done_fd);
	job_leave(job);
	return NULL;
}

/* Frees the job when its second user leaves. */
static void
job_leave(ResolveJob *job)
{
	int			left;

	pthread_mutex_lock(&job->mutex);
	left = --job->users;
	pthread_mutex_unlock(&job->mutex);
	if (left > 0)
		return;
	if (job->found != NULL)
		freeaddrinfo(job->found);
	pthread_mutex_destroy(&job->mutex);
	free(job);
}

/* Addresses as text; palloc'd. */
static List *
address_list(struct addrinfo *found)
{
	List	   *addresses = NIL;

	for (struct addrinfo *each = found; each != NULL; each = each->ai_next)
	{
		char		text[NI_MAXHOST];

		if (getnameinfo(each->ai_addr, each->ai_addrlen, text, sizeof(text),
						NULL, 0, NI_NUMERICHOST) == 0)
			addresses = lappend(addresses, pstrdup(text));
	}
	return addresses;
}
