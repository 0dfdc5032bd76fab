/*-------------------------------------------------------------------------
 *
 * difference.h
 *	  rsfed_catalog.difference: what is not alike at a member of a group.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_DIFFERENCE_H
#define RSFED_DIFFERENCE_H

#include "nodes/pg_list.h"

typedef struct Difference
{
	char	   *server;
	char	   *kind;			/* schema, relation, column, partition, grant, content */
	char	   *schema;			/* of Redshift */
	char	   *relation;		/* "" of an external schema */
	List	   *columns;		/* char *: only these (of a grant: roles); NIL = anything of it */
	char	   *problem;
	List	   *remedies;		/* char *: statements for that server */
} Difference;

/*
 * What is known of the members of a group whose servers have the options that
 * they had when it was found: List of Difference without problem and remedies,
 * palloc'd.
 */
extern List *differences_of(const char *group_name);

/*
 * Takes what a check has found for all that there is at these servers (char *)
 * of these kinds (char *), and of these places (schema, '.' and relation as they
 * are: char *; NIL = all).
 */
extern void differences_replace(const char *group_name, List *servers, List *kinds, List *places,
								List *found);

#endif							/* RSFED_DIFFERENCE_H */
