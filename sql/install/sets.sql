-- Sets: rollups that are read in one transaction of Redshift and published in
-- one here.  The privileges on a set follow from its members: a user who may
-- manage or refresh each of them may do that with the set.

CREATE FUNCTION rsfed.define_set(name text, rollups regclass[])
RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rsfed_define_set';
COMMENT ON FUNCTION rsfed.define_set(text, regclass[]) IS
'Names rollups of one owner and one source that are refreshed together';

CREATE FUNCTION rsfed.alter_set(name text, rollups regclass[])
RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rsfed_alter_set';
COMMENT ON FUNCTION rsfed.alter_set(text, regclass[]) IS
'Replaces the members of a set. Its schedules stay';

CREATE FUNCTION rsfed.drop_set(name text)
RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rsfed_drop_set';
COMMENT ON FUNCTION rsfed.drop_set(text) IS
'Drops a set and its schedules. Its rollups stay';

CREATE PROCEDURE rsfed.refresh_set(
	name text,
	INOUT run_id bigint DEFAULT NULL,
	INOUT status text DEFAULT NULL,
	INOUT rows_changed bigint DEFAULT NULL,
	INOUT as_of timestamptz DEFAULT NULL,
	INOUT elapsed interval DEFAULT NULL)
AS 'MODULE_PATHNAME', 'rsfed_refresh_set'
LANGUAGE C;
COMMENT ON PROCEDURE rsfed.refresh_set(text, bigint, text, bigint, timestamptz, interval) IS
'Refreshes all rollups of a set now, from one snapshot of Redshift and in one commit. Outside a transaction block it commits by itself';

CREATE FUNCTION rsfed.request_set_refresh(name text)
RETURNS bigint
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rsfed_request_set_refresh';
COMMENT ON FUNCTION rsfed.request_set_refresh(text) IS
'Queues a refresh of a set, which a worker runs after the present transaction commits, and returns its run_id';

CREATE FUNCTION rsfed.schedule_set(set_name text, schedule text, name text DEFAULT 'refresh',
	timezone text DEFAULT 'UTC', options jsonb DEFAULT '{}')
RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rsfed_schedule_set';
COMMENT ON FUNCTION rsfed.schedule_set(text, text, text, text, jsonb) IS
'Refreshes a set on a schedule: cron text, @hourly and the like, or an interval';

CREATE FUNCTION rsfed.alter_set_schedule(set_name text, name text, schedule text DEFAULT NULL,
	options jsonb DEFAULT '{}')
RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rsfed_alter_set_schedule';
COMMENT ON FUNCTION rsfed.alter_set_schedule(text, text, text, jsonb) IS
'Changes the times of a schedule of a set, or some of its options. null resets an option';

CREATE FUNCTION rsfed.unschedule_set(set_name text, name text DEFAULT 'refresh')
RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rsfed_unschedule_set';
COMMENT ON FUNCTION rsfed.unschedule_set(text, text) IS
'Removes a schedule of a set. A run that it has queued already still runs';

CREATE FUNCTION rsfed.pause_set(set_name text, until timestamptz DEFAULT NULL, reason text DEFAULT NULL)
RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rsfed_pause_set';
COMMENT ON FUNCTION rsfed.pause_set(text, timestamptz, text) IS
'Stops the schedules of a set until a time, or until rsfed.resume_set(). Those of its members go on';

CREATE FUNCTION rsfed.resume_set(set_name text)
RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rsfed_resume_set';
COMMENT ON FUNCTION rsfed.resume_set(text) IS
'Ends the pause of a set. What was due meanwhile runs once';

CREATE VIEW rsfed_catalog.set_class WITH (security_barrier = true) AS
SELECT s.relation_id AS set_id,
	s.relation_name AS set_name,
	m.members,
	m.source,
	m.owner,
	s.paused_at IS NOT NULL AND (s.paused_until IS NULL OR s.paused_until > pg_catalog.now())
		OR EXISTS (SELECT FROM rsfed_catalog.pause p
			WHERE p.paused_until IS NULL OR p.paused_until > pg_catalog.now()) AS is_paused,
	COALESCE(m.owns_all, false) OR pg_catalog.pg_has_role('pg_monitor', 'USAGE') AS may_see_all,
	COALESCE(m.may_select, false) AS may_select
FROM rsfed_catalog.relation s
LEFT JOIN (SELECT x.set_id,
		pg_catalog.array_agg(c.oid::pg_catalog.regclass ORDER BY x.ordinal) AS members,
		pg_catalog.min(u.source) AS source,
		pg_catalog.min(c.relowner) AS owner,
		pg_catalog.bool_and(pg_catalog.pg_has_role(c.relowner, 'USAGE')) AS owns_all,
		pg_catalog.bool_and(pg_catalog.has_table_privilege(c.oid, 'SELECT')) AS may_select
	FROM rsfed_catalog.set_member x
	JOIN rsfed_catalog.rollup u ON u.relation_id = x.relation_id
	JOIN rsfed_catalog.present_relation k ON k.relation_id = x.relation_id
	JOIN pg_catalog.pg_class c ON c.oid = k.relid
	GROUP BY x.set_id) m ON m.set_id = s.relation_id
WHERE s.kind = 'set';
COMMENT ON VIEW rsfed_catalog.set_class IS
'Sets with their members and what the current user may see of them';

CREATE VIEW rsfed.sets WITH (security_barrier = true) AS
SELECT c.set_name AS name,
	c.members AS rollups,
	c.owner::pg_catalog.regrole AS owner,
	c.source,
	CASE
		WHEN c.is_paused THEN 'paused'
		WHEN g.is_held OR h.relation_id IS NOT NULL OR b.relation_id IS NOT NULL THEN 'held'
		WHEN f.refused THEN 'refused'
		WHEN f.failures > 0 THEN 'failing'
		WHEN f.as_of IS NULL THEN 'never'
		ELSE 'fresh'
	END AS state,
	f.as_of,
	pg_catalog.now() - f.as_of AS age,
	f.changed_at,
	f.last_run_id,
	f.failing_since,
	f.failures,
	f.sqlstate,
	CASE
		WHEN g.is_held AND NOT c.is_paused THEN g.held_reason
		WHEN c.may_see_all THEN CASE WHEN b.relation_id IS NOT NULL AND h.relation_id IS NULL THEN 'held: budget: ' || b.reason
			ELSE f.message END
	END AS message,
	CASE WHEN pg_catalog.isfinite(x.next_run_at) THEN x.next_run_at END AS next_run_at
FROM rsfed_catalog.set_class c
JOIN rsfed_catalog.freshness f ON f.relation_id = c.set_id
CROSS JOIN rsfed_catalog.guard g
-- once for all sets, not once for each
LEFT JOIN (SELECT DISTINCT l.relation_id FROM rsfed_catalog.held_relation l) h ON h.relation_id = c.set_id
LEFT JOIN rsfed_catalog.held_budget b ON b.relation_id = c.set_id AND b.held_until > pg_catalog.now()
LEFT JOIN LATERAL (SELECT pg_catalog.min(y.next_run_at) AS next_run_at
	FROM rsfed_catalog.schedule y WHERE y.relation_id = c.set_id) x ON true
WHERE c.may_select OR c.may_see_all;
COMMENT ON VIEW rsfed.sets IS
'Sets of rollups, and how their last refresh went';
GRANT SELECT ON rsfed.sets TO PUBLIC;
