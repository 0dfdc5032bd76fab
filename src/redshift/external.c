/*-------------------------------------------------------------------------
 *
 * external.c
 *		Statements about external schemas, external tables and their
 *		partitions.
 *
 * Policy: values of a caller are checked for their form before they become
 * part of a statement, and quoted in it.  Redshift reports a mistake in an ARN
 * or a location only when somebody queries the table, so it is refused here.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "base/compat.h"
#include "redshift/external.h"
#include "redshift/quote.h"

/* The largest number of roles that Redshift assumes one after another. */
#define MAX_CHAINED_ROLES 10

#define LONGEST_BUCKET 63

static const char *const catalog_names[] = {"glue", "hive", "redshift"};

static bool
only_of(const char *text, size_t length, const char *allowed)
{
	for (size_t i = 0; i < length; i++)
	{
		if (!isalnum((unsigned char) text[i]) && (text[i] == '\0' || strchr(allowed, text[i]) == NULL))
			return false;
	}
	return length > 0;
}

static bool
is_account(const char *text, size_t length)
{
	return length == 12 && strspn(text, "0123456789") >= 12;
}

/* arn:aws:iam::123456789012:role/path/name, in any partition of AWS */
static bool
is_role_arn(const char *text, size_t length)
{
	const char *end = text + length;
	const char *account;
	const char *role;
	const char *partition_end;

	if (strncmp(text, "arn:aws", Min(7, length)) != 0 || length < 7)
		return false;
	partition_end = memchr(text + 4, ':', length - 4);
	if (partition_end == NULL || !only_of(text + 4, partition_end - text - 4, "-") ||
		end - partition_end < 7 || strncmp(partition_end, ":iam::", 6) != 0)
		return false;
	account = partition_end + 6;
	role = memchr(account, ':', end - account);
	if (role == NULL || !is_account(account, role - account) ||
		end - role < 7 || strncmp(role, ":role/", 6) != 0)
		return false;
	return only_of(role + 6, end - role - 6, "/+=,.@_-") && end[-1] != '/';
}

static void
refuse_role(const char *argument, const char *value, const char *why)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid value for %s: \"%s\"", argument, value),
			 errdetail("%s", why),
			 errhint("Write the ARN of an IAM role, as in \"arn:aws:iam::123456789012:role/lake\"; for roles that are assumed one after another, write commas between them and no blanks.")));
}

/*
 * The end of a role's ARN.  The name of a role may contain a comma; a comma
 * before another ARN ends it.
 */
static const char *
end_of_role(const char *text)
{
	const char *comma = text;

	while ((comma = strchr(comma, ',')) != NULL && strncmp(comma + 1, "arn:", 4) != 0)
		comma++;
	return comma ? comma : text + strlen(text);
}

static void
check_roles(const char *argument, const char *value)
{
	const char *role = value;
	int			count = 0;

	if (strcmp(value, "SESSION") == 0)
		return;
	if (strpbrk(value, " \t\r\n") != NULL)
		refuse_role(argument, value, "It must not hold blanks.");
	for (;;)
	{
		const char *end = end_of_role(role);

		if (!is_role_arn(role, end - role))
			refuse_role(argument, value, "It is not the ARN of a role.");
		if (++count > MAX_CHAINED_ROLES)
			refuse_role(argument, value, "Redshift takes up to 10 roles.");
		if (*end == '\0')
			break;
		role = end + 1;
	}
}

static void
refuse_option(const ExternalSchema *schema, const char *option)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s does not go with catalog \"%s\"", option, catalog_names[schema->catalog])));
}

static void
need_option(const ExternalSchema *schema, const char *option, const char *value)
{
	if (value == NULL || value[0] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("catalog \"%s\" needs %s", catalog_names[schema->catalog], option)));
}

static void
check_data_catalog(const ExternalSchema *schema)
{
	if (schema->region && !only_of(schema->region, strlen(schema->region), "-"))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value for region: \"%s\"", schema->region),
				 errhint("Write a region of AWS, as in \"eu-west-1\".")));
	if (schema->catalog_role)
		check_roles("catalog_role", schema->catalog_role);
	if (schema->catalog_id == NULL)
		return;
	if (!is_account(schema->catalog_id, strlen(schema->catalog_id)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value for catalog_id: \"%s\"", schema->catalog_id),
				 errhint("Write the 12 digits of an AWS account.")));
	if (schema->iam_role == NULL || strcmp(schema->iam_role, "SESSION") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("catalog_id needs the iam_role \"SESSION\"")));
}

void
redshift_check_external_schema(const ExternalSchema *schema)
{
	bool		is_glue = schema->catalog == EXTERNAL_DATA_CATALOG;
	bool		is_hive = schema->catalog == EXTERNAL_HIVE_METASTORE;

	need_option(schema, "catalog_database", schema->database);
	if (schema->region && !is_glue)
		refuse_option(schema, "region");
	if (schema->catalog_role && !is_glue)
		refuse_option(schema, "option catalog_role");
	if (schema->catalog_id && !is_glue)
		refuse_option(schema, "option catalog_id");
	if (schema->create_database && !is_glue)
		refuse_option(schema, "option create_database");
	if ((schema->uri || schema->port != 0) && !is_hive)
		refuse_option(schema, schema->uri ? "option uri" : "option port");
	if (schema->schema && schema->catalog != EXTERNAL_REDSHIFT)
		refuse_option(schema, "option schema");
	if (schema->catalog == EXTERNAL_REDSHIFT)
	{
		if (schema->iam_role)
			refuse_option(schema, "iam_role");
		need_option(schema, "the option schema", schema->schema);
		return;
	}
	need_option(schema, "iam_role", schema->iam_role);
	if (strcmp(schema->iam_role, "default") != 0)
		check_roles("iam_role", schema->iam_role);
	if (is_hive)
	{
		need_option(schema, "the option uri", schema->uri);
		if (!only_of(schema->uri, strlen(schema->uri), ".-_"))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("invalid value for option uri: \"%s\"", schema->uri),
					 errhint("Write a name or an address, without a scheme; the port is an option of its own.")));
	}
	else
		check_data_catalog(schema);
}

