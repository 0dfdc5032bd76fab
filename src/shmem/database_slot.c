/*-------------------------------------------------------------------------
 *
 * database_slot.c
 *	  The slot of a database, in shared memory.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "storage/latch.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "shmem/state.h"

DatabaseSlot *
database_slot_find(Oid database)
{
	for (int i = 0; i < MAX_DATABASES; i++)
	{
		if (rsfed_shmem->databases[i].database == database)
			return &rsfed_shmem->databases[i];
	}
	return NULL;
}

DatabaseSlot *
database_slot(Oid database)
{
	DatabaseSlot *slot = database_slot_find(database);

	if (slot != NULL)
		return slot;
	slot = database_slot_find(InvalidOid);
	if (slot == NULL)
		return NULL;

	memset(slot, 0, sizeof(DatabaseSlot));
	slot->database = database;
	slot->next_due = DT_NOEND;
	/* the launcher has to find out whether the database may be used */
	rsfed_shmem->rescan = true;
	return slot;
}

void
database_slot_poke(DatabaseSlot *slot)
{
	if (slot->scheduler != NULL)
		SetLatch(&slot->scheduler->procLatch);
	else if (rsfed_shmem->launcher != NULL)
		SetLatch(&rsfed_shmem->launcher->procLatch);
}
