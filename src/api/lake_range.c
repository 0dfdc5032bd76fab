/*-------------------------------------------------------------------------
 *
 * lake_range.c
 *	  Reads the partitions that a caller names: in a list, by a range, or both.
 *
 * Policy: a key without a value in the list takes it from the range: keys
 * named year, month, day and hour take their part of the time, another key
 * takes the date; without a key "year", "day" is a date and not a part.
 * Numbers have no leading zeros, text has them, as in Hive and crawlers.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/memutils.h"

#include "api/lake_range.h"
#include "base/attempt.h"
#include "base/compat.h"
#include "base/errors.h"
#include "base/json.h"
#include "base/names.h"
#include "redshift/external.h"

/* The length of the part of a location that the warehouse shows. */
#define SHOWN_LOCATION 128

/* A larger number at once is a mistake in the range. */
#define MOST_PARTITIONS 100000

/* One partition in the making. */
typedef struct Draft
{
	const PartitionRequest *request;
	List	   *keys;
	List	   *values;			/* of all keys, as far as known */
	Timestamp	at;				/* its position in the range */
} Draft;

struct PartitionIndex
{
	List	   *keys;
	int			count;
	struct IndexEntry
	{
		char	   *key;
		LakePartition *partition;
	}		   *entry;
};

typedef struct ReadTime
{
	const char *text;
	Timestamp	value;
} ReadTime;

static void
read_time(void *arg)
{
	ReadTime   *read = arg;

	read->value = DatumGetTimestamp(DirectFunctionCall3(timestamp_in, CStringGetDatum(read->text),
														ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
}

/* Reads a time of the range; raises 22023. */
static Timestamp
parse_time(const char *argument, const char *text)
{
	ReadTime	read = {.text = text};

	if (!attempt_reading(read_time, &read) || TIMESTAMP_NOT_FINITE(read.value))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value for %s: \"%s\"", argument, text),
				 errhint("Write a date, as in \"2026-03-01\", or a date and an hour.")));
	return read.value;
}

void
request_read(PartitionRequest *request, const char *table_name, Jsonb *partitions,
			 char *location, const char *since, const char *until)
{
	lake_table_name(table_name, &request->schema, &request->table);
	request->partitions = partitions;
	request->location = location;
	request->has_range = since != NULL;
	if (since == NULL && (partitions == NULL || until != NULL))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg(until ? "until needs since" : "neither partitions nor a range is given"),
				 errhint("Write since => '2026-01-01', until => '2026-02-01', or partitions => '[{\"key\": \"value\"}]'.")));
	if (partitions != NULL && (!JB_ROOT_IS_ARRAY(partitions) || JB_ROOT_IS_SCALAR(partitions)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument partitions must be a JSON array"),
				 errhint("Write an object for each: partitions => '[{\"saledate\": \"2026-01-01\"}]'.")));
	if (since == NULL)
		return;
	request->since = parse_time("since", since);
	/* days are in UTC, like the folders of a lake */
	request->until = until ? parse_time("until", until)
		: DatumGetTimestamp(DirectFunctionCall2(timestamptz_zone, CStringGetTextDatum("UTC"),
												TimestampTzGetDatum(GetCurrentTimestamp())));
	if (request->since >= request->until)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the range is empty"),
				 errdetail("since is not before until.")));
}

List *
request_keys(const PartitionRequest *request, RemoteConnection *conn)
{
	List	   *columns = lake_columns(conn, request->schema, request->table);
	List	   *keys = lake_keys(columns);

	if (columns == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("external table \"%s.%s\" does not exist, or may not be seen", request->schema, request->table),
				 errhint("The user of the warehouse needs USAGE on the external schema there.")));
	if (keys == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("external table \"%s.%s\" has no partitions", request->schema, request->table)));
	return keys;
}

/* A scalar as text; NULL for null.  Raises 22023. */
static char *
value_text(const JsonbValue *value)
{
	char	   *text = json_scalar_text(value);

	if (text == NULL && value->type != jbvNull)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a value of a partition key is a string, a number, true, false or null")));
	return text;
}

static int
part_of_time(const char *name, const struct pg_tm *tm)
{
	return strcmp(name, "year") == 0 ? tm->tm_year :
		strcmp(name, "month") == 0 ? tm->tm_mon :
		strcmp(name, "day") == 0 ? tm->tm_mday :
		strcmp(name, "hour") == 0 ? tm->tm_hour : -1;
}

