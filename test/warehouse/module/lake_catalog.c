/*
 * lake_catalog.c
 *		The data catalogue (Glue, or a Hive metastore) as files.
 *
 * Policy: all warehouses over one folder see the same databases, tables and
 * partitions at once.  Changes here are not part of a transaction of a
 * warehouse: they are permanent at once, as in Glue.  There is one file for
 * each table, which is rewritten on each change; a lock on the whole catalogue
 * is held during a change.
 *
 * A line of a file consists of a letter and fields, separated by tabs:
 *		L location		F input format, output format, library
 *		D key value (of the serde)		T key value (of the table)
 *		C name, external type, local type, number of the partition key
 *		P location, values		Q key value (of the partition before)
 */
#include "postgres.h"

#include <dirent.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lake.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "storage/fd.h"
#include "utils/builtins.h"
#include "utils/json.h"

char	   *standin_lake = NULL;

static void
fail(const char *what, const char *path)
{
	ereport(ERROR,
			(errcode_for_file_access(),
			 errmsg_internal("lake: could not %s \"%s\": %m", what, path)));
}

/* encode_name converts a name of the catalogue to the name of a file. */
static char *
encode_name(const char *name)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (; *name; name++)
		if (isalnum((unsigned char) *name) || *name == '_')
			appendStringInfoChar(&buf, *name);
		else
			appendStringInfo(&buf, "%%%02X", (unsigned char) *name);
	return buf.data;
}

static char *
decode_name(const char *name)
{
	StringInfoData buf;
	unsigned int code;

	initStringInfo(&buf);
	for (; *name; name++)
		if (*name == '%' && sscanf(name + 1, "%02X", &code) == 1)
		{
			appendStringInfoChar(&buf, (char) code);
			name += 2;
		}
		else
			appendStringInfoChar(&buf, *name);
	return buf.data;
}

static char *
database_dir(const char *catalog, const char *database)
{
	return psprintf("%s/catalog/%s/%s", standin_lake, encode_name(catalog),
					encode_name(database));
}

static char *
table_file(LakeTable *table)
{
	return psprintf("%s/%s", database_dir(table->catalog, table->database),
					encode_name(table->name));
}

/*
 * lake_lock prevents changes of the catalogue by others until lake_unlock, or
 * until the transaction ends.
 */
int
lake_lock(void)
{
	char	   *path = psprintf("%s/lock", standin_lake);
	int			fd = OpenTransientFile(path, O_RDWR | O_CREAT);

	if (fd < 0)
		fail("open", path);
	while (flock(fd, LOCK_EX) != 0)
		if (errno != EINTR)
			fail("lock", path);
	return fd;
}

void
lake_unlock(int lock)
{
	CloseTransientFile(lock);
}

/* changed tells the proxies of all warehouses to look at the tables again. */
static void
changed(void)
{
	char	   *path = psprintf("%s/generation", standin_lake);
	char	   *new = psprintf("%s.new.%d", path, MyProcPid);
	FILE	   *file = AllocateFile(new, "w");

	if (file == NULL)
		fail("write", new);
	FreeFile(file);
	if (rename(new, path) != 0)
		fail("rename", new);
}

bool
lake_has_database(const char *catalog, const char *database)
{
	struct stat st;

	return stat(database_dir(catalog, database), &st) == 0;
}

void
lake_create_database(const char *catalog, const char *database)
{
	char	   *path = database_dir(catalog, database);
	char	   *parent = psprintf("%s/catalog/%s", standin_lake, encode_name(catalog));

	(void) mkdir(psprintf("%s/catalog", standin_lake), 0777);
	(void) mkdir(parent, 0777);
	if (mkdir(path, 0777) != 0 && errno != EEXIST)
		fail("make", path);
	changed();
}

