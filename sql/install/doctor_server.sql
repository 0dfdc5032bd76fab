-- Topics of rsfed.doctor(): the server, its processes, its replicas.

CREATE VIEW rsfed_doctor.scheduler WITH (security_barrier = true) AS
WITH s AS MATERIALIZED (SELECT t.*, n.slots, n.needed,
		-- a multiple of 8, so that a replica, which does not know the databases, mostly needs the same
		-- number as the primary
		(GREATEST(n.needed, n.slots) + 9) / 8 * 8 AS enough,
		'It changes with a restart. Restart replicas first: there it must not be less than on the primary.' AS how
	FROM rsfed_catalog.scheduler_state() t
	CROSS JOIN LATERAL (SELECT pg_catalog.current_setting('max_worker_processes')::pg_catalog.int4 AS slots,
		-- launcher, a scheduler per database, run workers, PostgreSQL's own launcher
		1 + GREATEST(t.databases, 1) + COALESCE(pg_catalog.current_setting('rsfed.max_workers', true)::pg_catalog.int4, 4)
			+ (pg_catalog.current_setting('max_logical_replication_workers')::pg_catalog.int4 > 0)::pg_catalog.int4 AS needed) n)
SELECT v.severity, 'scheduler' AS subject, v.problem,
	COALESCE(v.remedy, 'SELECT * FROM rsfed.scheduler;') AS remedy, false AS on_primary
