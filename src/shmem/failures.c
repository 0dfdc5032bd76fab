/*-------------------------------------------------------------------------
 *
 * failures.c
 *	  Failures of refreshes whose own transaction could not record them.
 *
 * If a transaction block with a refresh rolls back, the row of the refresh in
 * rsfed.runs is lost.  The failure is passed on here, and the database's
 * scheduler stores it in a transaction of its own.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"

#include "base/compat.h"
#include "shmem/failures.h"
#include "shmem/state.h"

void
failure_set_text(char *to, const char *text)
{
	int			length;

	if (text == NULL)
		text = "";
	length = pg_mbcliplen(text, strlen(text), FAILURE_TEXT - 1);
	memcpy(to, text, length);
	to[length] = '\0';
}

void
failure_put(const Failure *failure)
{
	if (rsfed_shmem == NULL)
		return;
	LWLockAcquire(rsfed_shmem->lock, LW_EXCLUSIVE);
	if (rsfed_shmem->nfailures == MAX_FAILURES)
	{
		rsfed_shmem->nfailures--;
		memmove(rsfed_shmem->failures, rsfed_shmem->failures + 1,
				sizeof(Failure) * rsfed_shmem->nfailures);
	}
	rsfed_shmem->failures[rsfed_shmem->nfailures++] = *failure;
	LWLockRelease(rsfed_shmem->lock);
	database_wake(failure->database);
}

bool
failure_take(Failure *failure)
{
	bool		found = false;

	LWLockAcquire(rsfed_shmem->lock, LW_EXCLUSIVE);
	for (int i = 0; i < rsfed_shmem->nfailures && !found; i++)
	{
		if (rsfed_shmem->failures[i].database != MyDatabaseId)
			continue;
		*failure = rsfed_shmem->failures[i];
		rsfed_shmem->nfailures--;
		memmove(rsfed_shmem->failures + i, rsfed_shmem->failures + i + 1,
				sizeof(Failure) * (rsfed_shmem->nfailures - i));
		found = true;
	}
	LWLockRelease(rsfed_shmem->lock);
	return found;
}
