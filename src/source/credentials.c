/*-------------------------------------------------------------------------
 *
 * credentials.c
 *	  The credentials at the moment of connecting.
 *
 * Policy: temporary passwords rotate in a file, outside SQL: it is read at each
 * connect, and neither its content nor a part of it ever appears in a message.
 * It may hold a password alone, or what `aws redshift get-cluster-credentials`
 * (DbUser, DbPassword, Expiration) or `aws redshift-serverless get-credentials`
 * (dbUser, dbPassword, expiration) prints, unedited.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <sys/stat.h>

#include "commands/defrem.h"
#include "mb/pg_wchar.h"
#include "storage/fd.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "base/attempt.h"
#include "base/compat.h"
#include "base/json.h"
#include "source/credentials.h"

/* Credentials are short; a larger file is the wrong one. */
#define MAX_FILE_SIZE 65536
/* The end of the year 9999, since 1970: later times are mistakes. */
#define LAST_SECOND 253402300799.0

static char *read_file(const char *path);
pg_noreturn static void raise_not_understood(const char *path);
static void parse_file(const char *path, char *content, ForeignServer *server, Credentials *credentials);
static char *json_field(Jsonb *json, const char *name);
static Jsonb *parse_json(const char *content);
static char *trim(char *content);
static bool file_expiry(const char *path, Jsonb *json, TimestampTz *expiry);
static bool parse_expiry(const char *until, TimestampTz *expiry);
static TimestampTz option_expiry(const char *until);
static void check_not_expired(ForeignServer *server, UserMapping *mapping, TimestampTz expiry, const char *where);

/* See credentials.h. */
Credentials *
credentials_load(ForeignServer *server, UserMapping *mapping)
{
	Credentials *credentials = palloc0(sizeof(Credentials));
	const char *path = source_option(mapping->options, "credentials_file");

	credentials->user = source_option(mapping->options, "user");
	if (path == NULL)
	{
		const char *until = source_option(mapping->options, "valid_until");

		credentials->password = source_option(mapping->options, "password");
		if (until != NULL)
			check_not_expired(server, mapping, option_expiry(until), "the option valid_until");
	}
	else
		parse_file(path, read_file(path), server, credentials);
	return credentials;
}

/* See credentials.h. */
bool
credentials_expiry(List *options, TimestampTz *expiry)
{
	const char *path = source_option(options, "credentials_file");
	const char *until = source_option(options, "valid_until");

	if (path != NULL)
	{
		char	   *start = trim(read_file(path));
		Jsonb	   *json = *start == '{' ? parse_json(start) : NULL;

		if (*start == '{' && json == NULL)
			raise_not_understood(path);
		return json != NULL && file_expiry(path, json, expiry);
	}
	if (until == NULL)
		return false;
	*expiry = option_expiry(until);
	return true;
}

/* The value of an option in a list of DefElem, or NULL. */
const char *
source_option(List *options, const char *name)
{
	ListCell   *lc;

	foreach(lc, options)
	{
		DefElem    *option = lfirst(lc);

		if (strcmp(option->defname, name) == 0)
			return defGetString(option);
	}
	return NULL;
}

/* The whole of a small text file, palloc'd; raises the file's errors. */
static char *
read_file(const char *path)
{
	struct stat status;
	char	   *content;
	FILE	   *file;
	size_t		length;

	/* a pipe or a device could keep us waiting */
	if (stat(path, &status) != 0 || (file = AllocateFile(path, "r")) == NULL)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not read credentials file \"%s\": %m", path),
				 errhint("It must be readable by the operating system's user that runs this server.")));
	if (!S_ISREG(status.st_mode) || status.st_size > MAX_FILE_SIZE)
	{
		FreeFile(file);
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is no credentials file", path),
				 errdetail("It must be a plain file of at most %d bytes.", MAX_FILE_SIZE)));
	}
	content = palloc(MAX_FILE_SIZE + 1);
	length = fread(content, 1, MAX_FILE_SIZE, file);
	content[length] = '\0';
	FreeFile(file);
	return content;
}

/* The text without white space around it; cuts it in place. */
static char *
trim(char *content)
{
	size_t		length = strlen(content);

	while (length > 0 && isspace((unsigned char) content[length - 1]))
		content[--length] = '\0';
	while (isspace((unsigned char) *content))
		content++;
	return content;
}

