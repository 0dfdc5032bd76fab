-- What users read.  Relations are joined by name to pg_class, so that nothing
-- is needed but the right to see them; who sees which row and which text is
-- decided here and nowhere else:
--   freshness	whoever may SELECT the relation, and pg_monitor
--   rollups	the same; the query only for the owner and pg_monitor
--   sets		whoever may SELECT all its members, and pg_monitor
--   runs		the owner (or a member of that role) and pg_monitor

CREATE VIEW rsfed_catalog.relation_class WITH (security_barrier = true) AS
SELECT r.relation_id,
	c.oid AS relid,
	r.schema_name,
	r.relation_name,
	pg_catalog.format('%I.%I', r.schema_name, r.relation_name) AS full_name,
	r.kind,
	r.paused_at IS NOT NULL AND (r.paused_until IS NULL OR r.paused_until > pg_catalog.now())
		OR EXISTS (SELECT FROM rsfed_catalog.pause p
			WHERE p.paused_until IS NULL OR p.paused_until > pg_catalog.now()) AS is_paused,
	g.is_held,
	g.held_reason,
	pg_catalog.pg_has_role(c.relowner, 'USAGE')
		OR pg_catalog.pg_has_role('pg_monitor', 'USAGE') AS may_see_all,
	pg_catalog.has_table_privilege(c.oid, 'SELECT') AS may_select,
	c.relowner
FROM rsfed_catalog.relation r
JOIN pg_catalog.pg_namespace n ON n.nspname = r.schema_name
JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = r.relation_name
LEFT JOIN rsfed_catalog.relation_oid o USING (relation_id)
CROSS JOIN rsfed_catalog.guard g
-- not another relation that took the name while the event triggers were off
WHERE o.relid IS NULL OR o.relid = c.oid;
COMMENT ON VIEW rsfed_catalog.relation_class IS
'Relations of rsfed with their oids and what the current user may see of them';

CREATE VIEW rsfed.rollups WITH (security_barrier = true) AS
SELECT c.relid::pg_catalog.regclass AS rollup,
	u.source,
	u.method,
	u.key_columns AS key,
	CASE WHEN c.may_see_all THEN u.query END AS query,
	u.pinned_columns AS columns,
	u.timezone,
	u.max_age,
	u.options,
	u.definition,
	c.relowner::pg_catalog.regrole AS owner,
	d.defined_at,
	d.defined_by
FROM rsfed_catalog.relation_class c
JOIN rsfed_catalog.rollup u USING (relation_id)
JOIN rsfed_catalog.definition d USING (relation_id, definition)
WHERE c.may_select OR c.may_see_all;
COMMENT ON VIEW rsfed.rollups IS
'Rollups as they are defined now; the query is shown to the owner and to pg_monitor';

CREATE VIEW rsfed.definitions WITH (security_barrier = true) AS
SELECT c.relid::pg_catalog.regclass AS rollup,
	d.definition,
	d.defined_at,
	d.defined_by,
	d.source,
	d.method,
	d.key_columns AS key,
	d.query,
	d.options
FROM rsfed_catalog.relation_class c
JOIN rsfed_catalog.definition d USING (relation_id)
WHERE c.may_see_all;
COMMENT ON VIEW rsfed.definitions IS
'Every definition that a rollup has had; for its owner and pg_monitor';

CREATE VIEW rsfed.runs WITH (security_barrier = true) AS
SELECT r.run_id,
	c.relid::pg_catalog.regclass AS relation,
	-- made once for a relation, but for runs under a former name
	CASE WHEN r.relation_name = c.relation_name AND r.schema_name = c.schema_name THEN c.full_name
		WHEN r.schema_name <> ''
		THEN pg_catalog.quote_ident(r.schema_name) || '.' || pg_catalog.quote_ident(r.relation_name)
	END AS relation_name,
	CASE WHEN r.schema_name = '' THEN r.relation_name END AS set_name,
	r.status,
	r.trigger,
	r.schedule_name,
	r.set_run_id,
	r.method,
	r.since,
	r.until,
	r.part,
	r.definition,
	r.requested_by,
	r.requested_at,
	r.due_at,
	r.not_before,
	r.attempt,
	r.retry_of,
	r.priority,
	r.started_at,
	r.finished_at,
	r.finished_at - r.started_at AS elapsed,
	r.as_of,
	r.server,
	r.moved_from,
	r.pid,
	r.remote_pid,
	r.label,
	r.query_id,
	r.rows_received,
	r.bytes_received,
	r.rows_inserted,
	r.rows_updated,
	r.rows_deleted,
	r.phase,
	CASE WHEN r.status = 'queued' THEN NULLIF(r.waits_for, '') END AS waits_for,
	r.note,
	r.sqlstate,
	r.message,
	r.detail,
	r.hint,
	r.context
