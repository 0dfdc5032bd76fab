/*-------------------------------------------------------------------------
 *
 * shim.c
 *		The server functions that the pure modules of src/ call, for fuzz
 *		targets that run without a server.
 *
 * Each chunk of palloc() is one of malloc(), so that the address sanitizer
 * detects a read or write outside it; pfree() and the end of an input free it.
 * An error is formatted, as in a server, and jumps out of fuzz_try().
 * StringInfo, psprintf() and encodings come from libpgcommon and libpgport.
 * Other functions are missing on purpose: a module that begins to use more of
 * the server does not link, and either it is no longer pure, or this file needs
 * a correct implementation of that function.
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"

#include <sanitizer/asan_interface.h>

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/pg_list.h"
#include "utils/formatting.h"
#include "utils/memutils.h"

/* ---- memory ---- */

typedef struct Chunk
{
	struct Chunk *next;
	struct Chunk *previous;
	size_t		size;
	size_t		padding;		/* the rest is aligned to 16 bytes */
} Chunk;

static Chunk chunks = {&chunks, &chunks, 0, 0};

/* The header is out of bounds for all but these functions. */
static Chunk *
open_chunk(void *pointer)
{
	Chunk	   *chunk = (Chunk *) pointer - 1;

	ASAN_UNPOISON_MEMORY_REGION(chunk, sizeof(Chunk));
	return chunk;
}

void *
palloc(Size size)
{
	Chunk	   *chunk;

	if (!AllocSizeIsValid(size))
		elog(ERROR, "invalid memory alloc request size %zu", size);
	chunk = malloc(sizeof(Chunk) + size);
	if (chunk == NULL)
		abort();
	chunk->size = size;
	chunk->next = chunks.next;
	chunk->previous = &chunks;
	if (chunk->next != &chunks)
		(void) open_chunk(chunk->next + 1);
	chunk->next->previous = chunk;
	if (chunk->next != &chunks)
		ASAN_POISON_MEMORY_REGION(chunk->next, sizeof(Chunk));
	chunks.next = chunk;
	ASAN_POISON_MEMORY_REGION(chunk, sizeof(Chunk));
	return chunk + 1;
}

void *
palloc0(Size size)
{
	return memset(palloc(size), 0, size);
}

void
pfree(void *pointer)
{
	Chunk	   *chunk = open_chunk(pointer);
	Chunk	   *next = chunk->next;
	Chunk	   *previous = chunk->previous;

	if (next != &chunks)
		(void) open_chunk(next + 1);
	if (previous != &chunks)
		(void) open_chunk(previous + 1);
	next->previous = previous;
	previous->next = next;
	if (next != &chunks)
		ASAN_POISON_MEMORY_REGION(next, sizeof(Chunk));
	if (previous != &chunks)
		ASAN_POISON_MEMORY_REGION(previous, sizeof(Chunk));
	free(chunk);
}

/* Always moves the chunk, so that a pointer to the old one is detected. */
void *
repalloc(void *pointer, Size size)
{
	void	   *copy = palloc(size);
	size_t		old_size = open_chunk(pointer)->size;

	memcpy(copy, pointer, Min(size, old_size));
	pfree(pointer);
	return copy;
}

