/*-------------------------------------------------------------------------
 *
 * fuzz.h
 *		Functions for fuzz targets: in shim.c for those that run alone, in
 *		backend.c for those that run inside a server.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_FUZZ_H
#define RSFED_FUZZ_H

#include "postgres.h"

/* The target: runs one input.  Its memory is freed afterwards. */
extern void fuzz_one(const uint8 *data, size_t size);

/* Calls run(arg); returns the SQLSTATE of the error that it raised, or 0. */
extern int	fuzz_try(void (*run) (void *arg), void *arg);

/*
 * input.c: bytes as numbers and texts; zero and "" after the end of the input.
 */
typedef struct FuzzInput
{
	const uint8 *data;
	size_t		size;
} FuzzInput;

extern int64 fuzz_int64(FuzzInput *input);
extern int	fuzz_below(FuzzInput *input, int limit);	/* 0 to limit - 1 */
extern char *fuzz_text(FuzzInput *input);

/* Ends the process like a crash; called if a check fails. */
extern void fuzz_fail(const char *file, int line, const char *what) pg_attribute_noreturn();

#define fuzz_check(promise) \
	do { \
		if (!(promise)) \
			fuzz_fail(__FILE__, __LINE__, #promise); \
	} while (0)

#endif							/* RSFED_FUZZ_H */
