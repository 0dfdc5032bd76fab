/*-------------------------------------------------------------------------
 *
 * settings.h
 *	  The settings (GUCs) of rsfed.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_SETTINGS_H
#define RSFED_SETTINGS_H

extern bool rsfed_scheduler;	/* rsfed.scheduler: may scheduled runs start */
extern int	rsfed_max_workers;	/* rsfed.max_workers: run workers, whole server */
extern int	rsfed_max_runs_per_owner;	/* rsfed.max_runs_per_owner: 0 = automatic */
extern int	rsfed_idle_connection;	/* rsfed.idle_connection: seconds */
extern int	rsfed_history_time; /* rsfed.history_time: minutes, 0 = for ever */
extern int	rsfed_history_runs; /* rsfed.history_runs: per relation, 0 = any number */
extern int	rsfed_max_result_rows;	/* rsfed.max_result_rows: rows, 0 = any */
extern double rsfed_price_per_tb;	/* rsfed.price_per_tb: 0 = unknown */
extern double rsfed_price_per_rpu_hour;	/* rsfed.price_per_rpu_hour: 0 = unknown */
extern bool rsfed_ignore_gate;	/* rsfed.ignore_gate: publish any content */
extern bool rsfed_alter_published;	/* rsfed.alter_published: subscribers have been changed before */
extern bool rsfed_ship_blocks;	/* rsfed.ship_blocks: queries with subqueries as one statement */
extern char *rsfed_identity;	/* rsfed.identity: owner of schedules, "" = none */
extern char *rsfed_ssl_root_cert;	/* rsfed.ssl_root_cert: path of CA bundle */

/* Defines the settings and reserves their prefix.  Called by _PG_init. */
extern void settings_init(void);

#endif							/* RSFED_SETTINGS_H */
