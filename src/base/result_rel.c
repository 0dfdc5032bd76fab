/*-------------------------------------------------------------------------
 *
 * result_rel.c
 *	  Writing rows of one relation without the planner.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/executor.h"
#include "nodes/makefuncs.h"
#include "parser/parse_relation.h"
#include "storage/lockdefs.h"
#include "utils/rel.h"

#include "base/compat.h"
#include "base/result_rel.h"

/* See result_rel.h. */
ResultRelInfo *
result_rel_open(EState *estate, Relation rel, Bitmapset *columns)
{
	RangeTblEntry *rte = makeNode(RangeTblEntry);
	ResultRelInfo *result_rel = makeNode(ResultRelInfo);

	rte->rtekind = RTE_RELATION;
	rte->relid = RelationGetRelid(rel);
	rte->relkind = rel->rd_rel->relkind;
	rte->rellockmode = RowExclusiveLock;
	ExecInitResultRangeTable(estate, rte, columns);

	InitResultRelInfo(result_rel, rel, 1, NULL, 0);
	EStateSetResultRelation(estate, result_rel);
	ExecOpenIndices(result_rel, false);
	return result_rel;
}
