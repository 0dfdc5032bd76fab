/*-------------------------------------------------------------------------
 *
 * health.c
 *	  The health of the members of groups, and the choice among them, for all
 *	  backends.
 *
 * Policy: health is learned from the statements that run.  A member breaks
 * with its first failure and is left alone for a time, which grows; then one
 * use tries it, and if that works, all may use it again.  Turns follow smooth
 * weighted round robin: each candidate gains its weight, the one with the
 * largest sum is chosen, and the sum of all weights is subtracted from it.
 *
 * One table of fixed size, for servers and for members of groups, under a lock
 * of its own, which is held for a few look-ups.  An entry is at the position
 * that the hash of its key gives, or after it; entries are never removed, so
 * that a search ends at the first free one.  If the table is full, the entry
 * that was used longest ago is replaced.  Facts that are lost by that, or by a
 * restart, are learned again.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "base/monotonic.h"
#include "shmem/health.h"
#include "shmem/state.h"

/* The weight of a new log-in in the average. */
#define LATENCY_SHARE 0.2

struct HealthUse
{
	Oid			group;			/* InvalidOid: the server was asked for by name */
	Oid			server;
	HealthKind	kind;
	bool		is_trial;
	MemoryContextCallback callback;
	HealthUse  *next;			/* in open_uses */
};

/* The uses of this process, so that its end returns them. */
static HealthUse *open_uses = NULL;

/* Without shared memory. */
static HealthState *own_state = NULL;

static HealthState *
lock_state(LWLockMode mode)
{
	if (rsfed_shmem != NULL)
	{
		LWLockAcquire(rsfed_shmem->health_lock, mode);
		return &rsfed_shmem->health;
	}
	if (own_state == NULL)
		own_state = MemoryContextAllocZero(TopMemoryContext, sizeof(HealthState));
	return own_state;
}

static void
unlock_state(void)
{
	if (rsfed_shmem != NULL)
		LWLockRelease(rsfed_shmem->health_lock);
}

/* The position where the search for a key begins. */
static uint32
key_hash(Oid group, Oid server)
{
	uint32		hash = (MyDatabaseId * 31 + group) * 31 + server;

	return hash * 2654435761U >> 8;
}

/*
 * The entry of a server of this database, or of the server as a member of a
 * group.  If there is none, returns NULL or makes one.  Lock, exclusive to
 * make one.
 */
static HealthEntry *
find_entry(HealthState *state, Oid group, Oid server, bool make)
{
	uint32		start = key_hash(group, server);
	HealthEntry *place = NULL;

	for (uint32 i = 0; i < MAX_HEALTH; i++)
	{
		HealthEntry *entry = &state->entries[(start + i) % MAX_HEALTH];

		if (entry->server == server && entry->group == group && entry->database == MyDatabaseId)
		{
			if (make)
				entry->used_at = monotonic_now();
			return entry;
		}
		if (!OidIsValid(entry->server))
		{
			place = entry;
			break;
		}
		if (entry->running == 0 && (place == NULL || entry->used_at < place->used_at))
			place = entry;
	}
	if (!make)
		return NULL;
	if (place == NULL)
		elog(ERROR, "statements at more than %d servers at the same time", MAX_HEALTH);
	memset(place, 0, sizeof(HealthEntry));
	place->database = MyDatabaseId;
	place->group = group;
	place->server = server;
	place->latency_ms = -1;
	place->used_at = monotonic_now();
	return place;
}

/*----------
 * Uses.
 *----------
 */

/* Adds to the counters of a use.  Lock, exclusive. */
static void
count_use(HealthState *state, const HealthUse *use, int n)
{
	HealthEntry *server = find_entry(state, InvalidOid, use->server, true);

	server->running += n;
	if (use->kind == HEALTH_RUN)
		server->runs += n;
	if (use->kind == HEALTH_RUN && OidIsValid(use->group))
		server->group_runs += n;
	if (OidIsValid(use->group))
	{
		HealthEntry *member = find_entry(state, use->group, use->server, true);

		member->running += n;
		if (use->kind == HEALTH_RUN)
			member->runs += n;
		if (n > 0 && use->kind != HEALTH_CHECK)
			member->served++;
	}
	if (use->is_trial)
	{
		if (n > 0)
			server->trial_pid = MyProcPid;
		else if (server->trial_pid == MyProcPid)
			server->trial_pid = 0;
	}
}