char *
pnstrdup(const char *text, Size length)
{
	char	   *copy;

	length = strnlen(text, length);
	copy = palloc(length + 1);
	memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

char *
pstrdup(const char *text)
{
	return pnstrdup(text, strlen(text));
}

static void
free_all(void)
{
	while (chunks.next != &chunks)
		pfree(chunks.next + 1);
}

/* ---- errors ---- */

static sigjmp_buf *catcher;
static int	raised_level;
static int	raised_state;

bool
errstart(int elevel, const char *domain)
{
	raised_level = elevel;
	raised_state = elevel >= ERROR ? ERRCODE_INTERNAL_ERROR : 0;
	return true;
}

bool
errstart_cold(int elevel, const char *domain)
{
	return errstart(elevel, domain);
}

int
errcode(int sqlerrcode)
{
	raised_state = sqlerrcode;
	return 0;
}

/* A message is formatted, but not kept: the sanitizers check the arguments. */
#define FORMAT_MESSAGE(format) \
	do { \
		char	   *text = palloc(8192); \
		va_list		args; \
		va_start(args, format); \
		(void) pvsnprintf(text, 8192, format, args); \
		va_end(args); \
		/* what users see is text, cut or not: never half a character */ \
		if (strlen(text) < 8191) \
			fuzz_check(pg_encoding_verifymbstr(PG_UTF8, text, strlen(text)) == (int) strlen(text)); \
		pfree(text); \
		return 0; \
	} while (0)

int
errmsg(const char *fmt,...)
{
	FORMAT_MESSAGE(fmt);
}

int
errmsg_internal(const char *fmt,...)
{
	FORMAT_MESSAGE(fmt);
}

int
errdetail(const char *fmt,...)
{
	FORMAT_MESSAGE(fmt);
}

int
errdetail_internal(const char *fmt,...)
{
	FORMAT_MESSAGE(fmt);
}

int
errhint(const char *fmt,...)
{
	FORMAT_MESSAGE(fmt);
}

void
errfinish(const char *filename, int lineno, const char *funcname)
{
	if (raised_level < ERROR)
		return;
	if (catcher == NULL)
		fuzz_fail(filename, lineno, "an error is raised only where one is expected");
	siglongjmp(*catcher, 1);
}

int
fuzz_try(void (*run) (void *arg), void *arg)
{
	sigjmp_buf	here;
	sigjmp_buf *outer = catcher;
	int			state = 0;

	if (sigsetjmp(here, 0) == 0)
	{
		catcher = &here;
		run(arg);
	}
	else
		state = raised_state;
	catcher = outer;
	return state;
}

void
ExceptionalCondition(const char *condition, const char *type, const char *file, int line)
{
	fuzz_fail(file, line, condition);
}

/* ---- the rest ---- */

volatile sig_atomic_t InterruptPending = false;

void
ProcessInterrupts(void)
{
}

/* The stack of a server is 2 MB by default; frames are larger here. */
static char *stack_base;

void
check_stack_depth(void)
{
	char		here;

	if (labs(stack_base - &here) > 2048 * 1024L)
		ereport(ERROR,
				(errcode(ERRCODE_STATEMENT_TOO_COMPLEX),
				 errmsg("stack depth limit exceeded")));
}

/* A list with room for one more cell, which is already counted. */
static List *
grow_list(List *list, NodeTag type)
{
	if (list == NIL)
	{
		list = palloc0(sizeof(List));
		list->type = type;
	}
	fuzz_check(list->type == type);
	if (list->length == list->max_length)
	{
		list->max_length = list->max_length * 2 + 4;
		list->elements = list->elements == NULL ?
			palloc(list->max_length * sizeof(ListCell)) :
			repalloc(list->elements, list->max_length * sizeof(ListCell));
	}
	list->length++;
	return list;
}

List *
lappend(List *list, void *datum)
{
	list = grow_list(list, T_List);
	llast(list) = datum;
	return list;
}

List *
lappend_int(List *list, int datum)
{
	list = grow_list(list, T_IntList);
	llast_int(list) = datum;
	return list;
}

bool
list_member_int(const List *list, int datum)
{
	for (int i = 0; i < list_length(list); i++)
	{
		if (list_nth_int(list, i) == datum)
			return true;
	}
	return false;
}

int
pg_mbstrlen_with_len(const char *text, int limit)
{
	int			count = 0;

	for (; limit > 0 && *text != '\0'; count++)
	{
		int			length = pg_encoding_mblen(PG_UTF8, text);

		text += length;
		limit -= length;
	}
	return count;
}

int
pg_mbcliplen(const char *text, int length, int limit)
{
	int			clipped = 0;

	while (clipped < length && text[clipped] != '\0')
	{
		int			next = pg_encoding_mblen(PG_UTF8, text + clipped);

		if (clipped + next > limit)
			break;
		clipped += next;
	}
	return clipped;
}

char *
asc_toupper(const char *text, size_t length)
{
	char	   *result = pnstrdup(text, length);

	for (char *c = result; *c != '\0'; c++)
		*c = pg_ascii_toupper((unsigned char) *c);
	return result;
}

int
LLVMFuzzerTestOneInput(const uint8 *data, size_t size)
{
	char		here;

	stack_base = &here;
	fuzz_one(data, size);
	free_all();
	return 0;
}
