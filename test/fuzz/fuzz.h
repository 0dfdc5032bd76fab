/*-------------------------------------------------------------------------
 *
 * fuzz.h
 *		What a fuzz target is given: shim.c for those that run alone, backend.c
 *		for those that run inside a server.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_FUZZ_H
#define RSFED_FUZZ_H

#include "postgres.h"

/* The target: runs one input.  What it allocates is freed after it. */
extern void fuzz_one(const uint8 *data, size_t size);

/* Calls run(arg); the SQLSTATE of the error that it raised, 0 if it returned. */
extern int	fuzz_try(void (*run) (void *arg), void *arg);

/* input.c: bytes as numbers and texts; when there are no more, zero and "". */
typedef struct FuzzInput
{
	const uint8 *data;
	size_t		size;
} FuzzInput;

extern int64 fuzz_int64(FuzzInput *input);
extern int	fuzz_below(FuzzInput *input, int limit);	/* 0 to limit - 1 */
extern char *fuzz_text(FuzzInput *input);

/* Ends the process, as a crash does, where a promise is not kept. */
extern void fuzz_fail(const char *file, int line, const char *what) pg_attribute_noreturn();

#define fuzz_check(promise) \
	do { \
		if (!(promise)) \
			fuzz_fail(__FILE__, __LINE__, #promise); \
	} while (0)

#endif							/* RSFED_FUZZ_H */
