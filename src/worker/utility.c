/*-------------------------------------------------------------------------
 *
 * utility.c
 *	  Commands that rsfed's workers must give way to.
 *
 * DROP DATABASE, ALTER DATABASE ... RENAME / SET TABLESPACE and CREATE
 * DATABASE ... TEMPLATE fail while anybody is connected.  A forgotten
 * scheduler must not be the reason for that: before such a command the
 * processes of rsfed are asked to leave (and terminated if they do not), and
 * none starts until the command has ended, in whatever way.  This happens only
 * for the owner of the database: other users cannot run the command and must
 * not stop the workers by trying.  DROP EXTENSION would wait for as long as a
 * refresh works, because the refresh has read rsfed's tables; so the workers
 * leave before it, too.
 *
 * After other commands the launcher is told about a new database, or about the
 * extension in a database, which it could not know otherwise.  After REASSIGN
 * OWNED, for which no event trigger fires, the rights of the new owner are
 * checked.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_database.h"
#include "catalog/pg_extension.h"
#include "commands/dbcommands.h"
#include "commands/defrem.h"
#include "commands/extension.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "pgstat.h"
#include "storage/ipc.h"
#include "tcop/utility.h"
#include "utils/acl.h"

#include "base/compat.h"
#include "rollup/owner.h"
#include "shmem/databases.h"
#include "shmem/wake.h"
#include "worker/utility.h"

/* time after which a process that was asked to leave is terminated */
#define FORCE_AFTER_MS 1000
/* then the command itself reports who is still connected */
#define WAIT_MS 10000

/* What others have to be told after a command. */
typedef struct Announcement
{
	enum
	{
		ANNOUNCE_NOTHING,
		ANNOUNCE_DATABASE,		/* to the launcher */
		ANNOUNCE_EXTENSION,		/* it may be there now, or of another version */
		ANNOUNCE_LOGIN,			/* log-ins that are held may work now */
		ANNOUNCE_DROP,			/* the scheduler finds out whether it is needed */
		ANNOUNCE_OWNER			/* of whatever was reassigned */
	}			kind;
	Oid			new_owner;
} Announcement;

static ProcessUtility_hook_type previous_hook = NULL;

static void process_utility(RSFED_UTILITY_PARAMETERS);
static const char *database_to_empty(Node *parsetree);
static Oid	database_to_hold(Node *parsetree);
static const char *string_option(List *options, const char *name);
static void release_at_exit(int code, Datum arg);
static Announcement announcement_of(Node *parsetree);
static void announce(const Announcement *news);

void
utility_hook_init(void)
{
	previous_hook = ProcessUtility_hook;
	ProcessUtility_hook = process_utility;
}

static void
call_next(RSFED_UTILITY_PARAMETERS)
{
	if (previous_hook)
		previous_hook(RSFED_UTILITY_ARGUMENTS);
	else
		standard_ProcessUtility(RSFED_UTILITY_ARGUMENTS);
}

/* Runs the command while the database is held; a function of its own for longjmp. */
static pg_noinline void
run_held(Oid database, const Announcement *news, RSFED_UTILITY_PARAMETERS)
{
	PG_ENSURE_ERROR_CLEANUP(release_at_exit, ObjectIdGetDatum(database));
	{
		(void) database_wait_empty(database, FORCE_AFTER_MS, WAIT_MS,
								   RSFED_WAIT_EVENT_NEW("RsfedDatabaseEmpty"));
		call_next(RSFED_UTILITY_ARGUMENTS);
		announce(news);
	}
	PG_END_ENSURE_ERROR_CLEANUP(release_at_exit, ObjectIdGetDatum(database));
	database_release(database);
}

static void
process_utility(RSFED_UTILITY_PARAMETERS)
{
	Oid			database = database_to_hold(pstmt->utilityStmt);

	/*
	 * a ROLLBACK, for example, frees its own tree, so afterwards nothing can
	 * be read from it
	 */
	Announcement news = announcement_of(pstmt->utilityStmt);

	if (OidIsValid(database) && database_hold(database))
		run_held(database, &news, RSFED_UTILITY_ARGUMENTS);
	else
	{
		call_next(RSFED_UTILITY_ARGUMENTS);
		announce(&news);
	}
}

static void
release_at_exit(int code, Datum arg)
{
	database_release(DatumGetObjectId(arg));
}

