/*-------------------------------------------------------------------------
 *
 * member_views.h
 *	  The tables behind views at a member of a group.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_MEMBER_VIEWS_H
#define RSFED_MEMBER_VIEWS_H

#include "nodes/pg_list.h"

#include "source/source.h"

/* A view that cannot be followed. */
typedef struct ViewDoubt
{
	char	   *server;
	char	   *item;			/* "view public.v" */
	char	   *detail;
} ViewDoubt;

/* The objects behind some tables and views. */
typedef struct ViewsFollowed
{
	List	   *tables;			/* of RedshiftTable, each once: read by views, and not among those */
	List	   *views;			/* of MemberView */
	List	   *doubts;			/* of ViewDoubt */
} ViewsFollowed;

/*
 * Reads the texts of the views among the tables (of RedshiftTable), of the
 * views that those read, and so on: a statement for each level.  Adds to
 * *followed, in the current memory context.  Interruptible; raises the errors
 * of Redshift.
 */
extern void views_follow(SourceConnection *source, List *tables, ViewsFollowed *followed);

#endif							/* RSFED_MEMBER_VIEWS_H */
