/*-------------------------------------------------------------------------
 *
 * member_view.h
 *	  rsfed_catalog.member_view: the views that rollups over a group read.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_MEMBER_VIEW_H
#define RSFED_MEMBER_VIEW_H

#include "nodes/pg_list.h"

/* A view as a member of a group has it. */
typedef struct MemberView
{
	char	   *server;
	char	   *schema;			/* of Redshift */
	char	   *relation;
	char	   *definition;		/* its query, or the statement that made it */
} MemberView;

/* All that are known of the members of a group: List of MemberView, palloc'd. */
extern List *member_views_of(const char *group_name);

/* Takes what was found at these servers (char *) in place of what was known. */
extern void member_views_replace(const char *group_name, List *servers, List *views);

#endif							/* RSFED_MEMBER_VIEW_H */
