/*-------------------------------------------------------------------------
 *
 * credentials.h
 *	  The credentials at the moment of connecting.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_CREDENTIALS_H
#define RSFED_CREDENTIALS_H

#include "foreign/foreign.h"
#include "utils/timestamp.h"

typedef struct Credentials
{
	const char *user;			/* NULL if nothing names one */
	const char *password;		/* NULL if there is none */
} Credentials;

/*
 * From the mapping's options, or the file that they name; palloc'd.  Raises
 * 28P01 for credentials that have expired and 58P01 / 22023 for a file that
 * cannot be read or understood.
 */
extern Credentials *credentials_load(ForeignServer *server, UserMapping *mapping);

/*
 * The time until which the credentials of a mapping with these options are
 * valid, from the file that they name (which is read) or from the option
 * valid_until; false if neither tells.  Raises the errors of reading the file.
 */
extern bool credentials_expiry(List *options, TimestampTz *expiry);

/* The value of an option in a list of DefElem, or NULL. */
extern const char *source_option(List *options, const char *name);

#endif							/* RSFED_CREDENTIALS_H */
