/*-------------------------------------------------------------------------
 *
 * run_settings.h
 *	  Settings that are pinned while rsfed works, and why.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_RUN_SETTINGS_H
#define RSFED_RUN_SETTINGS_H

/* Where a setting is pinned. */
typedef enum RunSettingScope
{
	RUN_SETTING_EVERYWHERE,		/* in workers, and in a session for as long as it refreshes,
								 * defines, alters or compares */
	RUN_SETTING_PLANS,			/* the same, but not for the query of a materialized view */
	RUN_SETTING_WORKERS			/* in workers: a session's own settings are meant for it */
} RunSettingScope;

typedef struct RunSetting
{
	RunSettingScope scope;
	const char *name;			/* of PostgreSQL; not each version has each */
	const char *value;
	const char *reason;			/* the effect of another value: a full sentence */
} RunSetting;

/* The table; *count gets the number of its entries. */
extern const RunSetting *run_settings(int *count);

/* How users see a scope. */
extern const char *run_setting_scope_name(RunSettingScope scope);

/*
 * Pins all of them for the rest of this process, whatever the database, the
 * role and the configuration file set.  For workers, right after they connect.
 */
extern void run_settings_pin_process(void);

/*
 * Pins all but those of RUN_SETTING_WORKERS until run_settings_unpin, or until
 * the (sub)transaction ends, whichever is first; may be nested.  A setting
 * that is right already costs one comparison.  Returns the argument of
 * run_settings_unpin.
 */
extern int	run_settings_pin(void);
extern void run_settings_unpin(int nestlevel);

/*
 * Restores those of RUN_SETTING_PLANS to the values that the last
 * run_settings_pin or run_settings_pin_process found, for a query that is not
 * rsfed's.  The caller has opened a level by NewGUCNestLevel, whose end pins
 * them again.
 */
extern void run_settings_lend_plans(void);

#endif							/* RSFED_RUN_SETTINGS_H */