static void
fields_of(Timestamp at, struct pg_tm *tm)
{
	fsec_t		fsec;

	if (timestamp2tm(at, NULL, tm, &fsec, NULL, NULL) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp out of range")));
}

static char *
date_text(Timestamp at)
{
	struct pg_tm tm;

	fields_of(at, &tm);
	return psprintf("%04d-%02d-%02d", tm.tm_year, tm.tm_mon, tm.tm_mday);
}

/* Does the key hold a part of the time, and not the whole date? */
static bool
is_part(const LakeColumn *key, List *keys)
{
	ListCell   *lc;

	if (strncmp(key->type, "date", 4) == 0 || strncmp(key->type, "timestamp", 9) == 0)
		return false;
	if (strcmp(key->name, "hour") == 0 || strcmp(key->name, "year") == 0)
		return true;
	if (strcmp(key->name, "month") != 0 && strcmp(key->name, "day") != 0)
		return false;
	foreach(lc, keys)
	{
		if (strcmp(((LakeColumn *) lfirst(lc))->name, "year") == 0)
			return true;
	}
	return false;
}

/*
 * The value of a key at a position in the range; raises 22023 for a key
 * without a value.  takes_date: no other key holds the date.
 */
static char *
value_in_range(const LakeColumn *key, List *keys, Timestamp at, bool takes_date)
{
	struct pg_tm tm;
	static const char *const dates[] = {"date", "timestamp", "char", "varchar", "string"};

	fields_of(at, &tm);
	if (is_part(key, keys))
		return psprintf(strstr(key->type, "int") ? "%d" : strcmp(key->name, "year") == 0 ? "%04d" : "%02d",
						part_of_time(key->name, &tm));
	for (int i = 0; takes_date && i < lengthof(dates); i++)
	{
		if (strncmp(key->type, dates[i], strlen(dates[i])) == 0)
			return psprintf("%s%s", date_text(at), i == 1 ? " 00:00:00" : "");
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("the range does not tell the value of partition key \"%s\"", key->name),
			 errdetail("It is of type %s.", key->type),
			 errhint("A range tells keys named year, month, day and hour, or one key that holds the date. Give its values, too: partitions => '[{\"%s\": ...}]'.", key->name)));
}

/* A value in the name of a folder, as Hive writes it; palloc'd. */
static char *
folder_text(const char *value)
{
	StringInfoData buf;

	if (value == NULL)
		return REDSHIFT_NULL_PARTITION;
	initStringInfo(&buf);
	for (; *value; value++)
	{
		if ((unsigned char) *value < ' ' || strchr("\"#%'*/:=?\\{}[]^\177", *value) != NULL)
			appendStringInfo(&buf, "%%%02X", (unsigned char) *value);
		else
			appendStringInfoChar(&buf, *value);
	}
	return buf.data;
}

static const char *
template_value(const char *name, void *arg)
{
	Draft	   *draft = arg;
	ListCell   *lk,
			   *lv;

	if (draft->request->has_range)
	{
		struct pg_tm tm;
		int			part;

		fields_of(draft->at, &tm);
		part = part_of_time(name, &tm);
		if (strcmp(name, "date") == 0)
			return date_text(draft->at);
		if (part >= 0)
			return psprintf(strcmp(name, "year") == 0 ? "%04d" : "%02d", part);
	}
	forboth(lk, draft->keys, lv, draft->values)
	{
		if (strcmp(((LakeColumn *) lfirst(lk))->name, name) == 0)
			return folder_text(lfirst(lv));
	}
	return NULL;
}

/* The member of an object, of that type; NULL if there is none. */
static JsonbValue *
member(JsonbContainer *object, const char *name)
{
	JsonbValue	key;

	key.type = jbvString;
	key.val.string.val = unconstify(char *, name);
	key.val.string.len = strlen(name);
	return findJsonbValueFromContainer(object, JB_FOBJECT, &key);
}

/* Raises 22023 for a name in the object that is not a key. */
static void
check_names(JsonbContainer *object, List *keys)
{
	JsonbIterator *it = JsonbIteratorInit(object);
	JsonbIteratorToken token;
	JsonbValue	value;
	List	   *names = NIL;
	ListCell   *lc;

	foreach(lc, keys)
		names = lappend(names, ((LakeColumn *) lfirst(lc))->name);
	while ((token = JsonbIteratorNext(&it, &value, true)) != WJB_DONE)
	{
		char	   *name;

		if (token != WJB_KEY)
			continue;
		name = pnstrdup(value.val.string.val, value.val.string.len);
		if (!names_hold(names, name))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("\"%s\" is not a partition key", name),
					 errhint("%s", unknown_name_hint(name, names, "partition keys"))));
	}
}

/*
 * May a key take the date?  Yes if it is the only one and there is no key
 * "year".
 */