void
lake_drop_database(const char *catalog, const char *database)
{
	char	   *path = database_dir(catalog, database);
	ListCell   *lc;

	foreach(lc, lake_table_names(catalog, database))
	{
		char	   *file = psprintf("%s/%s", path, encode_name(lfirst(lc)));

		if (unlink(file) != 0)
			fail("remove", file);
	}
	if (rmdir(path) != 0)
		fail("remove", path);
	changed();
}

List *
lake_table_names(const char *catalog, const char *database)
{
	char	   *path = database_dir(catalog, database);
	DIR		   *dir = AllocateDir(path);
	struct dirent *entry;
	List	   *names = NIL;

	if (dir == NULL)
		return NIL;
	while ((entry = ReadDir(dir, path)) != NULL)
		if (entry->d_name[0] != '.')
			names = lappend(names, decode_name(entry->d_name));
	FreeDir(dir);
	return names;
}

/* next_field returns the next field of a line, with its escapes resolved. */
static char *
next_field(char **line)
{
	char	   *start = *line,
			   *to = start;

	if (start == NULL)
		return NULL;
	for (; **line && **line != '\t'; (*line)++)
	{
		char		c = **line;

		if (c == '\\')
		{
			c = *++(*line);
			c = c == 't' ? '\t' : c == 'n' ? '\n' : c;
		}
		*to++ = c;
	}
	*line = **line ? *line + 1 : NULL;
	*to = '\0';
	return start;
}

static List *
add_property(List *list, char **line)
{
	LakeProperty *property = palloc(sizeof(LakeProperty));

	property->key = next_field(line);
	property->value = next_field(line);
	return lappend(list, property);
}

static void
read_line(LakeTable *table, char *line)
{
	char		kind = *next_field(&line);

	if (kind == 'L')
		table->location = next_field(&line);
	else if (kind == 'F')
	{
		table->input_format = next_field(&line);
		table->output_format = next_field(&line);
		table->serialization_lib = next_field(&line);
	}
	else if (kind == 'D')
		table->serde = add_property(table->serde, &line);
	else if (kind == 'T')
		table->properties = add_property(table->properties, &line);
	else if (kind == 'C')
	{
		LakeColumn *column = palloc(sizeof(LakeColumn));

		column->name = next_field(&line);
		column->external_type = next_field(&line);
		column->local_type = next_field(&line);
		column->part_key = atoi(next_field(&line));
		table->columns = lappend(table->columns, column);
	}
	else if (kind == 'P')
	{
		LakePartition *partition = palloc0(sizeof(LakePartition));

		partition->location = next_field(&line);
		while (line)
			partition->values = lappend(partition->values, next_field(&line));
		table->partitions = lappend(table->partitions, partition);
	}
	else if (kind == 'Q')
	{
		LakePartition *partition = llast(table->partitions);

		partition->properties = add_property(partition->properties, &line);
	}
}

/* lake_read returns a table of the catalogue, or NULL if there is none. */
LakeTable *
lake_read(const char *catalog, const char *database, const char *name)
{
	LakeTable  *table = palloc0(sizeof(LakeTable));
	StringInfoData line;
	FILE	   *file;
	int			c;

	table->catalog = pstrdup(catalog);
	table->database = pstrdup(database);
	table->name = pstrdup(name);
	file = AllocateFile(table_file(table), "r");
	if (file == NULL)
		return NULL;
	initStringInfo(&line);
	while ((c = getc(file)) != EOF)
	{
		if (c != '\n')
		{
			appendStringInfoChar(&line, c);
			continue;
		}
		read_line(table, pstrdup(line.data));
		resetStringInfo(&line);
	}
	FreeFile(file);
	return table;
}

static void
put(StringInfo buf, const char *field)
{
	for (; *field; field++)
		if (*field == '\t' || *field == '\n' || *field == '\\')
			appendStringInfo(buf, "\\%c", *field == '\t' ? 't' :
							 *field == '\n' ? 'n' : '\\');
		else
			appendStringInfoChar(buf, *field);
}

