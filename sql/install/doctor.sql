-- What is wrong, and the statement that mends it: one view a topic, one row a
-- problem, and rsfed.doctor(), which reads them all and the servers where asked.
-- A view of this schema is a topic by being there.  Columns: severity (error,
-- warning, notice), subject, problem, remedy (statements that run as pasted),
-- on_primary (is the remedy to be run on the primary).
--
-- Nothing here takes a lock on a served table, so that a look never waits for
-- ALTER TABLE or VACUUM FULL: sizes are those of pg_class.

CREATE SCHEMA rsfed_doctor;
COMMENT ON SCHEMA rsfed_doctor IS 'rsfed: the topics of rsfed.doctor(), one view each';
GRANT USAGE ON SCHEMA rsfed_doctor TO PUBLIC;

CREATE FUNCTION rsfed_catalog.some_names(names text[])
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
	SELECT array_to_string(names[:5], ', ')
		|| CASE WHEN cardinality(names) > 5 THEN format(' and %s more', cardinality(names) - 5) ELSE '' END
$$;
COMMENT ON FUNCTION rsfed_catalog.some_names(text[]) IS
'The first five names, and how many more there are';

-- A log-in is that of a role, so the check is, too.
CREATE FUNCTION rsfed_catalog.check_statement(source name, role_id oid)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE
		-- from 16 on a member need not be allowed to SET ROLE; before, there is no such privilege to ask for
		WHEN r.rolname <> current_user AND has_server_privilege(r.oid, s.oid, 'USAGE')
			AND pg_has_role(r.oid, CASE WHEN current_setting('server_version_num')::int4 >= 160000 THEN 'SET' ELSE 'MEMBER' END)
			THEN format('SET ROLE %I; SELECT * FROM rsfed.check_server(%L); RESET ROLE;', r.rolname, s.srvname)
		WHEN has_server_privilege(s.oid, 'USAGE') THEN format('SELECT * FROM rsfed.check_server(%L);', s.srvname)
		ELSE format('SELECT * FROM rsfed.credentials WHERE server = %L;', s.srvname) END
	FROM pg_foreign_server s LEFT JOIN pg_roles r ON r.oid = role_id
	WHERE s.srvname = source
$$;
COMMENT ON FUNCTION rsfed_catalog.check_statement(name, oid) IS
'The statement that checks a source with the log-in of a role (0: of PUBLIC) as far as the current user may; NULL if there is no such server';

-- The way to a source and the log-in there: what its newest run says, of those
-- that the current user may see.
CREATE VIEW rsfed_catalog.source_failure WITH (security_barrier = true) AS
SELECT l.source, pg_catalog.left(l.sqlstate, 2) AS class, l.message, l.detail, l.hint, l.finished_at,
	rsfed_catalog.check_statement(l.source, l.relowner) AS remedy
FROM (SELECT DISTINCT ON (u.source) u.source, c.relowner, r.status, r.sqlstate, r.message, r.detail, r.hint, r.finished_at
	FROM rsfed_catalog.relation_class c
	JOIN rsfed_catalog.rollup u USING (relation_id)
	JOIN rsfed_catalog.freshness f USING (relation_id)
	JOIN rsfed_catalog.run r ON r.run_id = f.last_run_id
	WHERE c.may_see_all
	ORDER BY u.source, r.run_id DESC) l
JOIN pg_catalog.pg_foreign_server s ON s.srvname = l.source
WHERE l.status = 'failed' AND (pg_catalog.left(l.sqlstate, 2) = '08'
	-- a log-in that is held is told by the topic credentials
	OR pg_catalog.left(l.sqlstate, 2) = '28' AND NOT EXISTS (SELECT FROM rsfed_catalog.held_credentials h
		WHERE h.server_id = s.oid));
COMMENT ON VIEW rsfed_catalog.source_failure IS
'Sources that could not be reached (class 08) or logged in to (28, none held) at their last use';