/* Raises 22023 without a word of the content. */
static void
raise_not_understood(const char *path)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("credentials file \"%s\" could not be understood", path),
			 errdetail("It holds neither a password nor JSON with the fields DbUser, DbPassword and Expiration (or dbUser, dbPassword and expiration).")));
}

/*
 * The time when the credentials of a file expire; false if it does not tell.
 * Raises 22023 without the value, because fields may have been mixed up.
 */
static bool
file_expiry(const char *path, Jsonb *json, TimestampTz *expiry)
{
	const char *field = "Expiration";
	char	   *until = json_field(json, field);

	if (until == NULL)
		until = json_field(json, field = "expiration");
	if (until == NULL)
		return false;
	if (!parse_expiry(until, expiry))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("field %s of credentials file \"%s\" must be a time as in 2026-01-31T12:00:00Z, or seconds since 1970",
						field, path)));
	return true;
}

/* Takes user and password from the text of a credentials file. */
static void
parse_file(const char *path, char *content, ForeignServer *server, Credentials *credentials)
{
	char	   *start = trim(content);
	Jsonb	   *json;
	char	   *user;
	TimestampTz expiry;

	if (*start != '{')
	{
		credentials->password = start;
		if (*start == '\0')
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("credentials file \"%s\" is empty", path)));
		return;
	}

	json = parse_json(start);
	if (json != NULL)
	{
		user = json_field(json, "DbUser");
		if (user == NULL)
			user = json_field(json, "dbUser");
		if (user != NULL)
			credentials->user = user;
		credentials->password = json_field(json, "DbPassword");
		if (credentials->password == NULL)
			credentials->password = json_field(json, "dbPassword");
	}
	if (json == NULL || credentials->password == NULL)
		raise_not_understood(path);

	if (file_expiry(path, json, &expiry))
		check_not_expired(server, NULL, expiry, psprintf("file \"%s\"", path));
}

/*
 * The text as jsonb; NULL if it is not a JSON object, for which the caller
 * raises an error.
 */
static Jsonb *
parse_json(const char *content)
{
	Jsonb	   *json = json_parse(content);

	return json != NULL && JB_ROOT_IS_OBJECT(json) ? json : NULL;
}

/* The scalar of an object's field as text, palloc'd; NULL if there is none. */
static char *
json_field(Jsonb *json, const char *name)
{
	JsonbValue	value;

	/* the AWS command line may print times as seconds since 1970 */
	return getKeyJsonValueFromContainer(&json->root, name, strlen(name), &value) == NULL ? NULL
		: json_scalar_text(&value);
}

/* A time as timestamptz input reads it; raises 22007 with the text. */
static TimestampTz
option_expiry(const char *until)
{
	return DatumGetTimestampTz(DirectFunctionCall3(timestamptz_in,
												   CStringGetDatum(until),
												   ObjectIdGetDatum(InvalidOid),
												   Int32GetDatum(-1)));
}

typedef struct ExpiryText
{
	const char *text;
	TimestampTz expiry;
} ExpiryText;

static void
read_expiry(void *arg)
{
	ExpiryText *read = arg;

	read->expiry = option_expiry(read->text);
}

/* The same, or seconds since 1970; false if it is neither. */
static bool
parse_expiry(const char *until, TimestampTz *expiry)
{
	ExpiryText	read = {.text = until};
	char	   *end;
	double		seconds = strtod(until, &end);

	if (until[0] != '\0' && strspn(until, "0123456789.") == strlen(until))
	{
		if (*end != '\0' || seconds > LAST_SECOND)
			return false;
		*expiry = time_t_to_timestamptz((pg_time_t) seconds);
		return true;
	}
	if (!attempt_reading(read_expiry, &read))
		return false;
	*expiry = read.expiry;
	return true;
}

/* Raises 28P01 if a time has passed; "where" names the place of that time. */
static void
check_not_expired(ForeignServer *server, UserMapping *mapping, TimestampTz expiry, const char *where)
{
	if (expiry > GetCurrentTimestamp())
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PASSWORD),
			 errmsg("the credentials for Redshift server \"%s\" expired at %s",
					server->servername, timestamptz_to_str(expiry)),
			 errdetail("%s says so. Nothing was sent.", where),
			 mapping != NULL ?
			 errhint("Renew them with SELECT rsfed.set_credentials(%s, username => '...', password => '...', valid_until => '...').",
					 quote_literal_cstr(server->servername)) :
			 errhint("The program that writes the file has not renewed it.")));
}