FROM s
CROSS JOIN LATERAL (VALUES
	('not preloaded', 'error',
		'The library is not preloaded, so no schedule and no request runs here. Add it and restart the server.',
		(SELECT 'ALTER SYSTEM SET shared_preload_libraries = '
			|| COALESCE(pg_catalog.string_agg(pg_catalog.quote_literal(pg_catalog.btrim(l.name, ' "')), ', ' ORDER BY l.n) || ', ', '')
			|| '''rsfed'';'
			FROM pg_catalog.pg_settings g
			LEFT JOIN LATERAL pg_catalog.regexp_split_to_table(g.setting, ',') WITH ORDINALITY AS l (name, n)
				ON pg_catalog.btrim(l.name, ' "') <> ''
			WHERE g.name = 'shared_preload_libraries' AND g.setting IS NOT NULL HAVING pg_catalog.count(g.setting) > 0)),
	('off', 'error',
		'The setting rsfed.scheduler is off, so no schedule and no request runs in any database of this server.',
		'ALTER SYSTEM SET rsfed.scheduler = on; SELECT pg_catalog.pg_reload_conf();'),
	('no launcher', 'error',
		pg_catalog.format('The launcher does not run, so no scheduler does. %s',
			CASE WHEN s.slots < s.needed
				THEN pg_catalog.format('max_worker_processes is %s, rsfed needs %s at least. %s', s.slots, s.needed, s.how)
				ELSE 'It is started again within a second, unless something is wrong. ' || rsfed_catalog.log_says_why() END),
		CASE WHEN s.slots < s.needed
			THEN pg_catalog.format('ALTER SYSTEM SET max_worker_processes = %s;', s.enough)
			ELSE rsfed_catalog.log_statement() END),
	('crashed', 'error',
		pg_catalog.format('The scheduler ended unexpectedly%s; it is started again at %s. %s',
			CASE WHEN s.failures > 1 THEN ', ' || s.failures || ' times in a row' ELSE '' END, s.retry_at, rsfed_catalog.log_says_why()),
		rsfed_catalog.log_statement()),
	('no worker slot', 'error',
		pg_catalog.format('No process could be had for the scheduler: all of max_worker_processes (%s) are taken. %s', s.slots, s.how),
		pg_catalog.format('ALTER SYSTEM SET max_worker_processes = %s;', s.enough)),
	('not connectable', 'error',
		'The database is a template or allows no connections: it has no scheduler.',
		(SELECT pg_catalog.format(CASE WHEN d.datistemplate THEN 'ALTER DATABASE %I IS_TEMPLATE false;'
				ELSE 'ALTER DATABASE %I ALLOW_CONNECTIONS true;' END, d.datname)
			FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())),
	('unknown', 'warning',
		'The launcher has not looked yet whether this database needs a scheduler; it looks at one database after the other.',
		NULL),
	('dismissed', 'warning',
		'A command that needs this database empty keeps its scheduler away.',
		'SELECT pid, state, query FROM pg_catalog.pg_stat_activity WHERE query ~* ''database'' AND pid <> pg_catalog.pg_backend_pid();')
) AS v (state, severity, problem, remedy)
WHERE v.state = s.state
	AND (s.state <> 'unknown' OR pg_catalog.pg_postmaster_start_time() < pg_catalog.now() - '1 minute'::pg_catalog.interval)
UNION ALL
SELECT 'warning', 'worker slots',
	pg_catalog.format('max_worker_processes is %s; rsfed needs %s: a launcher, %s, rsfed.max_workers, and PostgreSQL''s own.%s %s',
		s.slots, s.needed, CASE WHEN s.databases > 1 THEN s.databases || ' schedulers' ELSE 'a scheduler' END,
		CASE WHEN s.state = 'replica' THEN ' This replica would lack them after a promotion.' END, s.how),
	pg_catalog.format('ALTER SYSTEM SET max_worker_processes = %s;', s.enough), false
FROM s
WHERE s.slots < s.needed AND s.state NOT IN ('no launcher', 'no worker slot')
UNION ALL
SELECT 'warning', 'worker slots',
	pg_catalog.format('Runs wait, and only %s of rsfed.max_workers (%s) processes could be had: max_worker_processes (%s) is taken by others. %s',
		s.workers_busy + s.workers_idle, pg_catalog.current_setting('rsfed.max_workers'), s.slots, s.how),
	pg_catalog.format('ALTER SYSTEM SET max_worker_processes = %s;',
		(s.slots + pg_catalog.current_setting('rsfed.max_workers')::pg_catalog.int4 + 7) / 8 * 8), false
FROM s
WHERE s.starved AND s.slots >= s.needed
	AND s.workers_busy + s.workers_idle < pg_catalog.current_setting('rsfed.max_workers', true)::pg_catalog.int4;
COMMENT ON VIEW rsfed_doctor.scheduler IS
'Why no schedule runs here, and worker slots that are short';

CREATE VIEW rsfed_doctor.version WITH (security_barrier = true) AS
SELECT 'error' AS severity, 'extension rsfed' AS subject,
	pg_catalog.format('The extension is of version %s, the library of version %s.%s', e.extversion, s.library_version,
		CASE WHEN v.known THEN '' ELSE ' There is no script for the library''s version: install both from the same package, and restart the server.' END) AS problem,
	CASE WHEN v.known THEN pg_catalog.format('ALTER EXTENSION rsfed UPDATE TO %L;', s.library_version)
		ELSE 'SELECT * FROM pg_catalog.pg_available_extension_versions WHERE name = ''rsfed'';' END AS remedy,
	v.known AS on_primary
FROM pg_catalog.pg_extension e, rsfed_catalog.scheduler_state() s,
	LATERAL (SELECT EXISTS (SELECT FROM pg_catalog.pg_extension_update_paths('rsfed') p
		WHERE p.source = e.extversion AND p.target = s.library_version AND p.path IS NOT NULL)) AS v (known)
WHERE e.extname = 'rsfed' AND e.extversion <> s.library_version;
COMMENT ON VIEW rsfed_doctor.version IS
'Extension and library of different versions';

CREATE VIEW rsfed_doctor.guard WITH (security_barrier = true) AS
SELECT v.severity, pg_catalog.format('database %I', pg_catalog.current_database()) AS subject, v.problem, v.remedy, v.on_primary
FROM rsfed_catalog.guard g
CROSS JOIN LATERAL (
	SELECT 'error' AS severity, pg_catalog.format('Its schedules are held: %s. If they should run here, and no longer elsewhere, a superuser runs the remedy.',
			g.held_reason) AS problem,
		pg_catalog.format('SELECT rsfed.take_over(%L);', pg_catalog.current_database()) AS remedy, true AS on_primary
	WHERE g.is_held
	UNION ALL
	SELECT 'warning', pg_catalog.format('This replica would hold its schedules if it were promoted: %s. The setting rsfed.identity must be here what it is on the primary, in a file outside the data directory.',
			g.mismatch),
		'SHOW config_file;', false
	WHERE NOT g.is_held AND g.mismatch IS NOT NULL
	UNION ALL
	SELECT 'notice', 'The setting rsfed.identity is not given: a server started from a snapshot of this one''s volume cannot be told from it, and would run the same schedules. Give primary and replicas one value, in a file outside the data directory.',
		'SHOW config_file;', false
	WHERE NOT g.is_held AND g.mismatch IS NULL AND g.own_identity IS NULL AND EXISTS (SELECT FROM rsfed_catalog.schedule)
		AND pg_catalog.pg_has_role('pg_monitor', 'USAGE')
) v;
COMMENT ON VIEW rsfed_doctor.guard IS
'Schedules that are held because this may be a copy, and copies that could not be told';

CREATE VIEW rsfed_doctor.queue WITH (security_barrier = true) AS
WITH runs AS MATERIALIZED (
	SELECT r.relation_id, r.owner, u.source,
		r.status = 'running' AND r.trigger IN ('schedule', 'request') AND r.set_run_id IS NULL AS is_at_work,
		r.status = 'running' AS is_running,
		r.waits_for IS NULL AND rsfed_catalog.may_see_runs(r.relation_id) AS may_begin,
		GREATEST(r.requested_at, r.not_before) AS since
	FROM rsfed_catalog.run r
	-- any member of a set tells its source
	LEFT JOIN rsfed_catalog.rollup u ON u.relation_id = COALESCE((SELECT m.relation_id
		FROM rsfed_catalog.set_member m WHERE m.set_id = r.relation_id LIMIT 1), r.relation_id)
	WHERE r.status IN ('queued', 'running')),
waiting AS MATERIALIZED (
	SELECT q.owner, q.source, q.since
	FROM runs q
	WHERE NOT q.is_running AND q.may_begin
		AND q.since < pg_catalog.clock_timestamp() - '10 minutes'::pg_catalog.interval
		AND NOT EXISTS (SELECT FROM runs b WHERE b.is_running AND b.relation_id = q.relation_id))
SELECT 'warning' AS severity, pg_catalog.format('server %I', s.srvname) AS subject,
	pg_catalog.format('%s of its runs %s for more than 10 minutes, the first one since %s: as many as its option max_runs allows (%s) are at work. More of them, or fewer or shorter ones, mend that.',
		q.runs, CASE q.runs WHEN 1 THEN 'waits' ELSE 'wait' END, pg_catalog.date_trunc('second', q.since), o.option_value) AS problem,
	pg_catalog.format('ALTER SERVER %I OPTIONS (SET max_runs ''%s'');', s.srvname, o.option_value::pg_catalog.int4 + 1) AS remedy,
	true AS on_primary
FROM (SELECT w.source, pg_catalog.count(*) AS runs, pg_catalog.min(w.since) AS since FROM waiting w GROUP BY w.source) q
JOIN pg_catalog.pg_foreign_server s ON s.srvname = q.source
JOIN pg_catalog.pg_foreign_data_wrapper f ON f.oid = s.srvfdw AND f.fdwname = 'rsfed'
CROSS JOIN LATERAL pg_catalog.pg_options_to_table(s.srvoptions) o
WHERE o.option_name = 'max_runs' AND o.option_value::pg_catalog.int4 > 0
	AND (SELECT pg_catalog.count(*) FROM runs b WHERE b.is_at_work AND b.source = q.source) >= o.option_value::pg_catalog.int4
UNION ALL
SELECT 'warning', pg_catalog.format('owner %I', pg_catalog.pg_get_userbyid(q.owner)),
	pg_catalog.format('%s of its runs %s for more than 10 minutes, the first one since %s: as many as rsfed.max_runs_per_owner allows (%s) are at work. More of them, or fewer or shorter ones, mend that.',
		q.runs, CASE q.runs WHEN 1 THEN 'waits' ELSE 'wait' END, pg_catalog.date_trunc('second', q.since), l.max_runs),
	pg_catalog.format('ALTER SYSTEM SET rsfed.max_runs_per_owner = %s; SELECT pg_catalog.pg_reload_conf();', l.max_runs + 1), true
FROM (SELECT w.owner, pg_catalog.count(*) AS runs, pg_catalog.min(w.since) AS since FROM waiting w GROUP BY w.owner) q
CROSS JOIN (SELECT pg_catalog.current_setting('rsfed.max_runs_per_owner', true)::pg_catalog.int4) AS l (max_runs)
WHERE l.max_runs > 0
	AND (SELECT pg_catalog.count(*) FROM runs b WHERE b.is_at_work AND b.owner = q.owner) >= l.max_runs;
COMMENT ON VIEW rsfed_doctor.queue IS
'Runs that wait for long because as many of their server or owner are at work as may be';

CREATE VIEW rsfed_doctor.replication WITH (security_barrier = true) AS
SELECT v.severity, v.subject, v.problem, v.remedy, false AS on_primary
FROM (SELECT pg_catalog.pg_is_in_recovery() AS is_replica, pg_catalog.current_setting('hot_standby_feedback')::pg_catalog.bool AS feedback) h
CROSS JOIN LATERAL (
	-- replicas that stream from this server
	SELECT 'warning' AS severity, pg_catalog.format('replica %s', r.name) AS subject,
		'It runs with hot_standby_feedback off: vacuum here cancels long queries there. Run the remedy on that replica.' AS problem,
		'ALTER SYSTEM SET hot_standby_feedback = on; SELECT pg_catalog.pg_reload_conf();' AS remedy
	FROM (SELECT r.*, COALESCE(NULLIF(r.application_name, ''), r.client_addr::pg_catalog.text, r.pid::pg_catalog.text) AS name, l.xmin AS slot_xmin, l.slot_type
		FROM pg_catalog.pg_stat_replication r LEFT JOIN pg_catalog.pg_replication_slots l ON l.active_pid = r.pid) r
	WHERE r.state = 'streaming' AND r.replay_lsn IS NOT NULL AND r.slot_type IS DISTINCT FROM 'logical'
		AND r.backend_xmin IS NULL AND r.slot_xmin IS NULL
	UNION ALL
	SELECT 'warning', pg_catalog.format('replica %s', r.name),
		pg_catalog.format('It is far behind: %s of WAL are not replayed there%s.', pg_catalog.pg_size_pretty(r.bytes),
			COALESCE(', ' || pg_catalog.date_trunc('second', r.replay_lag) || ' old', '')),
		pg_catalog.format('SELECT * FROM pg_catalog.pg_stat_replication WHERE pid = %s;', r.pid)
	FROM (SELECT r.pid, r.replay_lag, pg_catalog.pg_wal_lsn_diff(r.sent_lsn, r.replay_lsn) AS bytes,
			COALESCE(NULLIF(r.application_name, ''), r.client_addr::pg_catalog.text, r.pid::pg_catalog.text) AS name
		FROM pg_catalog.pg_stat_replication r WHERE r.state IN ('streaming', 'catchup')) r
	WHERE r.replay_lag > '1 minute'::pg_catalog.interval OR r.bytes > 268435456
	UNION ALL
	-- this server as a replica
	SELECT 'warning', 'this replica',
		'hot_standby_feedback is off: vacuum on the primary cancels long queries here.',
		'ALTER SYSTEM SET hot_standby_feedback = on; SELECT pg_catalog.pg_reload_conf();'
	WHERE h.is_replica AND NOT h.feedback
	UNION ALL
	SELECT 'error', 'this replica', 'The replay of WAL is paused, so the content here grows old.',
		'SELECT pg_catalog.pg_wal_replay_resume();'
	WHERE CASE WHEN h.is_replica THEN pg_catalog.pg_is_wal_replay_paused() END
	UNION ALL
	SELECT 'warning', 'this replica',
		pg_catalog.format('It is far behind: the last transaction that it replayed is of %s.', pg_catalog.date_trunc('second', pg_catalog.pg_last_xact_replay_timestamp())),
		'SELECT * FROM pg_catalog.pg_stat_wal_receiver;'
	WHERE h.is_replica AND pg_catalog.pg_last_wal_receive_lsn() > pg_catalog.pg_last_wal_replay_lsn()
		AND pg_catalog.pg_last_xact_replay_timestamp() < pg_catalog.clock_timestamp() - '1 minute'::pg_catalog.interval
) v
WHERE pg_catalog.pg_has_role('pg_monitor', 'USAGE');
COMMENT ON VIEW rsfed_doctor.replication IS
'Replicas without hot_standby_feedback, paused or far behind; for pg_monitor';