CREATE VIEW rsfed_doctor.scheduler WITH (security_barrier = true) AS
WITH s AS MATERIALIZED (SELECT t.*, n.slots, n.needed,
		-- a multiple of 8, so that a replica, which knows no databases, mostly needs what the primary does
		(GREATEST(n.needed, n.slots) + 9) / 8 * 8 AS enough,
		'It is changed by a restart, on replicas first: there it must not be less than on the primary.' AS how
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
		'The library is not preloaded: no schedule and no request is run here. Add it and restart the server.',
		(SELECT 'ALTER SYSTEM SET shared_preload_libraries = '
			|| COALESCE(pg_catalog.string_agg(pg_catalog.quote_literal(pg_catalog.btrim(l.name, ' "')), ', ' ORDER BY l.n) || ', ', '')
			|| '''rsfed'';'
			FROM pg_catalog.pg_settings g
			LEFT JOIN LATERAL pg_catalog.regexp_split_to_table(g.setting, ',') WITH ORDINALITY AS l (name, n)
				ON pg_catalog.btrim(l.name, ' "') <> ''
			WHERE g.name = 'shared_preload_libraries' AND g.setting IS NOT NULL HAVING pg_catalog.count(g.setting) > 0)),
	('off', 'error',
		'The setting rsfed.scheduler is off: no schedule and no request is run in any database of this server.',
		'ALTER SYSTEM SET rsfed.scheduler = on; SELECT pg_catalog.pg_reload_conf();'),
	('no launcher', 'error',
		pg_catalog.format('The launcher does not run, so no scheduler does. %s',
			CASE WHEN s.slots < s.needed
				THEN pg_catalog.format('max_worker_processes is %s, rsfed needs %s at least. %s', s.slots, s.needed, s.how)
				ELSE 'It is started again within a second; if that lasts, the server''s log says why.' END),
		CASE WHEN s.slots < s.needed
			THEN pg_catalog.format('ALTER SYSTEM SET max_worker_processes = %s;', s.enough)
			ELSE 'SELECT pg_catalog.pg_current_logfile();' END),
	('crashed', 'error',
		pg_catalog.format('The scheduler ended unexpectedly%s; it is started again at %s. The server''s log says why.',
			CASE WHEN s.failures > 1 THEN ', ' || s.failures || ' times in a row' ELSE '' END, s.retry_at),
		'SELECT pg_catalog.pg_current_logfile();'),
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
	SELECT 'error' AS severity, pg_catalog.format('Its schedules are held: %s. If they are to run here, and nowhere else any more, a superuser says so.',
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

-- What a source or a log-in is the cause of, the topics source and credentials
-- tell: one row for all relations.
CREATE VIEW rsfed_doctor.relation WITH (security_barrier = true) AS
SELECT v.severity, f.name AS subject, v.problem,
	COALESCE(v.remedy, pg_catalog.format('CALL rsfed.refresh(%L);', f.name)) AS remedy,
	v.on_primary
FROM rsfed_catalog.relation_freshness f
LEFT JOIN rsfed_catalog.run r ON r.run_id = f.last_run_id
LEFT JOIN pg_catalog.pg_foreign_server s ON s.srvname = f.source
LEFT JOIN rsfed_catalog.source_failure x ON x.source = f.source AND x.class = pg_catalog.left(f.sqlstate, 2)
CROSS JOIN LATERAL (SELECT
	-- of Redshift, the way to it, or the log-in to it
	COALESCE(CASE WHEN pg_catalog.left(f.sqlstate, 2) IN ('08', '28', '53', '57', '58')
		THEN (SELECT rsfed_catalog.check_statement(f.source, c.relowner) FROM pg_catalog.pg_class c WHERE c.oid = f.relid) END,
		pg_catalog.format('SELECT status, phase, message, detail, hint FROM rsfed.runs WHERE run_id = %s;', f.last_run_id)) AS look,
	CASE WHEN f.is_late THEN ' It is late: older than ' || f.max_age || '.' ELSE '' END AS late) l
CROSS JOIN LATERAL (
	SELECT 'error' AS severity,
		pg_catalog.format('%s since %s: %s (SQLSTATE %s).%s%s',
			CASE f.failures WHEN 1 THEN 'Its refresh failed' ELSE 'Its refreshes failed ' || f.failures || ' times' END,
			pg_catalog.date_trunc('second', f.failing_since), f.message, f.sqlstate,
			COALESCE(' ' || r.detail, '') || COALESCE(' ' || r.hint, ''), l.late) AS problem,
		l.look AS remedy, false AS on_primary
	WHERE f.state = 'failing' AND x.source IS NULL AND (f.source IS NULL OR s.oid IS NOT NULL)
	UNION ALL
	SELECT 'error', pg_catalog.format('Its gate refused new content: %s.%s SET rsfed.ignore_gate = on in a session and CALL rsfed.refresh there publish it all the same.',
		f.message, l.late),
		pg_catalog.format('SELECT * FROM rsfed.compare(%L);', f.name), false
	WHERE f.state = 'refused'
	UNION ALL
	SELECT 'warning', pg_catalog.format('It is older than its max_age (%s): of %s.%s', f.max_age, pg_catalog.date_trunc('second', f.as_of),
		CASE WHEN f.state = 'paused' THEN ' It is paused.' WHEN f.next_run_at IS NULL THEN ' No schedule refreshes it.' ELSE '' END), NULL, true
	WHERE f.is_late AND f.as_of IS NOT NULL AND f.state NOT IN ('failing', 'refused', 'held')
	UNION ALL
	SELECT 'warning', 'It has never been filled.', NULL, true
	WHERE f.as_of IS NULL AND f.failures = 0 AND f.kind = 'rollup' AND f.state NOT IN ('backfilling', 'held')
) v
WHERE f.may_see_all;
COMMENT ON VIEW rsfed_doctor.relation IS
'Relations whose refreshes fail or are refused, and what is late or was never filled';

CREATE VIEW rsfed_doctor.schedule WITH (security_barrier = true) AS
SELECT v.severity, pg_catalog.format('schedule %I of %s', s.schedule_name, c.name) AS subject, v.problem, v.remedy, true AS on_primary
FROM (SELECT c.*, pg_catalog.format('%I.%I', c.schema_name, c.relation_name) AS name
	FROM rsfed_catalog.relation_class c WHERE c.may_see_all) c
JOIN rsfed_catalog.schedule s USING (relation_id)
CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM rsfed_catalog.run r
	WHERE r.relation_id = s.relation_id AND r.schedule_name = s.schedule_name) AS has_run) h
CROSS JOIN LATERAL (
	SELECT 'error' AS severity, 'It has stopped: it names no time that is still to come, or cannot be read.' AS problem,
		pg_catalog.format('SELECT rsfed.alter_schedule(%L, %L, schedule => ''@daily'');', c.name, s.schedule_name) AS remedy
	WHERE NOT pg_catalog.isfinite(s.next_run_at)
	UNION ALL
	SELECT 'error', pg_catalog.format('It has paused itself since %s: %s', pg_catalog.date_trunc('second', s.paused_at), s.pause_reason),
		pg_catalog.format('SELECT rsfed.resume(%L);', c.name)
	WHERE s.paused_at IS NOT NULL
	UNION ALL
	SELECT 'error', pg_catalog.format(CASE WHEN h.has_run THEN 'It is overdue since %s.' ELSE 'It has never run; it is due since %s.' END
				|| ' The remedy refreshes once; the schedule goes on when a scheduler runs.',
			pg_catalog.date_trunc('second', s.next_run_at)),
		pg_catalog.format('CALL rsfed.refresh(%L%s);', c.name,
			CASE WHEN s.method IS NULL THEN '' ELSE ', method => ' || pg_catalog.quote_literal(s.method) END)
	WHERE NOT c.is_paused AND NOT c.is_held AND s.paused_at IS NULL AND pg_catalog.isfinite(s.next_run_at)
		AND NOT EXISTS (SELECT FROM rsfed_catalog.held_relation l WHERE l.relation_id = s.relation_id)
		AND s.next_run_at < pg_catalog.now() - '5 minutes'::pg_catalog.interval
) v;
COMMENT ON VIEW rsfed_doctor.schedule IS
'Schedules that have stopped, paused themselves, never ran or are overdue';

-- A log-in that is held is told by the topic credentials.
CREATE VIEW rsfed_doctor.set WITH (security_barrier = true) AS
SELECT v.severity, v.subject, v.problem, v.remedy, v.on_primary
FROM (SELECT c.*, x.state, x.failures, x.failing_since, x.message, x.sqlstate, x.as_of, x.last_run_id, g.is_held,
		pg_catalog.format('SELECT relation_name, status, phase, message, detail, hint FROM rsfed.runs WHERE %s IN (run_id, set_run_id) ORDER BY run_id;', x.last_run_id) AS look
	FROM rsfed_catalog.set_class c
	JOIN rsfed.sets x ON x.name = c.set_name
	CROSS JOIN rsfed_catalog.guard g
	WHERE c.may_see_all) c
CROSS JOIN LATERAL (
	SELECT 'error' AS severity, pg_catalog.format('set %I', c.set_name) AS subject,
		pg_catalog.format('%s since %s: %s (SQLSTATE %s).',
			CASE c.failures WHEN 1 THEN 'Its refresh failed' ELSE 'Its refreshes failed ' || c.failures || ' times' END,
			pg_catalog.date_trunc('second', c.failing_since), c.message, c.sqlstate) AS problem,
		c.look AS remedy, false AS on_primary
	WHERE c.state = 'failing'
	UNION ALL
	SELECT 'error', pg_catalog.format('set %I', c.set_name),
		pg_catalog.format('The gate of a member refused new content: %s.', c.message), c.look, false
	WHERE c.state = 'refused'
	UNION ALL
	SELECT 'warning', pg_catalog.format('set %I', c.set_name), 'It has never been refreshed.',
		pg_catalog.format('CALL rsfed.refresh_set(%L);', c.set_name), true
	WHERE c.state = 'never' AND c.members IS NOT NULL
	UNION ALL
	SELECT w.severity, pg_catalog.format('schedule %I of set %I', s.schedule_name, c.set_name), w.problem, w.remedy, true
	FROM rsfed_catalog.schedule s
	CROSS JOIN LATERAL (
		SELECT 'error' AS severity, 'It has stopped: it names no time that is still to come, or cannot be read.' AS problem,
			pg_catalog.format('SELECT rsfed.alter_set_schedule(%L, %L, schedule => ''@daily'');', c.set_name, s.schedule_name) AS remedy
		WHERE NOT pg_catalog.isfinite(s.next_run_at)
		UNION ALL
		SELECT 'error', pg_catalog.format('It has paused itself since %s: %s', pg_catalog.date_trunc('second', s.paused_at), s.pause_reason),
			pg_catalog.format('SELECT rsfed.resume_set(%L);', c.set_name)
		WHERE s.paused_at IS NOT NULL
		UNION ALL
		SELECT 'error', pg_catalog.format(CASE WHEN EXISTS (SELECT FROM rsfed_catalog.run r
					WHERE r.relation_id = s.relation_id AND r.schedule_name = s.schedule_name)
				THEN 'It is overdue since %s.' ELSE 'It has never run; it is due since %s.' END
					|| ' The remedy refreshes once; the schedule goes on when a scheduler runs.',
				pg_catalog.date_trunc('second', s.next_run_at)),
			pg_catalog.format('CALL rsfed.refresh_set(%L);', c.set_name)
		WHERE NOT c.is_paused AND NOT c.is_held AND c.state <> 'held' AND s.paused_at IS NULL
			AND pg_catalog.isfinite(s.next_run_at)
			AND s.next_run_at < pg_catalog.now() - '5 minutes'::pg_catalog.interval
	) w
	WHERE s.relation_id = c.set_id
) v;
COMMENT ON VIEW rsfed_doctor.set IS
'Sets whose refreshes fail, are refused or never were, and their schedules as those of relations';

CREATE VIEW rsfed_doctor.queue WITH (security_barrier = true) AS
WITH runs AS MATERIALIZED (
	SELECT r.relation_id, r.owner, u.source,
		r.status = 'running' AND r.trigger IN ('schedule', 'request') AND r.set_run_id IS NULL AS is_at_work,
		r.status = 'running' AS is_running,
		r.waits_for IS NULL AND COALESCE(c.may_see_all, t.may_see_all, false) AS may_begin,
		GREATEST(r.requested_at, r.not_before) AS since
	FROM rsfed_catalog.run r
	-- of a set any member tells the source
	LEFT JOIN rsfed_catalog.rollup u ON u.relation_id = COALESCE((SELECT m.relation_id
		FROM rsfed_catalog.set_member m WHERE m.set_id = r.relation_id LIMIT 1), r.relation_id)
	LEFT JOIN rsfed_catalog.relation_class c ON c.relation_id = r.relation_id
	LEFT JOIN rsfed_catalog.set_class t ON t.set_id = r.relation_id
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

CREATE VIEW rsfed_doctor.source WITH (security_barrier = true) AS
SELECT 'error' AS severity, pg_catalog.format('server %I', l.source) AS subject,
	pg_catalog.format(CASE l.class
			WHEN '28' THEN 'It rejected the credentials at its last use, %s: %s.%s%s%s'
			ELSE 'It could not be reached at its last use, %s: %s.%s%s%s' END,
		pg_catalog.date_trunc('second', l.finished_at), l.message, COALESCE(' ' || l.detail, ''), COALESCE(' ' || l.hint, ''),
		COALESCE(' Failing: ' || rsfed_catalog.some_names(f.failing) || '.', '')
			|| COALESCE(' Late: ' || rsfed_catalog.some_names(f.late) || '.', '')) AS problem,
	l.remedy, false AS on_primary
FROM rsfed_catalog.source_failure l
CROSS JOIN LATERAL (SELECT pg_catalog.array_agg(x.name ORDER BY x.name COLLATE pg_catalog."C") AS failing,
		pg_catalog.array_agg(x.name ORDER BY x.name COLLATE pg_catalog."C") FILTER (WHERE x.is_late) AS late
	FROM rsfed_catalog.relation_freshness x
	WHERE x.source = l.source AND x.state = 'failing' AND x.may_see_all AND pg_catalog.left(x.sqlstate, 2) = l.class) f
UNION ALL
SELECT 'error', pg_catalog.format('server %I', u.source),
	pg_catalog.format('There is no such server any more: refreshes of %s fail. rsfed.register_server() makes one of that name; rsfed.alter_rollup(source => ...) gives a rollup another.',
		rsfed_catalog.some_names(pg_catalog.array_agg(pg_catalog.format('%I.%I', c.schema_name, c.relation_name) ORDER BY c.schema_name, c.relation_name))),
	'SELECT server, host, dbname FROM rsfed.servers;', false
FROM rsfed_catalog.relation_class c
JOIN rsfed_catalog.rollup u USING (relation_id)
WHERE c.may_see_all AND NOT EXISTS (SELECT FROM pg_catalog.pg_foreign_server f WHERE f.srvname = u.source)
GROUP BY u.source;
COMMENT ON VIEW rsfed_doctor.source IS
'Sources that could not be reached, or rejected a log-in, at their last use, and that are gone';

CREATE VIEW rsfed_doctor.credentials WITH (security_barrier = true) AS
SELECT v.severity, pg_catalog.format('credentials of %s for server %I', m.role, m.srvname) AS subject, v.problem,
	rsfed_catalog.check_statement(m.srvname, m.umuser) AS remedy, false AS on_primary
FROM (SELECT m.oid, s.srvname, m.umuser, m.umoptions,
		CASE m.umuser WHEN 0 THEN 'public' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(m.umuser)) END AS role
	FROM pg_catalog.pg_user_mapping m
	JOIN pg_catalog.pg_foreign_server s ON s.oid = m.umserver
	JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = s.srvfdw
	WHERE w.fdwname = 'rsfed' OR w.fdwname = 'postgres_fdw'
		AND EXISTS (SELECT FROM rsfed_catalog.rollup u WHERE u.source = s.srvname)) m
CROSS JOIN LATERAL rsfed_catalog.credentials_expiry(m.oid) x
CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM pg_catalog.unnest(m.umoptions) o
	WHERE o LIKE 'credentials_file=%') AS by_file) b
CROSS JOIN LATERAL (
	SELECT 'error' AS severity, pg_catalog.format('%s.', x.problem) AS problem WHERE x.problem IS NOT NULL
	UNION ALL
	SELECT CASE WHEN x.valid_until <= pg_catalog.now() THEN 'error' ELSE 'warning' END,
		pg_catalog.format('%s at %s. %s', CASE WHEN x.valid_until <= pg_catalog.now() THEN 'They expired' ELSE 'They expire' END,
			pg_catalog.date_trunc('second', x.valid_until),
			CASE WHEN b.by_file THEN 'Whatever writes the credentials_file has not renewed it.'
				ELSE 'New ones are set by rsfed.set_credentials().' END)
	WHERE x.valid_until < pg_catalog.now()
		-- what rotates by itself lives for minutes anyway
		+ CASE WHEN b.by_file THEN '1 minute'::pg_catalog.interval ELSE '7 days' END
) v
UNION ALL
-- one row a log-in, however many relations need it
SELECT 'error', pg_catalog.format('credentials of %s for server %I',
		CASE h.role_id WHEN 0 THEN 'public' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(h.role_id)) END, f.source),
	pg_catalog.format('Its log-in is held since %s: %s. No schedule tries it until the credentials change, by rsfed.set_credentials() or their file, or work again. Held: %s.%s',
		pg_catalog.date_trunc('second', h.held_since), h.message,
		rsfed_catalog.some_names(pg_catalog.array_agg(f.name ORDER BY f.name COLLATE pg_catalog."C")),
		COALESCE(' Late: ' || rsfed_catalog.some_names(pg_catalog.array_agg(f.name ORDER BY f.name COLLATE pg_catalog."C") FILTER (WHERE f.is_late)) || '.', '')),
	rsfed_catalog.check_statement(f.source, CASE h.role_id WHEN 0 THEN pg_catalog.min(c.relowner) ELSE h.role_id END), true
FROM rsfed_catalog.held_relation h
JOIN rsfed_catalog.relation_freshness f USING (relation_id)
JOIN pg_catalog.pg_class c ON c.oid = f.relid
WHERE f.state = 'held' AND NOT f.is_held AND f.may_see_all
GROUP BY h.server_id, h.role_id, h.held_since, h.message, f.source
UNION ALL
-- a refresh logs in as the relation's owner
SELECT 'error', pg_catalog.format('owner %s', o.owner), v.problem, v.remedy, true
FROM (SELECT c.relowner, u.source, pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(c.relowner)) AS owner,
		rsfed_catalog.some_names(pg_catalog.array_agg(pg_catalog.format('%I.%I', c.schema_name, c.relation_name)
			ORDER BY c.schema_name, c.relation_name)) AS names
	FROM rsfed_catalog.relation_class c JOIN rsfed_catalog.rollup u USING (relation_id)
	WHERE c.may_see_all
	GROUP BY c.relowner, u.source) o
JOIN pg_catalog.pg_foreign_server s ON s.srvname = o.source
CROSS JOIN LATERAL (
	SELECT pg_catalog.format('It has no user mapping for server %I: refreshes of %s fail. One is made by rsfed.set_credentials(for_role => ...).',
			o.source, o.names) AS problem,
		pg_catalog.format('SELECT * FROM rsfed.credentials WHERE server = %L;', o.source) AS remedy
	WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_user_mapping m WHERE m.umuser IN (0, o.relowner) AND (m.umserver = s.oid
		OR m.umserver IN (SELECT f.oid FROM rsfed_catalog.member g JOIN pg_catalog.pg_foreign_server f ON f.srvname = g.server
			WHERE g.group_name = o.source)))
	UNION ALL
	SELECT pg_catalog.format('It may not use server %I: refreshes of %s fail.', o.source, o.names),
		pg_catalog.format('GRANT USAGE ON FOREIGN SERVER %I TO %s;', o.source, o.owner)
	WHERE NOT pg_catalog.has_server_privilege(o.relowner, s.oid, 'USAGE')
) v;
COMMENT ON VIEW rsfed_doctor.credentials IS
'Credentials that have expired, or will within a week (of a file: a minute), are held or cannot be read, owners without a log-in';

CREATE VIEW rsfed_doctor.tls WITH (security_barrier = true) AS
SELECT 'warning' AS severity, pg_catalog.format('server %I', s.server) AS subject,
	pg_catalog.format('sslmode is "%s": nobody checks that it is the warehouse that answers%s. It needs a certificate for the host''s name.', s.sslmode,
		CASE WHEN s.sslmode IN ('disable', 'allow', 'prefer') THEN ', and password and rows may go unencrypted' ELSE '' END) AS problem,
	pg_catalog.format('ALTER SERVER %I OPTIONS (%s sslmode ''verify-full'');', s.server,
		CASE WHEN o.is_set THEN 'SET' ELSE 'ADD' END) AS remedy, true AS on_primary
FROM rsfed.servers s
CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM pg_catalog.pg_foreign_server f, pg_catalog.unnest(f.srvoptions) x
	WHERE f.srvname = s.server AND x LIKE 'sslmode=%') AS is_set) o
WHERE s.sslmode NOT IN ('verify-full', 'verify-ca')
	AND (s.wrapper = 'rsfed' OR EXISTS (SELECT FROM rsfed_catalog.rollup u WHERE u.source = s.server))
	AND (s.may_use OR pg_catalog.pg_has_role('pg_monitor', 'USAGE'));
COMMENT ON VIEW rsfed_doctor.tls IS
'Servers whose certificate is not verified';

-- Everything about served tables.  A row's width is known from its statistics.
CREATE VIEW rsfed_doctor.served WITH (security_barrier = true) AS
WITH published AS MATERIALIZED (
	SELECT g.relid, pg_catalog.string_agg(pg_catalog.quote_ident(q.pubname), ', ' ORDER BY q.pubname) AS names
	FROM pg_catalog.pg_publication q, pg_catalog.pg_get_publication_tables(q.pubname) g
	WHERE q.pubupdate OR q.pubdelete
	GROUP BY g.relid)
SELECT v.severity, c.name AS subject, v.problem, pg_catalog.format(v.remedy, c.name) AS remedy, true AS on_primary
FROM (SELECT c.relid, c.kind, pg_catalog.format('%I.%I', c.schema_name, c.relation_name) AS name, r.relkind, r.relreplident,
		r.reltuples, r.relpages::pg_catalog.int8 * pg_catalog.current_setting('block_size')::pg_catalog.int8 AS bytes,
		COALESCE((SELECT o.option_value::pg_catalog.int4 FROM pg_catalog.pg_options_to_table(r.reloptions) o
			WHERE o.option_name = 'fillfactor'), 100) AS fillfactor,
		w.width, c.relation_id
	FROM rsfed_catalog.relation_class c
	JOIN pg_catalog.pg_class r ON r.oid = c.relid
	CROSS JOIN LATERAL (SELECT pg_catalog.sum(a.stawidth) AS width
		FROM pg_catalog.pg_statistic a WHERE a.starelid = c.relid AND NOT a.stainherit) w
	WHERE c.may_see_all AND r.relkind IN ('r', 'm')) c
LEFT JOIN rsfed_catalog.rollup u USING (relation_id)
LEFT JOIN rsfed_catalog.freshness f USING (relation_id)
LEFT JOIN pg_catalog.pg_stat_all_tables t ON t.relid = c.relid
LEFT JOIN published p ON p.relid = c.relid
CROSS JOIN LATERAL (
	SELECT 'warning' AS severity,
		'It has no statistics: queries of it are planned by guess.' AS problem, 'ANALYZE %s;' AS remedy
	WHERE c.width IS NULL AND f.changed_at IS NOT NULL AND (c.reltuples <> 0 OR t.n_live_tup > 0)
	UNION ALL
	SELECT 'warning', pg_catalog.format('%s of its row versions are dead, %s are alive: autovacuum does not keep up, or something holds the oldest snapshot.',
		t.n_dead_tup, t.n_live_tup), 'VACUUM (ANALYZE) %s;'
	WHERE t.n_dead_tup > 10000 AND t.n_dead_tup > t.n_live_tup / 2
	UNION ALL
	SELECT 'notice', pg_catalog.format('It takes %s, its rows about %s. Readers wait while it is rewritten, here and on replicas.',
		pg_catalog.pg_size_pretty(c.bytes), pg_catalog.pg_size_pretty(e.bytes)), 'VACUUM (FULL, ANALYZE) %s;'
	FROM (SELECT (c.reltuples * (32 + c.width) * 100 / c.fillfactor)::pg_catalog.int8) AS e (bytes)
	WHERE c.reltuples >= 0 AND c.bytes > 3 * e.bytes + 10485760
	UNION ALL
	SELECT 'notice', 'Its window is never compared as a whole: what came later than its lookback, and what was deleted, is not found.',
		'SELECT rsfed.schedule_refresh(' || pg_catalog.replace(pg_catalog.quote_literal(c.name), '%', '%%')
			|| ', ''@daily'', name => ''full merge'', method => ''merge'');'
	WHERE u.method = 'window' AND NOT EXISTS (SELECT FROM rsfed_catalog.schedule s
		WHERE s.relation_id = c.relation_id AND s.method = 'merge')
	UNION ALL
	SELECT 'error', pg_catalog.format('It is published by %s and has no replica identity: refreshes that change or delete rows fail.', p.names),
		'ALTER TABLE %s REPLICA IDENTITY FULL;'
	WHERE p.names IS NOT NULL AND (c.relreplident = 'n'
		OR c.relreplident = 'd' AND NOT EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.relid AND i.indisprimary)
		OR c.relreplident = 'i' AND NOT EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.relid AND i.indisreplident))
) v;
COMMENT ON VIEW rsfed_doctor.served IS
'Served tables: bloat, missing statistics, windows without a full merge, publications without a replica identity';

CREATE VIEW rsfed_doctor.replication WITH (security_barrier = true) AS
SELECT v.severity, v.subject, v.problem, v.remedy, false AS on_primary
FROM (SELECT pg_catalog.pg_is_in_recovery() AS is_replica, pg_catalog.current_setting('hot_standby_feedback')::pg_catalog.bool AS feedback) h
CROSS JOIN LATERAL (
	-- seen from here, whoever streams from here
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
	-- seen from the replica itself
	SELECT 'warning', 'this replica',
		'hot_standby_feedback is off: vacuum on the primary cancels long queries here.',
		'ALTER SYSTEM SET hot_standby_feedback = on; SELECT pg_catalog.pg_reload_conf();'
	WHERE h.is_replica AND NOT h.feedback
	UNION ALL
	SELECT 'error', 'this replica', 'The replay of WAL is paused: what is read here grows old.',
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

GRANT SELECT ON ALL TABLES IN SCHEMA rsfed_doctor TO PUBLIC;

CREATE FUNCTION rsfed.doctor(remote boolean DEFAULT false)
RETURNS TABLE (severity text, subject text, problem text, remedy text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp SET datestyle = 'ISO' SET intervalstyle = 'postgres'
AS $$
DECLARE
	topics name[];
	topic name;
	here jsonb;
	rows jsonb := '[]';
	is_replica boolean := pg_is_in_recovery();
BEGIN
	-- the views of the extension, not what somebody put beside them
	SELECT array_agg(c.relname ORDER BY c.relname) INTO topics
	FROM pg_class c
	JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
	WHERE c.relnamespace = 'rsfed_doctor'::regnamespace AND c.relkind = 'v';

	FOREACH topic IN ARRAY topics LOOP
		BEGIN
			EXECUTE format('SELECT jsonb_agg(to_jsonb(t)) FROM rsfed_doctor.%I t', topic) INTO here;
		EXCEPTION WHEN OTHERS THEN
			here := jsonb_build_array(jsonb_build_object('severity', 'warning', 'subject', 'rsfed.doctor()',
				'problem', format('It could not look at the topic %s: %s.', topic, SQLERRM),
				'remedy', 'SELECT library_version, extension_version FROM rsfed.scheduler;'));
		END;
		rows := rows || COALESCE(here, '[]');
	END LOOP;

	IF remote THEN
		FOR topic IN SELECT s.server FROM rsfed.servers s
			WHERE s.may_use AND EXISTS (SELECT FROM rsfed.credentials m
				WHERE m.server = s.server AND m.for_role IN (current_user, 'public'))
		LOOP
			BEGIN
				SELECT jsonb_agg(jsonb_build_object('severity',
					-- of a member of a group with its name before it
					CASE WHEN i.item ~ '(^|: )(name resolution|TCP|log-in|session|credentials)$' THEN 'error' ELSE 'warning' END,
					'subject', format('server %I', topic), 'problem', format('%s: %s', i.item, i.detail),
					'remedy', format('SELECT * FROM rsfed.check_server(%L);', topic))) INTO here
				FROM rsfed.check_server(topic) i WHERE NOT i.ok;
			EXCEPTION WHEN OTHERS THEN
				here := jsonb_build_array(jsonb_build_object('severity', 'error', 'subject', format('server %I', topic),
					'problem', format('It could not be checked: %s.', SQLERRM),
					'remedy', format('SELECT * FROM rsfed.servers WHERE server = %L;', topic)));
			END;
			rows := rows || COALESCE(here, '[]');
		END LOOP;
	END IF;

	IF rows = '[]' THEN
		rows := jsonb_build_array(jsonb_build_object('severity', 'ok', 'subject', format('database %I', current_database()),
			'problem', format('Nothing found. Looked at: %s%s.', array_to_string(topics, ', '),
				CASE WHEN remote THEN '; asked the servers' ELSE '' END)));
	END IF;
	RETURN QUERY
		SELECT r.severity, r.subject,
			r.problem || CASE WHEN is_replica AND r.on_primary THEN ' Run the remedy on the primary.' ELSE '' END, r.remedy
		FROM jsonb_to_recordset(rows) AS r (severity text, subject text, problem text, remedy text, on_primary boolean)
		ORDER BY array_position(ARRAY['error', 'warning', 'notice', 'ok'], r.severity), r.subject, r.problem;
END
$$;
COMMENT ON FUNCTION rsfed.doctor(boolean) IS
'What is wrong here, worst first, each with the statement that mends it; remote => true asks the servers too';