static void
put_line(StringInfo buf, char kind, int count, const char **fields)
{
	appendStringInfoChar(buf, kind);
	for (int i = 0; i < count; i++)
	{
		appendStringInfoChar(buf, '\t');
		put(buf, fields[i]);
	}
	appendStringInfoChar(buf, '\n');
}

static void
put_properties(StringInfo buf, char kind, List *properties)
{
	ListCell   *lc;

	foreach(lc, properties)
	{
		LakeProperty *property = lfirst(lc);

		put_line(buf, kind, 2, (const char *[]) {property->key, property->value});
	}
}

static void
put_partitions(StringInfo buf, LakeTable *table)
{
	ListCell   *lc,
			   *lv;

	foreach(lc, table->partitions)
	{
		LakePartition *partition = lfirst(lc);

		appendStringInfoString(buf, "P\t");
		put(buf, partition->location);
		foreach(lv, partition->values)
		{
			appendStringInfoChar(buf, '\t');
			put(buf, lfirst(lv));
		}
		appendStringInfoChar(buf, '\n');
		put_properties(buf, 'Q', partition->properties);
	}
}

void
lake_write(LakeTable *table, bool columns_changed)
{
	char	   *path = table_file(table);
	char	   *new = psprintf("%s/new.%d", standin_lake, MyProcPid);
	StringInfoData buf;
	ListCell   *lc;
	FILE	   *file;

	initStringInfo(&buf);
	put_line(&buf, 'L', 1, (const char *[]) {table->location});
	put_line(&buf, 'F', 3, (const char *[]) {table->input_format,
			 table->output_format, table->serialization_lib});
	put_properties(&buf, 'D', table->serde);
	put_properties(&buf, 'T', table->properties);
	foreach(lc, table->columns)
	{
		LakeColumn *column = lfirst(lc);

		put_line(&buf, 'C', 4, (const char *[]) {column->name,
				 column->external_type, column->local_type,
				 psprintf("%d", column->part_key)});
	}
	put_partitions(&buf, table);
	file = AllocateFile(new, "w");
	if (file == NULL || fwrite(buf.data, 1, buf.len, file) != (size_t) buf.len ||
		FreeFile(file) != 0 || rename(new, path) != 0)
		fail("write", path);
	if (columns_changed)
		changed();
}

void
lake_remove(LakeTable *table)
{
	if (unlink(table_file(table)) != 0)
		fail("remove", table->name);
	changed();
}

const char *
lake_property(List *properties, const char *key)
{
	ListCell   *lc;

	foreach(lc, properties)
		if (strcmp(((LakeProperty *) lfirst(lc))->key, key) == 0)
			return ((LakeProperty *) lfirst(lc))->value;
	return NULL;
}

char *
lake_properties_json(List *properties)
{
	StringInfoData buf;
	ListCell   *lc;

	initStringInfo(&buf);
	appendStringInfoChar(&buf, '{');
	foreach(lc, properties)
	{
		LakeProperty *property = lfirst(lc);

		if (buf.len > 1)
			appendStringInfoChar(&buf, ',');
		escape_json(&buf, property->key);
		appendStringInfoChar(&buf, ':');
		escape_json(&buf, property->value);
	}
	appendStringInfoChar(&buf, '}');
	return buf.data;
}

char *
lake_values_json(List *values)
{
	StringInfoData buf;
	ListCell   *lc;

	initStringInfo(&buf);
	appendStringInfoChar(&buf, '[');
	foreach(lc, values)
	{
		if (buf.len > 1)
			appendStringInfoChar(&buf, ',');
		escape_json(&buf, lfirst(lc));
	}
	appendStringInfoChar(&buf, ']');
	return buf.data;
}

int
lake_part_keys(LakeTable *table)
{
	int			count = 0;
	ListCell   *lc;

	foreach(lc, table->columns)
		count += ((LakeColumn *) lfirst(lc))->part_key > 0;
	return count;
}