/* Called at the end of this process: none of its uses continues. */
static void
end_all_uses(int code, Datum arg)
{
	while (open_uses != NULL)
		health_end(open_uses);
}

static void
use_lost(void *arg)
{
	health_end(arg);
}

/* Makes a use that counts nothing yet, in the current memory context. */
static HealthUse *
make_use(Oid group, HealthKind kind)
{
	static bool at_exit = false;
	HealthUse  *use = palloc0(sizeof(HealthUse));

	if (!at_exit)
	{
		before_shmem_exit(end_all_uses, (Datum) 0);
		at_exit = true;
	}
	use->group = group;
	use->kind = kind;
	use->callback.func = use_lost;
	use->callback.arg = use;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &use->callback);
	return use;
}

/* The use begins, at a server.  Lock, exclusive. */
static void
begin_use(HealthState *state, HealthUse *use, Oid server, bool is_trial)
{
	use->server = server;
	use->is_trial = is_trial;
	count_use(state, use, 1);
	use->next = open_uses;
	open_uses = use;
}

void
health_end(HealthUse *use)
{
	HealthUse **link;

	if (use == NULL)
		return;
	for (link = &open_uses; *link != NULL && *link != use; link = &(*link)->next)
		;
	/* the use never began, or has ended */
	if (*link == NULL)
		return;
	*link = use->next;
	count_use(lock_state(LW_EXCLUSIVE), use, -1);
	unlock_state();
}

bool
health_is_trial(const HealthUse *use)
{
	return use->is_trial;
}

/*----------
 * The choice.
 *----------
 */

/* The state of a candidate. */
typedef enum Standing
{
	STANDING_READY,				/* it works, or may be tried again */
	STANDING_FULL,				/* the same, but it has its maximum number of runs */
	STANDING_BROKEN,			/* it may not be tried again yet */
	STANDING_TRIED				/* somebody is trying it again */
} Standing;

/* A choice in progress. */
typedef struct Choice
{
	HealthState *state;
	Oid			group;
	const HealthCandidate *candidates;
	int			count;
	HealthEntry **servers;		/* of each candidate */
	bool	   *chosen;			/* which of them are left */
} Choice;

static bool
is_full(const HealthEntry *server, int max_runs)
{
	return max_runs > 0 && server->runs >= max_runs;
}

static Standing
standing_of(const HealthEntry *server, int max_runs, TimestampTz now)
{
	if (server->broken && server->trial_pid != 0)
		return STANDING_TRIED;
	if (server->broken && server->retry_at > now)
		return STANDING_BROKEN;
	return is_full(server, max_runs) ? STANDING_FULL : STANDING_READY;
}

/*
 * Keeps the candidates in that state; false, with nothing changed, if there
 * are none.
 */
static bool
take_standing(Choice *choice, Standing standing, TimestampTz now)
{
	bool		any = false;

	for (int i = 0; i < choice->count; i++)
	{
		choice->chosen[i] = standing_of(choice->servers[i], choice->candidates[i].max_runs, now) == standing;
		any |= choice->chosen[i];
	}
	return any;
}

/* Does the strategy prefer candidate a to b?  Turns do not count here. */
static bool
goes_before(const Choice *choice, GroupStrategy strategy, int a, int b)
{
	const HealthCandidate *one = &choice->candidates[a];
	const HealthCandidate *other = &choice->candidates[b];

	/*
	 * otherwise a member would never be tried again, because those that work
	 * come first
	 */
	if (strategy == GROUP_FAILOVER && choice->servers[a]->broken != choice->servers[b]->broken)
		return choice->servers[a]->broken;
	if (strategy == GROUP_FAILOVER)
		return one->priority < other->priority;
	if (strategy == GROUP_LEAST_BUSY)
		return (int64) choice->servers[a]->running * other->weight <
			(int64) choice->servers[b]->running * one->weight;
	return false;
}

