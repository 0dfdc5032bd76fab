/*-------------------------------------------------------------------------
 *
 * member_facts.h
 *	  The facts about schemas, tables and grants at a member of a group.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_MEMBER_FACTS_H
#define RSFED_MEMBER_FACTS_H

#include "executor/tuptable.h"
#include "nodes/pg_list.h"
#include "utils/hsearch.h"
#include "utils/resowner.h"
#include "utils/tuplesort.h"

#include "source/source.h"

/* In the order in which they are compared. */
typedef enum FactKind
{
	FACT_SCHEMA,				/* the target of an external schema, and its users */
	FACT_RELATION,				/* kind, location and text of a table or view */
	FACT_COLUMN,
	FACT_PARTITION,
	FACT_GRANT
} FactKind;

/* One fact, as it is sorted; a member of -1 only makes the place known. */
typedef struct MemberFact
{
	char	   *schema;
	char	   *relation;		/* "" of a schema */
	FactKind	kind;
	char	   *name;			/* of a column, partition, role; or of a property */
	int			member;
	char	   *value;
} MemberFact;

/* All facts of all members, sorted on disk if they do not fit into memory. */
typedef struct MemberFacts
{
	Tuplesortstate *sort;
	TupleTableSlot *slot;
	ResourceOwner owner;		/* of its files */
	HTAB	   *wanted;			/* places to look at; NULL = all */
	HTAB	   *direct;			/* those of them that were requested themselves */
	List	   *tables;			/* places to look at: of RedshiftTable; NIL = all */
	bool		with_partitions;
	bool		with_grants;
} MemberFacts;

/* A role whose log-in at a member must be able to read. */
typedef struct FactUser
{
	const char *role;
	const char *username;		/* of its log-in there; NULL = it has none */
} FactUser;

/*
 * Begins to collect facts of these tables (of RedshiftTable; NIL = all), and
 * of the tables that views among them read, without grants on these, because
 * the view's owner reads them.  Everything is in the current memory context,
 * up to work_mem; the rest is on disk.
 */
extern MemberFacts *facts_begin(List *tables, List *behind, bool with_partitions, bool with_grants);

/*
 * The condition on two columns of a system view, with the names of schemas and
 * of relations (NULL: has none), that excludes system schemas and, if the
 * tables (of RedshiftTable; NIL = all) are few, most of the other tables.
 */
extern char *facts_place_condition(List *tables, const char *schema, const char *relation);

/* Was the place requested itself, and not only through a view? */
extern bool facts_is_direct(const MemberFacts *facts, const char *schema, const char *relation);

/*
 * Asks a member, by its number: at most eight statements, whatever the number
 * of tables. users: of FactUser.  Interruptible; raises the errors of
 * Redshift.
 */
extern void facts_ask(MemberFacts *facts, SourceConnection *source, int member, List *users);

/*
 * Adds a fact about a schema of a member that does not come from the
 * warehouse.
 */
extern void facts_add(MemberFacts *facts, int member, const char *schema, const char *name,
					  const char *value);

/*
 * Ends the collection; then facts_next() returns the facts by place, kind,
 * name, member.
 */
extern void facts_sort(MemberFacts *facts);

/* The next one, in the current memory context; false at the end. */
extern bool facts_next(MemberFacts *facts, MemberFact *fact);
extern void facts_end(MemberFacts *facts);

#endif							/* RSFED_MEMBER_FACTS_H */
