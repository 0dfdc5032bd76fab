/*-------------------------------------------------------------------------
 *
 * action.c
 *	  The actions of a change of a rollup, line by line.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/format.h"
#include "rollup/action.h"

void
add_action(List **actions, const char *action, const char *format,...)
{
	RedefinitionAction *new = palloc(sizeof(RedefinitionAction));
	va_list		args;

	va_start(args, format);
	new->action = action;
	new->detail = format_arguments(format, args);
	va_end(args);
	*actions = lappend(*actions, new);
}
