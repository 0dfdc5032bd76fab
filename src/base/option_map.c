/*-------------------------------------------------------------------------
 *
 * option_map.c
 *	  Options that are objects and give a name for each name.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/option_map.h"

/*
 * The members of an object, as OptionText; the value is NULL if it is not a
 * string.
 */
static List *
members_of_object(JsonbContainer *object)
{
	JsonbIterator *it = JsonbIteratorInit(object);
	JsonbIteratorToken token;
	JsonbValue	value;
	List	   *members = NIL;

	while ((token = JsonbIteratorNext(&it, &value, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
		{
			OptionText *member = palloc0(sizeof(OptionText));

			member->name = pnstrdup(value.val.string.val, value.val.string.len);
			members = lappend(members, member);
		}
		else if (token == WJB_VALUE && value.type == jbvString)
			((OptionText *) llast(members))->value = pnstrdup(value.val.string.val, value.val.string.len);
	}
	return members;
}

/* The members of an object of names; NIL if the option is not set. */
List *
option_map(OptionScope scope, Jsonb *options, const char *name)
{
	JsonbValue	value;
	const OptionSpec *spec = option_find(scope, name);

	if (spec == NULL || spec->type != OPTION_MAP)
		elog(ERROR, "option \"%s\" is not an object of names", name);
	if (!option_is_set(options, name))
		return NIL;
	(void) getKeyJsonValueFromContainer(&options->root, name, strlen(name), &value);
	return value.type == jbvBinary ? members_of_object(value.val.binary.data) : NIL;
}
