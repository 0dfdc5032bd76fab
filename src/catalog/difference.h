/*-------------------------------------------------------------------------
 *
 * difference.h
 *	  rsfed_catalog.difference: differences of the members of a group.
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
 * The findings about the members of a group whose servers still have the same
 * options, and about current definitions of rollups: List of Difference
 * without problem and remedies, palloc'd.
 */
extern List *differences_of(const char *group_name);

/*
 * Replaces the findings of these servers (char *), kinds (char *) and places
 * (schema, '.' and relation, not quoted: char *; NIL = all) by those of a
 * check.
 */
extern void differences_replace(const char *group_name, List *servers, List *kinds, List *places,
								List *found);

/*
 * Stores that the server refuses the query of a rollup's definition, which
 * another member of the group accepts, unless it is no longer a member; and
 * deletes that finding.
 */
extern void difference_add_refusal(const char *group_name, const char *server, int32 relation_id,
								   int definition, const char *problem);
extern void difference_end_refusal(const char *group_name, const char *server, int32 relation_id);

#endif							/* RSFED_DIFFERENCE_H */
