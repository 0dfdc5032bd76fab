/*-------------------------------------------------------------------------
 *
 * writer.c
 *	  Identifies this server among all that may ever write these tables.
 *
 * Policy: a run belongs to the server that took it.  After a restart, a
 * promotion or a restore the server finds the run under another epoch and
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
	/* before 15 this also sets the time line */
	if (RecoveryInProgress())
		elog(ERROR, "there is no writer during recovery");
	return psprintf(UINT64_FORMAT "/%u/" INT64_FORMAT,
					GetSystemIdentifier(), GetWALInsertionTimeLine(), PgStartTime);
}