static bool
one_takes_date(List *keys, JsonbContainer *values)
{
	ListCell   *lc;
	int			count = 0;

	foreach(lc, keys)
	{
		LakeColumn *key = lfirst(lc);

		if (values != NULL && member(values, key->name) != NULL)
			continue;
		if (strcmp(key->name, "year") == 0 && is_part(key, keys))
			return false;
		count += !is_part(key, keys);
	}
	return count == 1;
}

/*
 * Makes one partition: the values of an object (or none) at a position in the
 * range.
 */
static ExternalPartition *
make_partition(const PartitionRequest *request, List *keys, JsonbContainer *values,
			   char *location, Timestamp at)
{
	ExternalPartition *partition = palloc0(sizeof(ExternalPartition));
	Draft		draft = {.request = request,.keys = keys,.at = at};
	bool		takes_date = one_takes_date(keys, values);
	ListCell   *lc;

	foreach(lc, keys)
	{
		LakeColumn *key = lfirst(lc);
		JsonbValue *value = values ? member(values, key->name) : NULL;

		if (value == NULL && !request->has_range)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("a partition has no value for key \"%s\"", key->name)));
		draft.values = lappend(draft.values, value ? value_text(value) : value_in_range(key, keys, at, takes_date));
	}
	partition->values = draft.values;
	if (location == NULL && request->location != NULL)
		location = redshift_fill_location(request->location, template_value, &draft);
	if (location != NULL)
		redshift_check_location(location);
	partition->location = location;
	return partition;
}

/* The identity of a partition; "05" and "5" are the same number. */
static char *
partition_key(List *keys, List *values)
{
	StringInfoData buf;
	ListCell   *lk,
			   *lv;

	initStringInfo(&buf);
	forboth(lk, keys, lv, values)
	{
		const char *value = lfirst(lv);
		bool		is_number = value && strstr(((LakeColumn *) lfirst(lk))->type, "int") != NULL &&
			strspn(value, "0123456789") == strlen(value);

		while (is_number && value[0] == '0' && value[1] != '\0')
			value++;
		/*
		 * prefixed with its length, so that two lists of values always differ
		 */
		appendStringInfo(&buf, value ? "%d:%s" : "null", value ? (int) strlen(value) : 0, value);
		appendStringInfoChar(&buf, ',');
	}
	return buf.data;
}

/* Adds the partitions of one object over the whole range. */
static List *
add_over_range(List *list, const PartitionRequest *request, List *keys,
			   JsonbContainer *values, char *location)
{
	bool		by_hour = request->location && strstr(request->location, "{hour}") != NULL;
	Timestamp	at = request->since;
	char	   *last = "";
	MemoryContext outer = CurrentMemoryContext;
	MemoryContext step_context;
	ListCell   *lc;
	int64		step;

	if (values != NULL)
		check_names(values, keys);
	if (!request->has_range)
		return lappend(list, make_partition(request, keys, values, location, 0));
	foreach(lc, keys)
		by_hour |= strcmp(((LakeColumn *) lfirst(lc))->name, "hour") == 0;
	step = by_hour ? USECS_PER_HOUR : USECS_PER_DAY;
	/* of years there are few partitions, even in a range of a million days */
	step_context = AllocSetContextCreate(outer, "rsfed partition", ALLOCSET_SMALL_SIZES);
	for (at -= ((at % step) + step) % step; at < request->until; at += step)
	{
		char	   *key;

		CHECK_FOR_INTERRUPTS();
		MemoryContextReset(step_context);
		MemoryContextSwitchTo(step_context);
		key = partition_key(keys, make_partition(request, keys, values, location, at)->values);
		MemoryContextSwitchTo(outer);
		/* a month has one partition, if there is no key of its days */
		if (strcmp(key, last) == 0)
			continue;
		list = lappend(list, make_partition(request, keys, values, location, at));
		last = pstrdup(key);
		if (list_length(list) > MOST_PARTITIONS)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("the range has more than %d partitions", MOST_PARTITIONS)));
	}
	MemoryContextDelete(step_context);
	return list;
}

/* The object with the values of an element, and its own location. */
static JsonbContainer *
element_values(JsonbValue *element, char **location)
{
	JsonbValue *values;
	JsonbValue *own;

	*location = NULL;
	if (element->type != jbvBinary || !JsonContainerIsObject(element->val.binary.data))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("an element of argument partitions is no object"),
				 errhint("Write '[{\"saledate\": \"2026-01-01\"}]', or '[{\"values\": {\"saledate\": \"2026-01-01\"}, \"location\": \"s3://...\"}]'.")));
	values = member(element->val.binary.data, "values");
	if (values == NULL || values->type != jbvBinary || !JsonContainerIsObject(values->val.binary.data))
		return element->val.binary.data;
	own = member(element->val.binary.data, "location");
	if (own != NULL)
		*location = value_text(own);
	return values->val.binary.data;
}

