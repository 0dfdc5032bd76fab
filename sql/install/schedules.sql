-- The schedules of relations, and the refreshes in progress.

CREATE FUNCTION rsfed.schedule_refresh(relation regclass, schedule text, name text DEFAULT 'refresh',
	method text DEFAULT NULL, timezone text DEFAULT 'UTC', options jsonb DEFAULT '{}')
RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rsfed_schedule_refresh';
COMMENT ON FUNCTION rsfed.schedule_refresh(regclass, text, text, text, text, jsonb) IS
'Refreshes a rollup or a materialized view on a schedule: cron text, @hourly and the like, or an interval';

CREATE FUNCTION rsfed.alter_schedule(relation regclass, name text, schedule text DEFAULT NULL,
	options jsonb DEFAULT '{}')
RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rsfed_alter_schedule';
COMMENT ON FUNCTION rsfed.alter_schedule(regclass, text, text, jsonb) IS
'Changes the times of a schedule, or some of its options. null resets an option';

CREATE FUNCTION rsfed.unschedule_refresh(relation regclass, name text DEFAULT 'refresh')
RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rsfed_unschedule_refresh';
COMMENT ON FUNCTION rsfed.unschedule_refresh(regclass, text) IS
'Removes a schedule. A run that it has queued already still runs';

CREATE FUNCTION rsfed.pause(relation regclass, until timestamptz DEFAULT NULL, reason text DEFAULT NULL)
RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rsfed_pause';
COMMENT ON FUNCTION rsfed.pause(regclass, timestamptz, text) IS
'Stops the schedules of a relation until a time, or until rsfed.resume()';

CREATE FUNCTION rsfed.resume(relation regclass)
RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rsfed_resume';
COMMENT ON FUNCTION rsfed.resume(regclass) IS
'Ends the pause of a relation, and of a schedule that paused itself. What was due meanwhile runs once';

CREATE FUNCTION rsfed.pause_all(until timestamptz DEFAULT NULL, reason text DEFAULT NULL)
RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rsfed_pause_all';
COMMENT ON FUNCTION rsfed.pause_all(timestamptz, text) IS
'Stops every schedule of the database until a time, or until rsfed.resume_all()';
REVOKE EXECUTE ON FUNCTION rsfed.pause_all(timestamptz, text) FROM PUBLIC;

CREATE FUNCTION rsfed.resume_all()
RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rsfed_resume_all';
COMMENT ON FUNCTION rsfed.resume_all() IS
'Ends rsfed.pause_all(). Relations that were paused by themselves stay paused';
REVOKE EXECUTE ON FUNCTION rsfed.resume_all() FROM PUBLIC;

CREATE VIEW rsfed.schedules WITH (security_barrier = true) AS
SELECT c.oid::pg_catalog.regclass AS relation,
	t.set_name,
	s.schedule_name AS name,
	s.schedule,
	s.timezone,
	s.method,
	s.options,
	f.after,
	e.defaults OPERATOR(pg_catalog.||) s.options AS effective_options,
	CASE WHEN pg_catalog.isfinite(s.next_run_at) THEN s.next_run_at END AS next_run_at,
	l.run_id AS last_run_id,
	l.status AS last_status,
	l.requested_at AS last_run_at,
	w.not_before AS retry_at,
	s.failures,
	s.skipped,
	s.last_skipped_at,
	s.skip_reason,
	p.paused,
	CASE WHEN p.paused THEN GREATEST(
		CASE WHEN s.paused_at IS NOT NULL THEN 'infinity'::pg_catalog.timestamptz END,
		CASE WHEN p.by_itself THEN COALESCE(r.paused_until, 'infinity') END,
		CASE WHEN a.only_row THEN COALESCE(a.paused_until, 'infinity') END) END AS paused_until,
	CASE WHEN s.paused_at IS NOT NULL THEN CASE WHEN c.may_see_all THEN s.pause_reason END
		WHEN p.by_itself THEN r.pause_reason WHEN p.paused THEN a.pause_reason END AS pause_reason,
	CASE WHEN s.paused_at IS NOT NULL THEN NULL
		WHEN p.by_itself THEN r.paused_by WHEN p.paused THEN a.paused_by END AS paused_by,
	i.is_held OR h.server_id IS NOT NULL OR b.relation_id IS NOT NULL AS held,
	CASE WHEN i.is_held THEN i.held_reason
		WHEN h.server_id IS NOT NULL THEN CASE WHEN c.may_see_all THEN 'credentials: ' OPERATOR(pg_catalog.||) h.message
			ELSE 'credentials' END
		WHEN b.relation_id IS NOT NULL THEN CASE WHEN c.may_see_all THEN 'budget: ' OPERATOR(pg_catalog.||) b.reason
			ELSE 'budget' END END AS held_reason
