/*-------------------------------------------------------------------------
 *
 * choice.c
 *	  The time for the choice of a member of a group.
 *
 *	  CREATE FUNCTION choice_us(name, integer) RETURNS float8
 *		  AS '.../bench/choice/choice' LANGUAGE C STRICT;
 *	  SELECT choice_us('lake', 100000);
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "portability/instr_time.h"
#include "utils/memutils.h"

#include "base/compat.h"
#include "shmem/health.h"
#include "source/login.h"
#include "source/route.h"
#include "source/server.h"

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(choice_us);

/*
 * choice_us(group_name, n): the average time in microseconds for one of n
 * choices, from the name of the group to the end of the use, including checks
 * of privileges, without connecting.
 */
Datum
choice_us(PG_FUNCTION_ARGS)
{
	int			n = PG_GETARG_INT32(1);
	SourceRequest request = {.source = NameStr(*PG_GETARG_NAME(0)),.userid = GetUserId()};
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "choice", ALLOCSET_SMALL_SIZES);
	instr_time	begun;
	instr_time	ended;

	INSTR_TIME_SET_CURRENT(begun);
	for (int i = 0; i < n; i++)
	{
		MemoryContext old = MemoryContextSwitchTo(context);
		ForeignServer *asked = source_server(request.source);
		HealthUse  *use;

		login_check(asked, request.userid);
		(void) route_choose(&request, asked, &use);
		health_end(use);
		MemoryContextSwitchTo(old);
		MemoryContextReset(context);
		CHECK_FOR_INTERRUPTS();
	}
	INSTR_TIME_SET_CURRENT(ended);
	INSTR_TIME_SUBTRACT(ended, begun);
	MemoryContextDelete(context);
	PG_RETURN_FLOAT8(n > 0 ? INSTR_TIME_GET_MICROSEC(ended) / (double) n : 0);
}
