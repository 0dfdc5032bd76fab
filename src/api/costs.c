/*-------------------------------------------------------------------------
 *
 * costs.c
 *	  SQL function that asks for the costs of runs now.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "api/result.h"
#include "base/compat.h"
#include "refresh/cost_gather.h"

PG_FUNCTION_INFO_V1(rsfed_gather_costs);

Datum
rsfed_gather_costs(PG_FUNCTION_ARGS)
{
	ResultRows *result = result_begin(fcinfo);
	CostBatch  *batch;

	while ((batch = cost_claim(GetUserId())) != NULL)
	{
		ErrorData  *error = cost_ask(batch, false);
		Datum		values[3];
		bool		nulls[3] = {false, false, error == NULL};
		int			found = 0;
		ListCell   *lc;

		cost_write(batch);
		foreach(lc, batch->runs)
			found += ((RunCost *) lfirst(lc))->found && error == NULL;
		values[0] = DirectFunctionCall1(namein, CStringGetDatum(batch->server));
		values[1] = Int32GetDatum(found);
		if (error != NULL)
			values[2] = CStringGetTextDatum(error->message);
		result_add(result, values, nulls);
	}
	return (Datum) 0;
}
