/*-------------------------------------------------------------------------
 *
 * writer.c
 *	  Which server this is, of all that may ever write these tables.
 *
 * Policy: a run belongs to the server that took it.  Whoever comes after that,
 * by a restart, a promotion or a restore, finds it under another epoch and
 * knows that its process is gone, whatever process has its number now.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xlog.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "base/writer.h"

char *
writer_epoch(void)
{
	/* of versions before 15 this makes the time line known, too */
	if (RecoveryInProgress())
		elog(ERROR, "there is no writer during recovery");
	return psprintf(UINT64_FORMAT "/%u/" INT64_FORMAT,
					GetSystemIdentifier(), GetWALInsertionTimeLine(), PgStartTime);
}