FROM rsfed_catalog.schedule s
JOIN rsfed_catalog.relation r USING (relation_id)
CROSS JOIN rsfed_catalog.guard i
-- by the unique column, so that the planner knows, even without statistics,
-- that the number of rows does not grow
LEFT JOIN rsfed_catalog.present_relation k ON k.relation_id = r.relation_id
LEFT JOIN pg_catalog.pg_class g ON g.oid = k.relid
-- one row of a set, although several of its members may be held; computed once for
-- all schedules, not once for each
LEFT JOIN (SELECT DISTINCT ON (x.relation_id) x.relation_id, x.server_id, x.message
	FROM rsfed_catalog.held_relation x ORDER BY x.relation_id) h ON h.relation_id = s.relation_id
LEFT JOIN rsfed_catalog.held_budget b ON b.relation_id = s.relation_id AND b.held_until > pg_catalog.now()
LEFT JOIN rsfed_catalog.set_class t ON t.set_id = r.relation_id
CROSS JOIN LATERAL (SELECT g.oid,
	COALESCE(pg_catalog.has_table_privilege(g.oid, 'SELECT'), t.may_select) AS may_select,
	COALESCE(pg_catalog.pg_has_role(g.relowner, 'USAGE')
		OR pg_catalog.pg_has_role('pg_monitor', 'USAGE'), t.may_see_all) AS may_see_all
	WHERE g.oid IS NOT NULL OR t.set_id IS NOT NULL) AS c
-- at most one row, which the planner does not know
LEFT JOIN (SELECT x.* FROM rsfed_catalog.pause x
	WHERE x.paused_until IS NULL OR x.paused_until > pg_catalog.now() LIMIT 1) a ON true
CROSS JOIN LATERAL (SELECT
	r.paused_at IS NOT NULL AND (r.paused_until IS NULL OR r.paused_until > pg_catalog.now())) AS z (by_itself)
CROSS JOIN LATERAL (SELECT z.by_itself, z.by_itself OR a.only_row IS NOT NULL
	OR s.paused_at IS NOT NULL AS paused) AS p
CROSS JOIN (SELECT pg_catalog.jsonb_object_agg(o.name, o.default_value) AS defaults
	FROM rsfed_catalog.options() o
	WHERE o.scope OPERATOR(pg_catalog.=) 'schedule' AND o.default_value IS NOT NULL) AS e
LEFT JOIN LATERAL (SELECT u.run_id, u.status, u.requested_at
	FROM rsfed_catalog.run u
	WHERE u.relation_id = s.relation_id AND u.schedule_name = s.schedule_name
	ORDER BY u.run_id DESC LIMIT 1) AS l ON true
-- for few schedules; once for all, because the estimated cost of doing it for
-- each would cause JIT compilation
LEFT JOIN (SELECT e.relation_id, e.schedule_name, pg_catalog.array_agg(pg_catalog.concat(
		CASE WHEN w.kind = 'set' THEN pg_catalog.format('set %I', w.relation_name)
			ELSE pg_catalog.format('%I.%I', w.schema_name, w.relation_name) END,
		CASE WHEN e.after_schedule_name <> 'refresh' THEN '/' || e.after_schedule_name END)
		ORDER BY w.schema_name, w.relation_name, e.after_schedule_name) AS after
	FROM rsfed_catalog.schedule_after e
	JOIN rsfed_catalog.relation w ON w.relation_id = e.after_relation_id
	GROUP BY e.relation_id, e.schedule_name) f
	ON f.relation_id = s.relation_id AND f.schedule_name = s.schedule_name
LEFT JOIN (SELECT u.relation_id, u.schedule_name, pg_catalog.min(COALESCE(u.not_before, u.due_at)) AS not_before
	FROM rsfed_catalog.run u
	WHERE u.status = 'queued' AND u.retry_of IS NOT NULL
	GROUP BY u.relation_id, u.schedule_name) w
	ON w.relation_id = s.relation_id AND w.schedule_name = s.schedule_name
WHERE c.may_select OR c.may_see_all;
COMMENT ON VIEW rsfed.schedules IS
'Schedules of relations and of sets, when they run next, and what came of the last run';
GRANT SELECT ON rsfed.schedules TO PUBLIC;

CREATE FUNCTION rsfed_catalog.progress(OUT run_id bigint, OUT relation_id integer,
	OUT relation regclass, OUT pid integer,
	OUT phase text, OUT rows bigint, OUT bytes bigint, OUT rows_last_run bigint,
	OUT percent double precision, OUT rows_per_second double precision, OUT elapsed interval,
	OUT replaces_as_of timestamptz)
RETURNS SETOF record
LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'rsfed_progress';
COMMENT ON FUNCTION rsfed_catalog.progress() IS
'Refreshes at work in this database that the caller may see; read the view rsfed.progress';

CREATE VIEW rsfed.progress AS
SELECT p.run_id, p.relation, p.pid, p.phase, p.rows, p.bytes, p.rows_last_run, p.percent,
	p.rows_per_second, p.elapsed, p.replaces_as_of, s.relation_name AS set_name
FROM rsfed_catalog.progress() p
LEFT JOIN rsfed_catalog.relation s ON s.relation_id = p.relation_id AND s.kind = 'set';
COMMENT ON VIEW rsfed.progress IS
'Refreshes that are at work now in this database';
GRANT SELECT ON rsfed.progress TO PUBLIC;
