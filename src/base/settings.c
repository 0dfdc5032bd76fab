/*-------------------------------------------------------------------------
 *
 * settings.c
 *	  The settings (GUCs) of rsfed.
 *
 * Only a property of the whole server is a setting.  A property of one foreign
 * server, rollup or schedule is an option (options.c).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>

#include "utils/guc.h"

#include "base/compat.h"
#include "base/settings.h"

bool		rsfed_scheduler = true;
int			rsfed_max_workers = 4;
int			rsfed_max_runs_per_owner = 0;
int			rsfed_idle_connection = 60;
int			rsfed_history_time = 30 * 24 * 60;
int			rsfed_history_runs = 1000;
int			rsfed_max_result_rows = 20000000;
double		rsfed_price_per_tb = 0;
double		rsfed_price_per_rpu_hour = 0;
bool		rsfed_ignore_gate = false;
bool		rsfed_alter_published = false;
bool		rsfed_ship_blocks = true;
char	   *rsfed_identity = NULL;
char	   *rsfed_ssl_root_cert = NULL;

void
settings_init(void)
{
	/* An emergency stop: after one reload, rsfed sends nothing to Redshift. */
	DefineCustomBoolVariable("rsfed.scheduler",
							 "Starts scheduled and requested refreshes.",
							 "Off stops them in every database of the server; CALL rsfed.refresh still works.",
							 &rsfed_scheduler, true,
							 PGC_SIGHUP, 0, NULL, NULL, NULL);

	/* Each takes one of max_worker_processes. */
	DefineCustomIntVariable("rsfed.max_workers",
							"Sets the maximum number of refreshes that background workers run at the same time.",
							"All databases of the server together. The launcher and one scheduler per database come on top.",
							&rsfed_max_workers, 4, 1, 64,
							PGC_SIGHUP, 0, NULL, NULL, NULL);

	/* A user who may create a materialized view can make a slow one. */
	DefineCustomIntVariable("rsfed.max_runs_per_owner",
							"Sets the maximum number of refreshes of one owner's relations that background workers run at the same time.",
							"In each database. 0 means all workers, but one less where relations of several owners are refreshed.",
							&rsfed_max_runs_per_owner, 0, 0, 64,
							PGC_SIGHUP, 0, NULL, NULL, NULL);

	DefineCustomIntVariable("rsfed.idle_connection",
							"Sets how long a background worker, or a session with live tables, keeps an idle connection to Redshift.",
							"Nothing is sent over it meanwhile. 0 closes it after each run or statement.",
							&rsfed_idle_connection, 60, 0, 3600,
							PGC_SIGHUP, GUC_UNIT_S, NULL, NULL, NULL);

	/* The scheduler forgets runs; the counters of rsfed.metrics go on. */
	DefineCustomIntVariable("rsfed.history_time",
							"Sets how long ended runs are kept in rsfed.runs.",
							"The last run of a relation and of a schedule stays. 0 means for ever.",
							&rsfed_history_time, 30 * 24 * 60, 0, INT_MAX,
							PGC_SIGHUP, GUC_UNIT_MIN, NULL, NULL, NULL);

	DefineCustomIntVariable("rsfed.history_runs",
							"Sets how many runs of each relation are kept in rsfed.runs.",
							"The oldest go first. 0 means any number.",
							&rsfed_history_runs, 1000, 0, INT_MAX,
							PGC_SIGHUP, 0, NULL, NULL, NULL);

	/* A way round one query that Redshift refuses. */
	DefineCustomBoolVariable("rsfed.ship_blocks",
							 "Sends a query over live tables with its subqueries as one statement where Redshift's answer is the same.",
							 "Off leaves scans, joins and groups to be shipped one by one.",
							 &rsfed_ship_blocks, true,
							 PGC_USERSET, 0, NULL, NULL, NULL);

	/* Not by ALTER SYSTEM: its file is in every copy of the data directory. */
	DefineCustomStringVariable("rsfed.identity",
							   "Names the one that owns the schedules: a primary and its standbys have the same, nobody else has it.",
							   "A database that remembers another identity holds its schedules until rsfed.take_over(). Keep it outside the data directory.",
							   &rsfed_identity, "",
							   PGC_SIGHUP, GUC_DISALLOW_IN_AUTO_FILE, NULL, NULL, NULL);

	/* Superusers only: it protects the server from its users' typing errors. */
	DefineCustomIntVariable("rsfed.max_result_rows",
							"Sets the number of rows after which a refresh is ended as a mistake.",
							"The rollup option max_result_rows overrides it. 0 means no limit.",
							&rsfed_max_result_rows, 20000000, 0, INT_MAX,
							PGC_SUSET, 0, NULL, NULL, NULL);

	/* rsfed.costs computes prices from these; regions and contracts differ. */
	DefineCustomRealVariable("rsfed.price_per_tb",
							 "Sets the price of reading a terabyte in S3, for rsfed.costs.",
							 "In any currency. 0 means unknown.",
							 &rsfed_price_per_tb, 0, 0, 1000000,
							 PGC_USERSET, 0, NULL, NULL, NULL);

	DefineCustomRealVariable("rsfed.price_per_rpu_hour",
							 "Sets the price of an RPU hour, for rsfed.costs.",
							 "Of servers with the option rpus. 0 means unknown.",
							 &rsfed_price_per_rpu_hour, 0, 0, 1000000,
							 PGC_USERSET, 0, NULL, NULL, NULL);

	/* Lets a user who has looked at the content pass a gate. */
	DefineCustomBoolVariable("rsfed.ignore_gate",
							 "Publishes what rsfed.refresh brings also where the rollup's options would refuse it.",
							 "For CALL rsfed.refresh in the session that sets it; background workers do not look at it.",
							 &rsfed_ignore_gate, false,
							 PGC_USERSET, GUC_NOT_IN_SAMPLE | GUC_DISALLOW_IN_FILE, NULL, NULL, NULL);

	/* Skips a check, for a user who has changed the subscribers already. */
	DefineCustomBoolVariable("rsfed.alter_published",
							 "Lets rsfed.alter_rollup change a published table also where its subscribers must have been changed before.",
							 "For the session that sets it. Without the change there, they stop at the next refresh.",
							 &rsfed_alter_published, false,
							 PGC_USERSET, GUC_NOT_IN_SAMPLE | GUC_DISALLOW_IN_FILE, NULL, NULL, NULL);

	/* Superusers only: whoever chooses the CA chooses whom the server trusts. */
	DefineCustomStringVariable("rsfed.ssl_root_cert",
							   "Sets the file of the certificate authorities that Redshift's certificates are checked against.",
							   "A server's option sslrootcert overrides it.",
							   &rsfed_ssl_root_cert, "/etc/ssl/certs/ca-certificates.crt",
							   PGC_SUSET, GUC_SUPERUSER_ONLY, NULL, NULL, NULL);

	MarkGUCPrefixReserved("rsfed");
}
