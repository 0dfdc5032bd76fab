/*-------------------------------------------------------------------------
 *
 * rsfed.c
 *	  Loads the module: calls the init of each part, nothing else.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"

#include "base/compat.h"
#include "base/errors.h"
#include "base/settings.h"
#include "fdw/block.h"
#include "shmem/shmem.h"
#include "worker/launcher.h"
#include "worker/utility.h"

RSFED_MODULE_MAGIC;

extern PGDLLEXPORT void _PG_init(void);

/* Called once when the library is loaded: by the postmaster, or by a session. */
void
_PG_init(void)
{
	rsfed_preloaded = process_shared_preload_libraries_in_progress;

	settings_init();
	block_hook_init();
	if (rsfed_preloaded)
	{
		shmem_init();
		/* pg_upgrade moves files: nothing may be written or connected then */
		if (!IsBinaryUpgrade)
			launcher_register();
		utility_hook_init();
	}
}