/* Appends a word and a literal, if there is a value. */
static void
add_word(StringInfo buf, const char *word, const char *value)
{
	if (value != NULL)
		appendStringInfo(buf, " %s %s", word, redshift_quote_literal(value));
}

char *
redshift_create_external_schema(const ExternalSchema *schema)
{
	static const char *const from[] = {"DATA CATALOG", "HIVE METASTORE", "REDSHIFT"};
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "CREATE EXTERNAL SCHEMA IF NOT EXISTS %s FROM %s",
					 redshift_quote_identifier(schema->name), from[schema->catalog]);
	add_word(&buf, "DATABASE", schema->database);
	add_word(&buf, "SCHEMA", schema->schema);
	add_word(&buf, "REGION", schema->region);
	add_word(&buf, "URI", schema->uri);
	if (schema->port != 0)
		appendStringInfo(&buf, " PORT %d", schema->port);
	/* a keyword, not a string */
	if (schema->iam_role && strcmp(schema->iam_role, "default") == 0)
		appendStringInfoString(&buf, " IAM_ROLE default");
	else
		add_word(&buf, "IAM_ROLE", schema->iam_role);
	add_word(&buf, "CATALOG_ROLE", schema->catalog_role);
	add_word(&buf, "CATALOG_ID", schema->catalog_id);
	if (schema->create_database)
		appendStringInfoString(&buf, " CREATE EXTERNAL DATABASE IF NOT EXISTS");
	return buf.data;
}

char *
redshift_drop_external_schema(const char *name, bool drop_database, bool cascade)
{
	return psprintf("DROP SCHEMA IF EXISTS %s%s%s", redshift_quote_identifier(name),
					drop_database ? " DROP EXTERNAL DATABASE" : "", cascade ? " CASCADE" : "");
}

char *
redshift_add_partitions(const char *schema, const char *table, List *keys, List *partitions)
{
	StringInfoData buf;
	ListCell   *lc,
			   *lk,
			   *lv;

	initStringInfo(&buf);
	appendStringInfo(&buf, "ALTER TABLE %s.%s ADD IF NOT EXISTS",
					 redshift_quote_identifier(schema), redshift_quote_identifier(table));
	foreach(lc, partitions)
	{
		ExternalPartition *partition = lfirst(lc);

		appendStringInfoString(&buf, "\nPARTITION (");
		forboth(lk, keys, lv, partition->values)
		{
			const char *value = lfirst(lv) ? lfirst(lv) : REDSHIFT_NULL_PARTITION;

			appendStringInfo(&buf, "%s%s=%s", lk == list_head(keys) ? "" : ", ",
							 redshift_quote_identifier(lfirst(lk)), redshift_quote_literal(value));
		}
		appendStringInfo(&buf, ") LOCATION %s", redshift_quote_literal(partition->location));
	}
	return buf.data;
}

static void
refuse_template(const char *location, const char *why)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid location \"%s\"", location),
			 errdetail("%s", why),
			 errhint("Names of partition keys, and {date}, {year}, {month}, {day} and {hour} for a range, may stand in braces: 's3://bucket/sales/saledate={date}/'.")));
}

char *
redshift_fill_location(const char *location,
					   const char *(*lookup) (const char *name, void *arg), void *arg)
{
	StringInfoData buf;
	const char *at = location;

	initStringInfo(&buf);
	while (*at)
	{
		const char *close;
		char	   *name;
		const char *value;

		if (*at == '}')
			refuse_template(location, "A closing brace has no opening one.");
		if (*at != '{')
		{
			appendStringInfoChar(&buf, *at++);
			continue;
		}
		close = strchr(at, '}');
		if (close == NULL)
			refuse_template(location, "An opening brace has no closing one.");
		name = pnstrdup(at + 1, close - at - 1);
		value = lookup(name, arg);
		if (value == NULL)
			refuse_template(location, psprintf("There is no value for {%s}.", name));
		appendStringInfoString(&buf, value);
		at = close + 1;
	}
	return buf.data;
}

void
redshift_check_location(const char *location)
{
	const char *bucket = location + 5;
	size_t		length = strncmp(location, "s3://", 5) == 0 ? strcspn(bucket, "/") : 0;

	if (length < 3 || length > LONGEST_BUCKET || !only_of(bucket, length, ".-_"))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid location \"%s\"", location),
				 errhint("Write a path in S3: 's3://bucket/prefix/'.")));
}

char *
redshift_trim_location(const char *location)
{
	size_t		length = strlen(location);

	while (length > 0 && location[length - 1] == '/')
		length--;
	return pnstrdup(location, length);
}
