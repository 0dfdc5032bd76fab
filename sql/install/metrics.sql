-- Figures for Prometheus: name, labels, value, by its conventions: base units,
-- counters end in _total.  One pass over the relations; for pg_monitor.

CREATE VIEW rsfed.metrics AS
-- one row for each relation, and one for each set
SELECT m.name, f.labels || m.labels AS labels, m.value
FROM (SELECT pg_catalog.jsonb_build_object('relation', r.name) AS labels, r.as_of, r.age, r.max_age, r.is_late,
		r.failures, r.failing_since, r.changed_at, r.data_through, r.next_run_at, r.state
	FROM rsfed_catalog.relation_freshness r
	UNION ALL
	SELECT pg_catalog.jsonb_build_object('set', s.name), s.as_of, s.age, NULL, NULL,
		s.failures, s.failing_since, s.changed_at, NULL, s.next_run_at, s.state
	FROM rsfed.sets s) AS f
CROSS JOIN LATERAL (VALUES
	('rsfed_as_of_timestamp_seconds', '{}'::pg_catalog.jsonb, pg_catalog.date_part('epoch', f.as_of)),
	('rsfed_age_seconds', '{}', pg_catalog.date_part('epoch', f.age)),
	('rsfed_max_age_seconds', '{}', pg_catalog.date_part('epoch', f.max_age)),
	('rsfed_late', '{}', f.is_late::pg_catalog.int4::pg_catalog.float8),
	('rsfed_consecutive_failures', '{}', f.failures::pg_catalog.float8),
	('rsfed_failing_since_timestamp_seconds', '{}', pg_catalog.date_part('epoch', f.failing_since)),
	('rsfed_changed_timestamp_seconds', '{}', pg_catalog.date_part('epoch', f.changed_at)),
	('rsfed_data_through_timestamp_seconds', '{}', CASE WHEN pg_catalog.isfinite(f.data_through)
		THEN pg_catalog.date_part('epoch', f.data_through) END),
	('rsfed_next_run_timestamp_seconds', '{}', pg_catalog.date_part('epoch', f.next_run_at)),
	('rsfed_state', pg_catalog.jsonb_build_object('state', f.state), 1)
) AS m (name, labels, value)
WHERE m.value IS NOT NULL
UNION ALL
-- totals of the runs
SELECT m.name, CASE WHEN r.kind = 'set' THEN pg_catalog.jsonb_build_object('set', r.relation_name)
	ELSE pg_catalog.jsonb_build_object('relation',
		pg_catalog.format('%I.%I', r.schema_name, r.relation_name)) END || m.labels, m.value
FROM rsfed_catalog.relation r
JOIN rsfed_catalog.counter n USING (relation_id)
CROSS JOIN LATERAL (VALUES
	('rsfed_runs_total', '{"status": "published"}'::pg_catalog.jsonb, n.published::pg_catalog.float8),
	('rsfed_runs_total', '{"status": "unchanged"}', n.unchanged),
	('rsfed_runs_total', '{"status": "refused"}', n.refused),
	('rsfed_runs_total', '{"status": "failed"}', n.failed),
	('rsfed_runs_total', '{"status": "cancelled"}', n.cancelled),
	('rsfed_run_seconds_total', '{}', n.run_seconds),
	('rsfed_received_rows_total', '{}', n.rows_received),
	('rsfed_received_bytes_total', '{}', n.bytes_received),
	('rsfed_changed_rows_total', '{"change": "inserted"}', n.rows_inserted),
	('rsfed_changed_rows_total', '{"change": "updated"}', n.rows_updated),
	('rsfed_changed_rows_total', '{"change": "deleted"}', n.rows_deleted)
) AS m (name, labels, value)
-- the rows of a set are counted for its members
WHERE pg_catalog.pg_has_role('pg_monitor', 'USAGE')
	AND (r.kind <> 'set' OR m.name IN ('rsfed_runs_total', 'rsfed_run_seconds_total'))
UNION ALL
-- the queue
SELECT 'rsfed_runs', pg_catalog.jsonb_build_object('status', s.status),
	pg_catalog.count(r.run_id)::pg_catalog.float8
FROM (VALUES ('queued'), ('running')) AS s (status)
LEFT JOIN rsfed_catalog.run r ON r.status = s.status AND r.status IN ('queued', 'running')
WHERE pg_catalog.pg_has_role('pg_monitor', 'USAGE')
GROUP BY s.status
UNION ALL
-- the processes
SELECT m.name, m.labels, m.value
FROM rsfed.scheduler s
CROSS JOIN LATERAL (VALUES
	('rsfed_info', pg_catalog.jsonb_build_object('version', s.library_version), 1::pg_catalog.float8),
	('rsfed_scheduler_up', '{}', (s.state IN ('running', 'asleep', 'starting'))::pg_catalog.int4),
	('rsfed_scheduler_state', pg_catalog.jsonb_build_object('state', s.state), 1),
	('rsfed_workers', '{"state": "busy"}', s.workers_busy),
	('rsfed_workers', '{"state": "idle"}', s.workers_idle)
) AS m (name, labels, value)
UNION ALL
-- budgets
SELECT m.name, CASE WHEN b.source IS NULL THEN pg_catalog.jsonb_build_object('relation', c.full_name)
	ELSE pg_catalog.jsonb_build_object('source', b.source) END, m.value
FROM rsfed.budgets b
LEFT JOIN rsfed_catalog.relation_class c ON c.relid = b.relation
CROSS JOIN LATERAL (VALUES
	('rsfed_budget_scan_limit_bytes', b.max_scan_bytes::pg_catalog.float8),
	('rsfed_budget_scanned_bytes', CASE WHEN b.max_scan_bytes IS NOT NULL THEN b.scanned_bytes END),
	('rsfed_budget_limit_seconds', b.max_seconds),
	('rsfed_budget_used_seconds', CASE WHEN b.max_seconds IS NOT NULL THEN b.seconds END),
	('rsfed_budget_used_up', b.used_up::pg_catalog.int4)
) AS m (name, value)
WHERE m.value IS NOT NULL
UNION ALL
-- expiry of log-ins
SELECT 'rsfed_credentials_expiry_timestamp_seconds', pg_catalog.jsonb_build_object('server', s.srvname,
	'role', CASE m.umuser WHEN 0 THEN 'public' ELSE pg_catalog.pg_get_userbyid(m.umuser) END),
	pg_catalog.date_part('epoch', x.valid_until)
FROM pg_catalog.pg_user_mapping m
JOIN pg_catalog.pg_foreign_server s ON s.oid = m.umserver
JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = s.srvfdw AND w.fdwname IN ('rsfed', 'postgres_fdw')
CROSS JOIN LATERAL rsfed_catalog.credentials_expiry(m.oid) x
WHERE pg_catalog.isfinite(x.valid_until);
COMMENT ON VIEW rsfed.metrics IS
'Figures for Prometheus; also on replicas; for pg_monitor';
GRANT SELECT ON rsfed.metrics TO pg_monitor;