static int
compare_entries(const void *a, const void *b)
{
	return strcmp(((const struct IndexEntry *) a)->key, ((const struct IndexEntry *) b)->key);
}

PartitionIndex *
partition_index(List *keys, List *partitions)
{
	PartitionIndex *index = palloc(sizeof(PartitionIndex));
	ListCell   *lc;

	index->keys = keys;
	index->count = 0;
	index->entry = palloc(sizeof(struct IndexEntry) * Max(list_length(partitions), 1));
	foreach(lc, partitions)
	{
		LakePartition *partition = lfirst(lc);

		index->entry[index->count].partition = partition;
		index->entry[index->count++].key = partition_key(keys, lake_values(partition->values_text));
	}
	qsort(index->entry, index->count, sizeof(struct IndexEntry), compare_entries);
	return index;
}

LakePartition *
partition_find(const PartitionIndex *index, List *values)
{
	struct IndexEntry wanted = {partition_key(index->keys, values), NULL};
	struct IndexEntry *found = bsearch(&wanted, index->entry, index->count,
									   sizeof(struct IndexEntry), compare_entries);

	return found ? found->partition : NULL;
}

/* Keeps each partition once: the first of those with the same values. */
static List *
without_repetitions(List *keys, List *partitions)
{
	struct IndexEntry *seen = palloc(sizeof(struct IndexEntry) * Max(list_length(partitions), 1));
	List	   *list = NIL;
	ListCell   *lc;
	int			count = 0;

	foreach(lc, partitions)
		seen[count++].key = partition_key(keys, ((ExternalPartition *) lfirst(lc))->values);
	qsort(seen, count, sizeof(struct IndexEntry), compare_entries);
	for (int i = 0; i < count; i++)
		seen[i].partition = NULL;
	foreach(lc, partitions)
	{
		struct IndexEntry wanted = {partition_key(keys, ((ExternalPartition *) lfirst(lc))->values), NULL};
		struct IndexEntry *found = bsearch(&wanted, seen, count, sizeof(struct IndexEntry), compare_entries);

		/* the same values find the same partition */
		if (found->partition == NULL)
			list = lappend(list, lfirst(lc));
		found->partition = lfirst(lc);
	}
	return list;
}

List *
request_partitions(const PartitionRequest *request, List *keys)
{
	List	   *list = NIL;

	if (request->partitions == NULL)
		list = add_over_range(NIL, request, keys, NULL, NULL);
	else
	{
		for (uint32 i = 0; i < JB_ROOT_COUNT(request->partitions); i++)
		{
			JsonbValue *element = getIthJsonbValueFromContainer(&request->partitions->root, i);
			char	   *location;
			JsonbContainer *values = element_values(element, &location);

			list = add_over_range(list, request, keys, values, location);
		}
	}
	return without_repetitions(keys, list);
}

void
request_check_locations(const PartitionRequest *request)
{
	bool		missing = request->partitions == NULL;

	if (request->location != NULL)
	{
		redshift_check_location(request->location);
		return;
	}
	for (uint32 i = 0; !missing && i < JB_ROOT_COUNT(request->partitions); i++)
	{
		char	   *location;

		(void) element_values(getIthJsonbValueFromContainer(&request->partitions->root, i), &location);
		missing = location == NULL;
	}
	if (missing)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("partitions without a location"),
				 errhint("Give a template: location => 's3://bucket/sales/saledate={date}/'.")));
}

bool
same_location(const char *shown, const char *given)
{
	char	   *a = redshift_trim_location(shown);
	char	   *b = redshift_trim_location(given);
	size_t		length = strlen(a);

	return strcmp(a, b) == 0 ||
		(strlen(shown) >= SHOWN_LOCATION && strlen(b) > length && strncmp(a, b, length) == 0);
}

Jsonb *
partition_values_json(List *keys, List *values)
{
	JsonbParseState *state = NULL;
	JsonbValue *object;
	ListCell   *lk,
			   *lv;

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	forboth(lk, keys, lv, values)
	{
		JsonbValue	item;

		item.type = jbvString;
		item.val.string.val = ((LakeColumn *) lfirst(lk))->name;
		item.val.string.len = strlen(item.val.string.val);
		pushJsonbValue(&state, WJB_KEY, &item);
		item.type = lfirst(lv) ? jbvString : jbvNull;
		if (lfirst(lv))
		{
			item.val.string.val = lfirst(lv);
			item.val.string.len = strlen(lfirst(lv));
		}
		pushJsonbValue(&state, WJB_VALUE, &item);
	}
	object = pushJsonbValue(&state, WJB_END_OBJECT, NULL);
	return JsonbValueToJsonb(object);
}
