/*
 * lake_files.c
 *		The objects in S3 that a table or a partition consists of.
 *
 * Policy: s3://bucket/key is the file s3/bucket/key of the lake.  A location is
 * a folder with all files below it except hidden ones, or a manifest: a JSON
 * file with a list of objects, or, for SymlinkTextInputFormat, a folder of text
 * files with one object on each line.  A missing folder counts as empty.
 */
#include "postgres.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fmgr.h"
#include "lake.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "storage/fd.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"

/* lake_path returns the file of an object, or the folder of a prefix. */
char *
lake_path(const char *url)
{
	char	   *path;

	if (pg_strncasecmp(url, "s3://", 5) != 0 || strstr(url, "/../"))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg_internal("\"%s\" is no location in S3", url)));
	path = psprintf("%s/s3/%s", standin_lake, url + 5);
	while (path[strlen(path) - 1] == '/')
		path[strlen(path) - 1] = '\0';
	return path;
}

static bool
is_hidden(const char *name)
{
	return strchr("._#", name[0]) || name[strlen(name) - 1] == '~';
}

static List *
add_file(List *files, const char *url, bool mandatory)
{
	LakeFile   *file = palloc(sizeof(LakeFile));
	struct stat st;

	file->url = pstrdup(url);
	file->file = lake_path(url);
	if (stat(file->file, &st) != 0 || !S_ISREG(st.st_mode))
	{
		if (mandatory)
			ereport(ERROR,
					(errcode(ERRCODE_INTERNAL_ERROR),
					 errmsg_internal("Spectrum Scan Error"),
					 errdetail_internal("S3ServiceException: The specified key does not exist.,Status 404,Error NoSuchKey: %s", url)));
		return files;
	}
	file->size = st.st_size;
	return lappend(files, file);
}

static int
compare_files(const ListCell *a, const ListCell *b)
{
	return strcmp(((LakeFile *) lfirst(a))->url, ((LakeFile *) lfirst(b))->url);
}

/* list_folder adds the files below a prefix. */
static List *
list_folder(List *files, const char *url)
{
	char	   *path = lake_path(url);
	DIR		   *dir = AllocateDir(path);
	struct dirent *entry;

	if (dir == NULL)
		return files;
	while ((entry = ReadDir(dir, path)) != NULL)
	{
		char	   *below = psprintf("%s%s%s", url,
								 url[strlen(url) - 1] == '/' ? "" : "/", entry->d_name);
		struct stat st;

		if (is_hidden(entry->d_name) || stat(lake_path(below), &st) != 0)
			continue;
		if (S_ISDIR(st.st_mode))
			files = list_folder(files, below);
		else
			files = add_file(files, below, false);
	}
	FreeDir(dir);
	return files;
}

static char *
read_file(const char *path)
{
	FILE	   *file = AllocateFile(path, "r");
	StringInfoData buf;
	int			c;

	if (file == NULL)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg_internal("lake: could not read \"%s\": %m", path)));
	initStringInfo(&buf);
	while ((c = getc(file)) != EOF)
		appendStringInfoChar(&buf, c);
	FreeFile(file);
	return buf.data;
}

static JsonbValue *
member(JsonbContainer *object, const char *key, JsonbValue *value)
{
	return getKeyJsonValueFromContainer(object, key, strlen(key), value);
}

/* read_manifest adds the objects that a JSON manifest lists. */
static List *
read_manifest(List *files, const char *path)
{
	Datum		text = CStringGetDatum(read_file(path));
	Jsonb	   *manifest = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, text));
	JsonbValue	entries;

	if (!JB_ROOT_IS_OBJECT(manifest) ||
		member(&manifest->root, "entries", &entries) == NULL || entries.type != jbvBinary)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg_internal("Invalid manifest: \"%s\"", path)));
	for (uint32 i = 0; i < JsonContainerSize(entries.val.binary.data); i++)
	{
		JsonbValue *entry = getIthJsonbValueFromContainer(entries.val.binary.data, i);
		JsonbValue	url,
					mandatory;

		if (entry->type != jbvBinary ||
			member(entry->val.binary.data, "url", &url) == NULL || url.type != jbvString)
			continue;
		files = add_file(files, pnstrdup(url.val.string.val, url.val.string.len),
						 member(entry->val.binary.data, "mandatory", &mandatory) &&
						 mandatory.type == jbvBool && mandatory.val.boolean);
	}
	return files;
}

/* read_symlinks adds the objects that the text files of a folder list. */
static List *
read_symlinks(List *files, const char *location)
{
	ListCell   *lc;

	foreach(lc, list_folder(NIL, location))
	{
		char	   *rest = read_file(((LakeFile *) lfirst(lc))->file);
		char	   *url;

		while ((url = strtok_r(rest, "\r\n", &rest)) != NULL)
			files = add_file(files, url, true);
	}
	return files;
}

/* lake_is_iceberg: does the metadata of the table list its files? */
bool
lake_is_iceberg(LakeTable *table)
{
	const char *type = lake_property(table->properties, "table_type");

	return type && pg_strcasecmp(type, "ICEBERG") == 0;
}

/* lake_files returns the objects (LakeFile) of a location of a table. */
List *
lake_files(LakeTable *table, const char *location)
{
	List	   *files = NIL;
	char	   *path = lake_path(location);
	struct stat st;

	if (lake_is_iceberg(table))
		return read_manifest(NIL, lake_path(lake_property(table->properties, "metadata_location")));
	if (strstr(table->input_format, "SymlinkTextInputFormat"))
		return read_symlinks(NIL, location);
	if (stat(path, &st) == 0 && S_ISREG(st.st_mode))
		return read_manifest(NIL, path);
	files = list_folder(NIL, location);
	list_sort(files, compare_files);
	return files;
}

PG_FUNCTION_INFO_V1(standin_put);
PG_FUNCTION_INFO_V1(standin_remove);

/* lake_put writes a whole object at once. */
void
lake_put(const char *url, const char *content, size_t length)
{
	char	   *path = lake_path(url);
	char	   *new = psprintf("%s/put.%d", standin_lake, MyProcPid);
	char	   *folder = pstrdup(path);
	FILE	   *file;

	*strrchr(folder, '/') = '\0';
	file = AllocateFile(new, "w");
	if (pg_mkdir_p(folder, 0777) != 0 || file == NULL ||
		fwrite(content, 1, length, file) != length ||
		FreeFile(file) != 0 || rename(new, path) != 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg_internal("lake: could not write \"%s\": %m", path)));
}

/*
 * standin.put(url, content): writes an object, for tests that cannot write
 * files
 */
Datum
standin_put(PG_FUNCTION_ARGS)
{
	text	   *content = PG_GETARG_TEXT_PP(1);

	lake_put(text_to_cstring(PG_GETARG_TEXT_PP(0)), VARDATA_ANY(content), VARSIZE_ANY_EXHDR(content));
	PG_RETURN_VOID();
}

/* standin.remove(url): removes the object */
Datum
standin_remove(PG_FUNCTION_ARGS)
{
	char	   *path = lake_path(text_to_cstring(PG_GETARG_TEXT_PP(0)));

	if (unlink(path) != 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg_internal("lake: could not remove \"%s\": %m", path)));
	PG_RETURN_VOID();
}
