-- Views for users.  Relations are joined by name to pg_class, so that only the
-- privilege to see them is needed; only this file decides who sees which row
-- and which text:
--   freshness	whoever may SELECT the relation, and pg_monitor
--   rollups	the same; the query only for the owner and pg_monitor
--   sets		whoever may SELECT all its members, and pg_monitor
--   runs		the owner (or a member of that role) and pg_monitor

CREATE VIEW rsfed_catalog.relation_class WITH (security_barrier = true) AS
SELECT r.relation_id,
	c.oid AS relid,
	c.relnamespace::pg_catalog.regnamespace::pg_catalog.text || '.' || pg_catalog.quote_ident(c.relname) AS full_name,
	r.kind,
	r.paused_at IS NOT NULL AND (r.paused_until IS NULL OR r.paused_until > pg_catalog.now())
		OR EXISTS (SELECT FROM rsfed_catalog.pause p
			WHERE p.paused_until IS NULL OR p.paused_until > pg_catalog.now()) AS is_paused,
	g.is_held,
	pg_catalog.pg_has_role(c.relowner, 'USAGE')
		OR (SELECT pg_catalog.pg_has_role('pg_monitor', 'USAGE')) AS may_see_all,
	pg_catalog.has_table_privilege(c.oid, 'SELECT') AS may_select,
	c.relowner
FROM rsfed_catalog.present_relation k
JOIN rsfed_catalog.relation r USING (relation_id)
JOIN pg_catalog.pg_class c ON c.oid = k.relid
CROSS JOIN rsfed_catalog.guard g;
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

CREATE VIEW rsfed.budgets WITH (security_barrier = true) AS
SELECT b.source,
	c.relid::pg_catalog.regclass AS relation,
	b.day,
	b.timezone,
	b.ends_at,
	NULLIF(b.max_scan, 0) AS max_scan_bytes,
	b.scan_bytes AS scanned_bytes,
	pg_catalog.round(NULLIF(b.max_ms, 0) / 1000.0, 1) AS max_seconds,
	pg_catalog.round(b.run_ms / 1000.0, 1) AS seconds,
	b.is_used_up AS used_up
FROM rsfed_catalog.budget b
LEFT JOIN rsfed_catalog.relation_class c USING (relation_id)
WHERE CASE WHEN b.source_id = 0 THEN c.may_see_all
	ELSE pg_catalog.has_server_privilege(b.source_id, 'USAGE') OR pg_catalog.pg_has_role('pg_monitor', 'USAGE') END;
COMMENT ON VIEW rsfed.budgets IS
'Budgets of servers, groups and rollups, and what is used of them on their present day. Once one is used up, schedules are held until ends_at';
GRANT SELECT ON rsfed.budgets TO PUBLIC;

-- The order is that of an index, and the one that most queries request: so
-- their LIMIT ends the scan, which it could not do through the security
-- barrier otherwise.
CREATE VIEW rsfed.runs WITH (security_barrier = true) AS
SELECT r.run_id,
	o.relid::pg_catalog.regclass AS relation,
	CASE WHEN r.schema_name <> ''
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
LEFT JOIN rsfed_catalog.relation_oid o USING (relation_id)
WHERE rsfed_catalog.may_see_runs(r.relation_id)
ORDER BY r.run_id DESC;
COMMENT ON VIEW rsfed.runs IS
'Attempts to refresh, the newest first; for the owner of the relation and pg_monitor';

-- The facts that rsfed.metrics and rsfed.doctor() report about each relation.
CREATE VIEW rsfed_catalog.relation_freshness AS
SELECT k.relid,
	c.relnamespace::pg_catalog.regnamespace::pg_catalog.text || '.' || pg_catalog.quote_ident(c.relname) AS name,
	c.relowner AS owner,
	s.*,
	rsfed_catalog.next_run_at(s.relation_id) AS next_run_at
FROM rsfed_catalog.present_relation k
JOIN pg_catalog.pg_class c ON c.oid = k.relid
CROSS JOIN LATERAL rsfed_catalog.relation_status(k.relid) s
WHERE s.relation_id IS NOT NULL;
COMMENT ON VIEW rsfed_catalog.relation_freshness IS
'rsfed.freshness, with what it is made of; only what the current user may see';

CREATE VIEW rsfed.freshness WITH (security_barrier = true) AS
SELECT k.relid::pg_catalog.regclass AS relation, s.state, s.as_of, s.age, s.max_age, s.is_late, s.data_through, s.changed_at,
	s.last_run_id, s.failing_since, s.failures, s.sqlstate, s.message, rsfed_catalog.next_run_at(s.relation_id) AS next_run_at
FROM rsfed_catalog.present_relation k
CROSS JOIN LATERAL rsfed_catalog.relation_status(k.relid) s
WHERE s.relation_id IS NOT NULL;
COMMENT ON VIEW rsfed.freshness IS
'How old each refreshed relation is and whether its refreshes succeed; also on replicas';

GRANT SELECT ON rsfed.rollups, rsfed.definitions, rsfed.runs, rsfed.freshness TO PUBLIC;
