/*
 * functions.c
 *		Functions of Redshift that are easier in C than in SQL: hashes, SOUNDEX
 *		and STRTOL (developer guide: FUNC_SHA1, crc32-function, SOUNDEX, r_STRTOL).
 */
#include "postgres.h"

#include <ctype.h>

#include "common/cryptohash.h"
#include "common/sha1.h"
#include "fmgr.h"
#include "port/pg_crc32c.h"
#include "standin.h"
#include "utils/builtins.h"

/* standin.exclude() runs only if the module has not removed it. */
PG_FUNCTION_INFO_V1(standin_exclude);
Datum
standin_exclude(PG_FUNCTION_ARGS)
{
	(void) fcinfo;
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("the stand-in cannot do this: EXCLUDE here")));
}

/* sha1(text): 40 hexadecimal digits. */
PG_FUNCTION_INFO_V1(standin_sha1);
Datum
standin_sha1(PG_FUNCTION_ARGS)
{
	text	   *value = PG_GETARG_TEXT_PP(0);
	uint8		digest[SHA1_DIGEST_LENGTH];
	char		hex[SHA1_DIGEST_LENGTH * 2 + 1];
	pg_cryptohash_ctx *context = pg_cryptohash_create(PG_SHA1);

	if (pg_cryptohash_init(context) < 0 ||
		pg_cryptohash_update(context, (uint8 *) VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value)) < 0 ||
		pg_cryptohash_final(context, digest, sizeof(digest)) < 0)
		elog(ERROR, "could not compute SHA1: %s", pg_cryptohash_error(context));
	pg_cryptohash_free(context);
	hex_encode((char *) digest, sizeof(digest), hex);
	hex[sizeof(hex) - 1] = '\0';
	PG_RETURN_TEXT_P(cstring_to_text(hex));
}

/* crc32(text): CRC-32C as eight hexadecimal digits. */
PG_FUNCTION_INFO_V1(standin_crc32);
Datum
standin_crc32(PG_FUNCTION_ARGS)
{
	text	   *value = PG_GETARG_TEXT_PP(0);
	pg_crc32c	crc;

	INIT_CRC32C(crc);
	COMP_CRC32C(crc, VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
	FIN_CRC32C(crc);
	PG_RETURN_TEXT_P(cstring_to_text(psprintf("%08x", crc)));
}

/* soundex(text): American Soundex; only ASCII letters are used. */
PG_FUNCTION_INFO_V1(standin_soundex);
Datum
standin_soundex(PG_FUNCTION_ARGS)
{
	/* the digit of each letter from A; 0 separates equal digits, - does not */
	static const char *const digits = "01230120022455012623010202";
	char	   *value = text_to_cstring(PG_GETARG_TEXT_PP(0));
	char		code[5] = "";
	int			length = 0;
	char		last = '0';

	for (; *value && length < 4; value++)
	{
		char		letter = toupper((unsigned char) *value);
		char		digit;

		if (letter < 'A' || letter > 'Z')
			continue;
		digit = digits[letter - 'A'];
		if (length == 0)
			code[length++] = letter;
		else if (digit != '0' && digit != last)
			code[length++] = digit;
		if (letter != 'H' && letter != 'W')
			last = digit;
	}
	if (length > 0)
		while (length < 4)
			code[length++] = '0';
	PG_RETURN_TEXT_P(cstring_to_text(code));
}

/* strtol(text, base): a bigint; 22023 if it is not a number of that base. */
PG_FUNCTION_INFO_V1(standin_strtol);
Datum
standin_strtol(PG_FUNCTION_ARGS)
{
	char	   *value = text_to_cstring(PG_GETARG_TEXT_PP(0));
	int			base = PG_GETARG_INT32(1);
	char	   *end = value;
	int64		result;

	if (base < 2 || base > 36)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("The base must be between 2 and 36.")));
	errno = 0;
	result = strtoll(value, &end, base);
	if (errno != 0 || *end != '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("The input %s is not valid to be converted to base %d.", value, base)));
	PG_RETURN_INT64(result);
}