/* Keeps the candidates to which no other is preferred. */
static void
take_first(Choice *choice, GroupStrategy strategy)
{
	int			best = -1;

	for (int i = 0; i < choice->count; i++)
	{
		if (choice->chosen[i] && (best < 0 || goes_before(choice, strategy, i, best)))
			best = i;
	}
	for (int i = 0; i < choice->count; i++)
		choice->chosen[i] = choice->chosen[i] && !goes_before(choice, strategy, best, i);
}

/* Chooses the candidate whose turn it is, among those that are left. */
static int
take_turn(Choice *choice)
{
	HealthEntry *richest = NULL;
	int64		total = 0;
	int			best = -1;

	for (int i = 0; i < choice->count; i++)
	{
		HealthEntry *member;

		if (!choice->chosen[i])
			continue;
		member = find_entry(choice->state, choice->group, choice->candidates[i].server, true);
		member->turn += choice->candidates[i].weight;
		total += choice->candidates[i].weight;
		if (richest == NULL || member->turn > richest->turn)
		{
			richest = member;
			best = i;
		}
	}
	richest->turn -= total;
	return best;
}

/*
 * If no member works: the candidate whose trial is due first and that nobody
 * is trying; -1 if there is none.
 */
static int
take_broken(const Choice *choice, bool is_run)
{
	int			best = -1;

	for (int i = 0; i < choice->count; i++)
	{
		HealthEntry *server = choice->servers[i];

		if (server->trial_pid == 0 && !(is_run && is_full(server, choice->candidates[i].max_runs)) &&
			(best < 0 || server->retry_at < choice->servers[best]->retry_at))
			best = i;
	}
	return best;
}

/*
 * The index of the candidate to take, or the reason why there is none.  Lock,
 * exclusive.
 */
static int
decide(Choice *choice, GroupStrategy strategy, bool is_run)
{
	TimestampTz now = monotonic_now();
	int			best;

	if (take_standing(choice, STANDING_READY, now))
	{
		take_first(choice, strategy);
		return take_turn(choice);
	}
	if (take_standing(choice, STANDING_FULL, now))
	{
		if (is_run)
			return HEALTH_FULL;
		take_first(choice, GROUP_LEAST_BUSY);
		return take_turn(choice);
	}
	best = take_broken(choice, is_run);
	return best < 0 ? HEALTH_TRIED : best;
}

int
health_choose(Oid group, GroupStrategy strategy, const HealthCandidate *candidates,
			  int count, HealthKind kind, HealthUse **use)
{
	Choice		choice = {.group = group,.candidates = candidates,.count = count};
	int			best;

	if (*use == NULL)
		*use = make_use(group, kind);
	choice.servers = palloc(sizeof(HealthEntry *) * Max(count, 1));
	choice.chosen = palloc(sizeof(bool) * Max(count, 1));
	choice.state = lock_state(LW_EXCLUSIVE);
	for (int i = 0; i < count; i++)
		choice.servers[i] = find_entry(choice.state, InvalidOid, candidates[i].server, true);
	best = decide(&choice, strategy, kind == HEALTH_RUN);
	if (best >= 0)
		begin_use(choice.state, *use, candidates[best].server, choice.servers[best]->broken);
	unlock_state();
	pfree(choice.servers);
	pfree(choice.chosen);
	return best;
}

bool
health_use(Oid server, int max_runs, bool is_run, HealthUse **use)
{
	HealthState *state;
	bool		has_room;

	if (*use == NULL)
		*use = make_use(InvalidOid, is_run ? HEALTH_RUN : HEALTH_STATEMENT);
	state = lock_state(LW_EXCLUSIVE);
	has_room = !is_run || !is_full(find_entry(state, InvalidOid, server, true), max_runs);
	if (has_room)
		begin_use(state, *use, server, false);
	unlock_state();
	return has_room;
}

/*----------
 * Health.
 *----------
 */

bool
health_worked(Oid server, int connect_ms, bool is_whole)
{
	HealthEntry *entry = find_entry(lock_state(LW_EXCLUSIVE), InvalidOid, server, true);
	bool		is_news = entry->broken;

	if (is_news || !entry->known)
		entry->since = GetCurrentTimestamp();
	entry->known = true;
	entry->broken = false;
	if (is_whole)
		entry->failures = 0;
	if (connect_ms >= 0)
		entry->latency_ms = entry->latency_ms < 0 ? connect_ms
			: entry->latency_ms + LATENCY_SHARE * (connect_ms - entry->latency_ms);
	unlock_state();
	return is_news;
}

