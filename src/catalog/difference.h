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
	int32		relation_id;	/* a rollup whose query is refused there; 0 = none */
} Difference;

/*
 * What is known of the members of a group whose servers have the options that
 * they had when it was found, and of present definitions of rollups: List of
 * Difference without problem and remedies, palloc'd.
 */
extern List *differences_of(const char *group_name);

/*
 * Takes what a check has found for all that there is at these servers (char *)
 * of these kinds (char *), and of these places (schema, '.' and relation as they
 * are: char *; NIL = all).
 */
extern void differences_replace(const char *group_name, List *servers, List *kinds, List *places,
								List *found);

/*
 * The server refuses the query of a rollup's definition, which another member of
 * the group takes.  Nothing is written if it is no member any more.  And the end
 * of that.
 */
extern void difference_add_refusal(const char *group_name, const char *server, int32 relation_id,
								   int definition, const char *problem);
extern void difference_end_refusal(const char *group_name, const char *server, int32 relation_id);

#endif							/* RSFED_DIFFERENCE_H */
