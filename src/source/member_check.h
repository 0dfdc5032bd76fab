/*-------------------------------------------------------------------------
 *
 * member_check.h
 *	  Checks whether the members of a group are interchangeable.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_MEMBER_CHECK_H
#define RSFED_MEMBER_CHECK_H

#include "foreign/foreign.h"
#include "nodes/pg_list.h"

/* One item at one member. */
typedef struct MemberFinding
{
	const char *server;
	const char *item;			/* "columns of public.sales" */
	bool		ok;
	bool		is_doubt;		/* the object cannot be compared */
	const char *detail;
	const char *schema;			/* the object; NULL: the member itself */
	const char *relation;		/* "" of a schema */
	const char *kind;			/* as in rsfed_catalog.difference */
	List	   *columns;		/* char *: only these differ (of a grant: roles); NIL = anything */
	List	   *remedies;		/* char *: statements of Redshift that mend it there */
} MemberFinding;

typedef struct MemberCheck
{
	ForeignServer *group;
	Oid			userid;			/* whose log-ins */
	List	   *tables;			/* of RedshiftTable; NIL = all */
	List	   *roles;			/* Oid: whose log-ins must be able to read */
	bool		with_partitions;
	bool		with_grants;
	bool		with_views;		/* and the tables that views among the tables read */
	bool		sample;			/* count and hash the rows */

	/* receives each finding, whose memory is freed afterwards */
	void		(*take) (const MemberFinding *finding, void *arg);
	void	   *arg;

	/* out: servers that could be asked, char *, and with_views their views, MemberView */
	List	   *reached;
	List	   *views;
} MemberCheck;

/*
 * Compares all members, including drained and broken ones.  The value of the
 * majority is regarded as right, between two members that of the larger
 * weight; a missing object is a difference of the member that lacks it.  A
 * member that cannot be asked is a finding.  Raises only interrupts, errors of
 * this server, and the errors of login_check().
 */
extern void member_check(MemberCheck *check);

#endif							/* RSFED_MEMBER_CHECK_H */
