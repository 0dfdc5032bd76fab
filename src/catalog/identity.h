/*-------------------------------------------------------------------------
 *
 * identity.h
 *	  rsfed_catalog.identity: whose schedules these are.
 *
 * A database is "held" while it is not the one that its tables remember as the
 * owner of the schedules: it is a copy then, for all we know, and nothing
 * starts by itself in it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_IDENTITY_H
#define RSFED_IDENTITY_H

/* What a database remembers of its owner. */
typedef struct Identity
{
	const char *setting;		/* rsfed.identity; NULL = there was none */
	const char *system_identifier;	/* NULL = no owner is remembered */
	int64		database_id;
	const char *database_name;
} Identity;

/* Why a database is held; all palloc'd. */
typedef struct Held
{
	char	   *reason;			/* anybody may read it: without the identities */
	char	   *detail;			/* with them */
	char	   *hint;
	bool		is_news;		/* of identity_settle: was not noted before */
} Held;

/*
 * Why this server's present database is not the remembered one: a text without
 * the identities, or NULL if it is.  Reads no table, so works in any state.
 */
extern const char *identity_mismatch(const Identity *remembered);

/* Why the present database is held, or NULL.  Changes nothing. */
extern Held *identity_check(void);

/*
 * As identity_check, and notes in the table since when and why, for replicas
 * and whoever asks; brings what is remembered up to date where the database
 * was renamed or moved with its setting.  NOTIFY rsfed_event at a change.
 * For the scheduler.
 */
extern Held *identity_settle(void);

/*
 * Remembers the present database as the owner, if none is remembered and there
 * are no schedules yet that another one could own.
 */
extern void identity_remember(void);

/* Makes the present database the owner; returns whether it was held before. */
extern bool identity_take_over(void);

#endif							/* RSFED_IDENTITY_H */
