/*-------------------------------------------------------------------------
 *
 * member_check.h
 *	  Whether the members of a group are interchangeable.
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
	bool		is_doubt;		/* what it is about cannot be compared */
	const char *detail;
	const char *schema;			/* what it is about; NULL: the member itself */
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
	bool		with_views;		/* and what the views among the tables read */
	bool		sample;			/* count and hash the rows */

	/* takes each finding, whose memory is gone afterwards */
	void		(*take) (const MemberFinding *finding, void *arg);
	void	   *arg;

	/* out: servers that could be asked, char *, and with_views their views, MemberView */
	List	   *reached;
	List	   *views;
} MemberCheck;

/*
 * Compares all members, drained and broken ones, too.  What most have is taken
 * for right, of two the larger weight; what a member lacks is wrong there.  A
 * member that cannot be asked is a finding.  Raises only interrupts, errors of
 * this server, and what login_check() raises.
 */
extern void member_check(MemberCheck *check);

#endif							/* RSFED_MEMBER_CHECK_H */
