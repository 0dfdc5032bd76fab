/*-------------------------------------------------------------------------
 *
 * owner_scope.c
 *	  Switches to another user for a moment, and runs SQL on rsfed's own
 *	  tables.
 *
 * Policy: this is the only file that calls SetUserIdAndSecContext.  The saved
 * bits are kept and added to, never replaced, and the search_path is locked
 * while another user's rights are in force.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "jit/jit.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/guc.h"
#include "utils/hsearch.h"
#include "utils/rel.h"

#include "base/compat.h"
#include "catalog/extension.h"
#include "catalog/owner_scope.h"

void
owner_scope_enter(OwnerScope *scope, Oid userid, bool restricted)
{
	int			bits = SECURITY_LOCAL_USERID_CHANGE;

	if (restricted)
		bits |= SECURITY_RESTRICTED_OPERATION;

	GetUserIdAndSecContext(&scope->saved_userid, &scope->saved_sec_context);
	SetUserIdAndSecContext(userid, scope->saved_sec_context | bits);
	scope->saved_nestlevel = NewGUCNestLevel();
	(void) set_config_option("search_path", "pg_catalog, pg_temp",
							 PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
}

void
owner_scope_leave(OwnerScope *scope)
{
	AtEOXact_GUC(false, scope->saved_nestlevel);
	SetUserIdAndSecContext(scope->saved_userid, scope->saved_sec_context);
}

static void
open_as(CatalogAccess *access, Oid owner)
{
	access->caller = CurrentMemoryContext;
	owner_scope_enter(&access->scope, owner, false);
	/*
	 * with enable_* off, or a low jit_above_cost, each look-up would be
	 * compiled by JIT
	 */
	if (jit_enabled)
		(void) set_config_option("jit", "off", PGC_USERSET, PGC_S_SESSION,
								 GUC_ACTION_SAVE, true, 0, false);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
}

void
catalog_open(CatalogAccess *access)
{
	open_as(access, extension_require());
}

void
catalog_open_any_version(CatalogAccess *access)
{
	open_as(access, extension_owner());
}

void
catalog_close(CatalogAccess *access)
{
	SPI_finish();
	owner_scope_leave(&access->scope);
	MemoryContextSwitchTo(access->caller);
}

uint64
catalog_run(int expected, const char *sql, int nargs, const Oid *types,
			const Datum *values, const char *nulls)
{
	int			rc;

	rc = SPI_execute_with_args(sql, nargs, unconstify(Oid *, types),
							   unconstify(Datum *, values), nulls, false, 0);
	if (rc != expected)
		elog(ERROR, "unexpected result %s of a catalog statement: %s",
			 SPI_result_code_string(rc), sql);
	return SPI_processed;
}

/* A statement that is planned once. */
typedef struct KeptPlan
{
	const char *sql;			/* the pointer identifies the constant, not its characters */
	SPIPlanPtr	plan;
} KeptPlan;

uint64
catalog_run_kept(int expected, const char *sql, int nargs, const Oid *types,
				 const Datum *values, const char *nulls)
{
	static HTAB *plans = NULL;
	KeptPlan   *kept;
	int			rc;

	if (plans == NULL)
	{
		HASHCTL		info = {0};

		info.keysize = sizeof(const char *);
		info.entrysize = sizeof(KeptPlan);
		plans = hash_create("rsfed statements", 32, &info, HASH_ELEM | HASH_BLOBS);
	}
	kept = hash_search(plans, &sql, HASH_FIND, NULL);
	if (kept == NULL)
	{
		SPIPlanPtr	plan = SPI_prepare_cursor(sql, nargs, unconstify(Oid *, types),
											  CURSOR_OPT_GENERIC_PLAN);

		if (plan == NULL || SPI_keepplan(plan) != 0)
			elog(ERROR, "could not prepare a catalog statement: %s", sql);
		kept = hash_search(plans, &sql, HASH_ENTER, NULL);
		kept->plan = plan;
	}
	rc = SPI_execute_plan(kept->plan, unconstify(Datum *, values), nulls, false, 0);
	if (rc != expected)
		elog(ERROR, "unexpected result %s of a catalog statement: %s",
			 SPI_result_code_string(rc), sql);
	return SPI_processed;
}

bool
catalog_isnull(uint64 row, int column)
{
	bool		isnull;

	(void) SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, &isnull);
	return isnull;
}

Datum
catalog_datum(uint64 row, int column)
{
	bool		isnull;
	Datum		value;

	value = SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, &isnull);
	return isnull ? (Datum) 0 : value;
}

Datum
catalog_copy(CatalogAccess *access, uint64 row, int column)
{
	Form_pg_attribute attr = TupleDescAttr(SPI_tuptable->tupdesc, column - 1);
	Datum		value = catalog_datum(row, column);
	MemoryContext old;

	if (catalog_isnull(row, column))
		return (Datum) 0;
	old = MemoryContextSwitchTo(access->caller);
	/* jsonb and text may be toasted: a copy must not depend on the table */
	if (attr->attlen == -1)
		value = PointerGetDatum(PG_DETOAST_DATUM_COPY(value));
	else
		value = datumCopy(value, attr->attbyval, attr->attlen);
	MemoryContextSwitchTo(old);
	return value;
}

char *
catalog_text(CatalogAccess *access, uint64 row, int column)
{
	char	   *value = SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column);

	return value == NULL ? NULL : MemoryContextStrdup(access->caller, value);
}

List *
catalog_ids(CatalogAccess *access, uint64 n)
{
	MemoryContext old = MemoryContextSwitchTo(access->caller);
	List	   *ids = NIL;

	for (uint64 i = 0; i < n; i++)
		ids = lappend_int(ids, DatumGetInt32(catalog_datum(i, 1)));
	MemoryContextSwitchTo(old);
	return ids;
}

List *
catalog_names(const char *sql, int nargs, const Oid *types, const Datum *values)
{
	CatalogAccess access;
	List	   *names = NIL;
	MemoryContext old;
	uint64		n;

	catalog_open(&access);
	n = catalog_run(SPI_OK_SELECT, sql, nargs, types, values, NULL);
	old = MemoryContextSwitchTo(access.caller);
	for (uint64 i = 0; i < n; i++)
		names = lappend(names, catalog_text(&access, i, 1));
	MemoryContextSwitchTo(old);
	catalog_close(&access);
	return names;
}
