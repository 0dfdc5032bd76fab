/*-------------------------------------------------------------------------
 *
 * budget_check.c
 *	  Checks whether the use of a budget for scanned data can be known.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "base/compat.h"
#include "base/options.h"
#include "source/budget_check.h"
#include "source/credentials.h"
#include "source/group.h"

void
budget_warn_unknown_scan(const char *title, const char *source)
{
	List	   *servers = source_servers(source);
	ListCell   *lc;

	foreach(lc, servers)
	{
		const char *name = lfirst(lc);
		ForeignServer *server = GetForeignServerByName(name, true);

		if (server == NULL ||
			option_bool_text(OPTION_SERVER, "gather_costs", source_option(server->options, "gather_costs")))
			continue;
		ereport(WARNING,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("max_scan_per_day of %s does not count what runs read at server \"%s\"", title, name),
				 errdetail("The server does not gather costs, and the history of the warehouse is all that knows."),
				 errhint("ALTER SERVER %s OPTIONS (%s gather_costs 'on');", quote_identifier(name),
						 source_option(server->options, "gather_costs") ? "SET" : "ADD")));
	}
}
