/*-------------------------------------------------------------------------
 *
 * conninfo.h
 *	  Connection strings of libpq, as dblink is given them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_CONNINFO_H
#define RSFED_CONNINFO_H

#include "nodes/pg_list.h"

/* A keyword that a connection string gives. */
typedef struct ConninfoPair
{
	char	   *keyword;
	char	   *value;
} ConninfoPair;

/*
 * Parses a connection string (keywords or URI) into a List of ConninfoPair *,
 * palloc'd, without passwords.  False if it is not a connection string.
 */
extern bool remote_conninfo_parse(const char *conninfo, List **pairs);

#endif							/* RSFED_CONNINFO_H */
