/*-------------------------------------------------------------------------
 *
 * member_content.h
 *	  Counts and hashes the rows of a table at members of a group.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_MEMBER_CONTENT_H
#define RSFED_MEMBER_CONTENT_H

#include "source/source.h"

typedef struct MemberContent MemberContent;

typedef struct ContentResult
{
	char	   *text;			/* "12 rows, checksum 34"; the same for the same rows */
	char	   *error;			/* or the reason why there is none */
} ContentResult;

/* Makes the query for one table; in the current memory context. */
extern MemberContent *content_begin(void);

/*
 * Adds a column.  A column that differs between members (not alike), or whose
 * type cannot be hashed, is left out.
 */
extern void content_add_column(MemberContent *content, const char *name, const char *type, bool is_alike);

/*
 * Reads the whole table at one member.  An error of Redshift's is in the result;
 * raises interrupts.
 */
extern void content_ask(MemberContent *content, SourceConnection *source, const char *schema,
						const char *relation, ContentResult *result);

/* The columns that were left out, to be appended to a text; "" if none. */
extern const char *content_note(const MemberContent *content);

#endif							/* RSFED_MEMBER_CONTENT_H */