/* The name of the database that a command needs empty, or NULL. */
static const char *
database_to_empty(Node *parsetree)
{
	switch (nodeTag(parsetree))
	{
		case T_DropdbStmt:
			return ((DropdbStmt *) parsetree)->dbname;
		case T_CreatedbStmt:
			return string_option(((CreatedbStmt *) parsetree)->options, "template");
		case T_AlterDatabaseStmt:
			if (string_option(((AlterDatabaseStmt *) parsetree)->options, "tablespace") != NULL)
				return ((AlterDatabaseStmt *) parsetree)->dbname;
			return NULL;
		case T_RenameStmt:
			if (((RenameStmt *) parsetree)->renameType == OBJECT_DATABASE)
				return ((RenameStmt *) parsetree)->subname;
			return NULL;
		default:
			return NULL;
	}
}

/* May the command drop rsfed here, and may the current user do that? */
static bool
drops_rsfed(Node *parsetree)
{
	DropStmt   *drop = (DropStmt *) parsetree;
	Oid			extension;
	bool		named = false;
	ListCell   *lc;

	if (!IsA(parsetree, DropStmt) || drop->removeType != OBJECT_EXTENSION)
		return false;
	foreach(lc, drop->objects)
		named |= strcmp(strVal(lfirst(lc)), "rsfed") == 0;
	/* rsfed needs other extensions, and is dropped with them */
	if (!named && drop->behavior != DROP_CASCADE)
		return false;
	extension = get_extension_oid("rsfed", true);
	return OidIsValid(extension) && RSFED_OWNS_EXTENSION(extension, GetUserId());
}

/*
 * The database of that name, or InvalidOid if somebody other than its owner
 * runs the command.
 */
static Oid
owned_database(const char *name)
{
	Oid			database = get_database_oid(name, true);

	if (!OidIsValid(database) || !RSFED_OWNS_DATABASE(database, GetUserId()))
		return InvalidOid;
	return database;
}

/*
 * The database that the workers must leave, or InvalidOid if there is none or
 * the current user may not run the command.
 */
static Oid
database_to_hold(Node *parsetree)
{
	const char *name = database_to_empty(parsetree);

	if (!IsTransactionState())
		return InvalidOid;
	if (name != NULL)
		return owned_database(name);
	return drops_rsfed(parsetree) ? MyDatabaseId : InvalidOid;
}

static const char *
string_option(List *options, const char *name)
{
	ListCell   *lc;

	foreach(lc, options)
	{
		DefElem    *option = lfirst(lc);

		/* DEFAULT has no argument */
		if (strcmp(option->defname, name) == 0 && option->arg != NULL)
			return defGetString(option);
	}
	return NULL;
}

static Announcement
announcement_of(Node *parsetree)
{
	Announcement news = {ANNOUNCE_NOTHING};

	switch (nodeTag(parsetree))
	{
		case T_CreatedbStmt:
		case T_AlterDatabaseStmt:
			news.kind = ANNOUNCE_DATABASE;
			break;
		case T_CreateExtensionStmt:
			/* of any extension: rsfed may come by its CASCADE */
			news.kind = ANNOUNCE_EXTENSION;
			break;
		case T_AlterExtensionStmt:
			if (strcmp(((AlterExtensionStmt *) parsetree)->extname, "rsfed") == 0)
				news.kind = ANNOUNCE_EXTENSION;
			break;
		case T_CreateUserMappingStmt:
		case T_AlterUserMappingStmt:
		case T_DropUserMappingStmt:
		case T_AlterForeignServerStmt:
			news.kind = ANNOUNCE_LOGIN;
			break;
		case T_DropStmt:
			if (((DropStmt *) parsetree)->removeType == OBJECT_EXTENSION)
				news.kind = ANNOUNCE_DROP;
			break;
		case T_ReassignOwnedStmt:
			news.kind = ANNOUNCE_OWNER;
			news.new_owner = get_rolespec_oid(((ReassignOwnedStmt *) parsetree)->newrole, true);
			break;
		default:
			break;
	}
	return news;
}

/* Informs others of the command's effect after its commit. */
static void
announce(const Announcement *news)
{
	switch (news->kind)
	{
		case ANNOUNCE_NOTHING:
			break;
		case ANNOUNCE_DATABASE:
			wake_launcher_at_commit();
			break;
		case ANNOUNCE_EXTENSION:
			if (OidIsValid(get_extension_oid("rsfed", true)))
				wake_extension_created_at_commit();
			break;
		case ANNOUNCE_LOGIN:
			if (OidIsValid(get_extension_oid("rsfed", true)))
				wake_scheduler_at_commit();
			break;
		case ANNOUNCE_DROP:
			wake_scheduler_at_commit();
			break;
		case ANNOUNCE_OWNER:
			/* no event trigger fires for it */
			if (OidIsValid(get_extension_oid("rsfed", true)))
			{
				CommandCounterIncrement();
				owner_warn_all(NULL, news->new_owner);
			}
			break;
	}
}