/* Stores the text of an error, truncated.  Lock, exclusive. */
static void
keep_error(HealthEntry *entry, const char *message)
{
	int			length = pg_mbcliplen(message, strlen(message), HEALTH_TEXT - 1);

	memcpy(entry->last_error, message, length);
	entry->last_error[length] = '\0';
}

bool
health_failed(Oid server, bool was_trial, int64 delay_ms, const char *message)
{
	HealthEntry *entry = find_entry(lock_state(LW_EXCLUSIVE), InvalidOid, server, true);
	bool		is_news = !entry->broken;

	/*
	 * many uses that were in progress when it broke fail at once, for one
	 * reason
	 */
	if (is_news || was_trial)
	{
		entry->failures++;
		entry->retry_at = monotonic_now() + delay_ms * 1000;
	}
	if (is_news)
		entry->since = GetCurrentTimestamp();
	entry->known = entry->broken = true;
	keep_error(entry, message);
	unlock_state();
	return is_news;
}

/*
 * The time in ms until a member is to be checked, which is limited to the
 * current interval if the earlier one was longer.
 */
static int64
check_in_ms(const HealthEntry *member, int64 interval_ms)
{
	return member == NULL || member->check_at == 0 ? 0 :
		Min((member->check_at - monotonic_now()) / 1000, interval_ms);
}

int64
health_check_in_ms(Oid group, Oid server, int64 interval_ms)
{
	int64		ms = check_in_ms(find_entry(lock_state(LW_SHARED), group, server, false), interval_ms);

	unlock_state();
	return ms;
}

bool
health_claim_check(Oid group, Oid server, int64 interval_ms)
{
	HealthEntry *member = find_entry(lock_state(LW_EXCLUSIVE), group, server, true);
	bool		is_due = check_in_ms(member, interval_ms) <= 0;

	if (is_due)
		member->check_at = monotonic_now() + interval_ms * 1000;
	unlock_state();
	return is_due;
}

bool
health_note_error(Oid server, const char *message)
{
	HealthEntry *entry = find_entry(lock_state(LW_EXCLUSIVE), InvalidOid, server, true);
	char		before[HEALTH_TEXT];
	bool		is_news;

	strlcpy(before, entry->last_error, HEALTH_TEXT);
	keep_error(entry, message);
	is_news = strcmp(before, entry->last_error) != 0;
	unlock_state();
	return is_news;
}

int
health_failures(Oid server)
{
	HealthEntry *entry = find_entry(lock_state(LW_SHARED), InvalidOid, server, false);
	int			failures = entry ? entry->failures : 0;

	unlock_state();
	return failures;
}

bool
health_is_passed_over(Oid server)
{
	HealthEntry *entry = find_entry(lock_state(LW_SHARED), InvalidOid, server, false);
	Standing	standing = entry ? standing_of(entry, 0, monotonic_now()) : STANDING_READY;

	unlock_state();
	return standing != STANDING_READY;
}

int
health_runs(Oid group, Oid server)
{
	HealthEntry *entry = find_entry(lock_state(LW_SHARED), group, server, false);
	int			runs = entry ? entry->runs : 0;

	unlock_state();
	return runs;
}

int
health_group_runs(Oid server)
{
	HealthEntry *entry = find_entry(lock_state(LW_SHARED), InvalidOid, server, false);
	int			runs = entry ? entry->group_runs : 0;

	unlock_state();
	return runs;
}

void
health_report(Oid group, Oid server, HealthReport *report)
{
	HealthState *state = lock_state(LW_SHARED);
	HealthEntry *entry = find_entry(state, InvalidOid, server, false);
	HealthEntry *member = find_entry(state, group, server, false);

	memset(report, 0, sizeof(HealthReport));
	report->latency_ms = -1;
	if (entry != NULL)
	{
		report->known = entry->known;
		report->broken = entry->broken;
		report->since = entry->since;
		report->running = entry->running;
		report->runs = entry->runs;
		report->latency_ms = entry->latency_ms;
		strlcpy(report->last_error, entry->last_error, HEALTH_TEXT);
	}
	if (member != NULL)
		report->served = member->served;
	unlock_state();
}
