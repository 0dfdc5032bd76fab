/*-------------------------------------------------------------------------
 *
 * identity.h
 *	  rsfed_catalog.identity: the owner of the schedules.
 *
 * A database is "held" while it is not the one that its tables name as the
 * owner of the schedules: then it is probably a copy, and nothing starts by
 * itself in it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_IDENTITY_H
#define RSFED_IDENTITY_H

/* The stored facts about the owner. */
typedef struct Identity
{
	const char *setting;		/* rsfed.identity; NULL = there was none */
	const char *system_identifier;	/* NULL = no owner is stored */
	int64		database_id;
	const char *database_name;
} Identity;

/* Why a database is held; all palloc'd. */
typedef struct Held
{
	char	   *reason;			/* readable by every user: without the identities */
	char	   *detail;			/* with the identities */
	char	   *hint;
	bool		is_news;		/* set by identity_settle: was not noted before */
} Held;

/*
 * The reason why this database is not the stored one, as a text without the
 * identities, or NULL if it is.  Reads no table, so it works in any state.
 */
extern const char *identity_mismatch(const Identity *remembered);

/* The reason why this database is held, or NULL.  Changes nothing. */
extern Held *identity_check(void);

/*
 * As identity_check, but also stores the time and the reason, for replicas and
 * other readers, and updates the stored identity if the database was renamed
 * or moved with its setting.  Sends NOTIFY rsfed_event at a change.  For the
 * scheduler.
 */
extern Held *identity_settle(void);

/*
 * Stores this database as the owner, if no owner is stored and there are no
 * schedules yet that another database could own.
 */
extern void identity_remember(void);

/* Makes this database the owner; returns whether it was held before. */
extern bool identity_take_over(void);

#endif							/* RSFED_IDENTITY_H */
