/*-------------------------------------------------------------------------
 *
 * format.c
 *	  Formats text with the arguments of a caller.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/format.h"

char *
format_arguments(const char *format, va_list args)
{
	size_t		size = 128;		/* enough for most messages */

	for (;;)
	{
		char	   *text = palloc(size);
		va_list		again;
		size_t		needed;

		va_copy(again, args);
		needed = pvsnprintf(text, size, format, again);
		va_end(again);
		if (needed < size)
			return text;
		pfree(text);
		size = needed;
	}
}

void
note_append(StringInfo note, const char *format,...)
{
	va_list		args;

	if (note->len > 0)
		appendStringInfoChar(note, ' ');
	va_start(args, format);
	appendStringInfoString(note, format_arguments(format, args));
	va_end(args);
}