FROM rsfed_catalog.run r
LEFT JOIN rsfed_catalog.relation_class c USING (relation_id)
LEFT JOIN rsfed_catalog.set_class t ON t.set_id = r.relation_id
-- asked once, not once for each run
WHERE c.may_see_all OR t.may_see_all OR (SELECT pg_catalog.pg_has_role('pg_monitor', 'USAGE'));
COMMENT ON VIEW rsfed.runs IS
'Attempts to refresh, newest number last; for the owner of the relation and pg_monitor';

-- What rsfed.freshness, rsfed.metrics and rsfed.doctor() tell, in one pass.
CREATE VIEW rsfed_catalog.relation_freshness WITH (security_barrier = true) AS
SELECT c.relation_id,
	c.relid,
	c.full_name AS name,
	c.kind,
	c.is_held,
	c.may_see_all,
	u.source,
	CASE
		WHEN c.is_paused THEN 'paused'
		WHEN c.is_held OR h.server_id IS NOT NULL THEN 'held'
		WHEN f.refused THEN 'refused'
		WHEN f.failures > 0 THEN 'failing'
		WHEN w.backfilling THEN 'backfilling'
		WHEN f.as_of IS NULL THEN 'never'
		WHEN pg_catalog.now() - f.as_of > u.max_age THEN 'late'
		ELSE 'fresh'
	END AS state,
	f.as_of,
	pg_catalog.now() - f.as_of AS age,
	u.max_age,
	COALESCE(pg_catalog.now() - f.as_of > u.max_age,
		u.max_age IS NOT NULL AND f.as_of IS NULL) AS is_late,
	f.data_through,
	f.changed_at,
	f.last_run_id,
	f.failing_since,
	f.failures,
	COALESCE(h.sqlstate, f.sqlstate) AS sqlstate,
	CASE
		WHEN c.is_held AND NOT c.is_paused THEN c.held_reason
		WHEN NOT c.may_see_all THEN NULL
		WHEN h.server_id IS NOT NULL THEN 'held: credentials: ' OPERATOR(pg_catalog.||) h.message
		ELSE f.message
	END AS message,
	CASE WHEN pg_catalog.isfinite(s.next_run_at) THEN s.next_run_at END AS next_run_at
FROM rsfed_catalog.relation_class c
JOIN rsfed_catalog.freshness f USING (relation_id)
LEFT JOIN rsfed_catalog.rollup u USING (relation_id)
LEFT JOIN rsfed_catalog.watermark w USING (relation_id)
LEFT JOIN rsfed_catalog.held_relation h USING (relation_id)
-- OFFSET: by their relation, not in the order of their times up to the first
LEFT JOIN LATERAL (SELECT pg_catalog.min(y.next_run_at) AS next_run_at
	FROM (SELECT x.next_run_at FROM rsfed_catalog.schedule x
		WHERE x.relation_id = ANY (ARRAY(SELECT m.set_id FROM rsfed_catalog.set_member m
			WHERE m.relation_id = c.relation_id) OPERATOR(pg_catalog.||) c.relation_id) OFFSET 0) y) s ON true
WHERE c.may_select OR c.may_see_all;
COMMENT ON VIEW rsfed_catalog.relation_freshness IS
'rsfed.freshness, with what it is made of';

CREATE VIEW rsfed.freshness WITH (security_barrier = true) AS
SELECT relid::pg_catalog.regclass AS relation, state, as_of, age, max_age, is_late, data_through, changed_at,
	last_run_id, failing_since, failures, sqlstate, message, next_run_at
FROM rsfed_catalog.relation_freshness;
COMMENT ON VIEW rsfed.freshness IS
'How old each refreshed relation is and whether its refreshes succeed; readable on replicas';

GRANT SELECT ON rsfed.rollups, rsfed.definitions, rsfed.runs, rsfed.freshness TO PUBLIC;
