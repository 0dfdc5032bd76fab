/*-------------------------------------------------------------------------
 *
 * backend.c
 *		Runs a fuzz target inside a server, in single-user mode.
 *
 * For modules that use PostgreSQL itself (its calendar, its time zones, its
 * input functions): with a shim, they would be tested against the shim.
 * libFuzzer is in the library, and takes over the process; only this library
 * counts coverage, and the address sanitizer is not used, because it does not
 * know the bounds of chunks of the server's palloc().
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

PG_MODULE_MAGIC;

extern int	LLVMFuzzerRunDriver(int *argc, char ***argv, int (*run) (const uint8 *data, size_t size));

static MemoryContext input_context;

int
fuzz_try(void (*run) (void *arg), void *arg)
{
	volatile int state = 0;

	PG_TRY();
	{
		run(arg);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(input_context);
		state = geterrcode();
		FlushErrorState();
	}
	PG_END_TRY();
	return state;
}

static int
run_input(const uint8 *data, size_t size)
{
	MemoryContext caller = MemoryContextSwitchTo(input_context);

	fuzz_one(data, size);
	MemoryContextSwitchTo(caller);
	MemoryContextReset(input_context);
	return 0;
}

PG_FUNCTION_INFO_V1(fuzz);

/*
 * fuzz(arguments text): those of libFuzzer, separated by blanks.  Ends the
 * process.
 */
Datum
fuzz(PG_FUNCTION_ARGS)
{
	char	   *arguments = text_to_cstring(PG_GETARG_TEXT_PP(0));
	char	  **argv = palloc0(sizeof(char *) * (strlen(arguments) + 2));
	int			argc = 1;

	argv[0] = "fuzz";
	for (char *argument = strtok(arguments, " "); argument != NULL; argument = strtok(NULL, " "))
		argv[argc++] = argument;
	input_context = AllocSetContextCreate(TopMemoryContext, "fuzz input", ALLOCSET_DEFAULT_SIZES);
	PG_RETURN_INT32(LLVMFuzzerRunDriver(&argc, &argv, run_input));
}
