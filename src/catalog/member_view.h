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

/* A view at a member of a group. */
typedef struct MemberView
{
	char	   *server;
	char	   *schema;			/* of Redshift */
	char	   *relation;
	char	   *definition;		/* its query, or the statement that made it */
} MemberView;

/* All known views at the members of a group: List of MemberView, palloc'd. */
extern List *member_views_of(const char *group_name);

/*
 * Replaces the known views of these servers (char *) by those that were found.
 */
extern void member_views_replace(const char *group_name, List *servers, List *views);

#endif							/* RSFED_MEMBER_VIEW_H */
