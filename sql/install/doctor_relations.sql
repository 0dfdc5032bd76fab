-- Topics of rsfed.doctor(): relations, sets, their schedules and tables.

-- The topics source and credentials report failures caused by a source or a
-- log-in, with one row for all relations.  Failing relations with the same
-- SQLSTATE are one problem, because their messages name columns and values.
CREATE VIEW rsfed_doctor.relation WITH (security_barrier = true) AS
SELECT v.severity, f.name AS subject, v.problem,
	COALESCE(v.remedy, pg_catalog.format('CALL rsfed.refresh(%L);', f.name)) AS remedy,
	v.on_primary, v.problem_of_many, v.remedy_of_many
FROM rsfed_catalog.relation_freshness f
-- computed once, not for each relation
CROSS JOIN (SELECT COALESCE(rsfed_catalog.refresh_all_statement(l.condition, s.state), rsfed_catalog.call_each_statement('rsfed.refresh(r.relation',
			'SELECT f.relation FROM rsfed.freshness f JOIN rsfed.rollups u ON u.rollup = f.relation WHERE pg_catalog.pg_has_role(u.owner, ''USAGE'') AND ' || l.condition)) AS of_late,
		COALESCE(rsfed_catalog.refresh_all_statement(n.condition, s.state), rsfed_catalog.call_each_statement('rsfed.refresh(r.relation',
			'SELECT f.relation FROM rsfed.freshness f JOIN rsfed.rollups u ON u.rollup = f.relation WHERE pg_catalog.pg_has_role(u.owner, ''USAGE'') AND ' || n.condition)) AS of_never
	FROM rsfed_catalog.scheduler_state() s,
		(VALUES ('f.is_late AND f.as_of IS NOT NULL AND f.state NOT IN (''failing'', ''refused'', ''held'')')) AS l (condition),
		(VALUES ('f.as_of IS NULL AND f.failures = 0 AND f.state NOT IN (''backfilling'', ''held'')')) AS n (condition)
	OFFSET 0) a
LEFT JOIN rsfed_catalog.run r ON r.run_id = f.last_run_id
LEFT JOIN pg_catalog.pg_foreign_server s ON s.srvname = f.source
LEFT JOIN rsfed_catalog.source_failure x ON x.source = f.source AND x.class = pg_catalog.left(f.sqlstate, 2)
CROSS JOIN LATERAL (SELECT
	-- errors of Redshift, the way to it, or the log-in to it
	COALESCE(CASE WHEN pg_catalog.left(f.sqlstate, 2) IN ('08', '28', '53', '57', '58')
		THEN rsfed_catalog.check_statement(f.source, f.owner) END,
		pg_catalog.format('SELECT status, phase, message, detail, hint FROM rsfed.runs WHERE run_id = %s;', f.last_run_id)) AS look,
	CASE WHEN f.is_late THEN ' It is late: older than ' || f.max_age || '.' ELSE '' END AS late) l
CROSS JOIN LATERAL (
	SELECT 'error' AS severity,
		pg_catalog.format('%s since %s: %s (SQLSTATE %s).%s%s',
			CASE f.failures WHEN 1 THEN 'Its refresh failed' ELSE 'Its refreshes failed ' || f.failures || ' times' END,
			pg_catalog.date_trunc('second', f.failing_since), f.message, f.sqlstate,
			COALESCE(' ' || r.detail, '') || COALESCE(' ' || r.hint, ''), l.late) AS problem,
		l.look AS remedy, false AS on_primary,
		'Refreshes of %s relations fail with SQLSTATE ' || f.sqlstate || '.' AS problem_of_many,
		'SELECT relation, failing_since, message FROM rsfed.freshness WHERE state = ''failing'' AND sqlstate = '
			|| pg_catalog.quote_literal(f.sqlstate) || ' ORDER BY failing_since;' AS remedy_of_many
	WHERE f.state = 'failing' AND x.source IS NULL AND (f.source IS NULL OR s.oid IS NOT NULL)
	UNION ALL
	SELECT 'error', pg_catalog.format('Its gate refused new content: %s.%s SET rsfed.ignore_gate = on in a session and CALL rsfed.refresh there publish it nevertheless.',
		f.message, l.late),
		pg_catalog.format('SELECT * FROM rsfed.compare(%L);', f.name), false,
		'The gates of %s relations refused new content. SET rsfed.ignore_gate = on in a session and CALL rsfed.refresh there publish it nevertheless.',
		'SELECT f.relation, f.message, c.* FROM rsfed.freshness f JOIN rsfed.rollups u ON u.rollup = f.relation CROSS JOIN LATERAL rsfed.compare(f.relation) c WHERE f.state = ''refused'' AND pg_catalog.pg_has_role(u.owner, ''USAGE'');'
	WHERE f.state = 'refused'
	UNION ALL
	SELECT 'warning', pg_catalog.format('It is older than its max_age (%s): of %s.%s', f.max_age, pg_catalog.date_trunc('second', f.as_of),
		CASE WHEN f.state = 'paused' THEN ' It is paused.' WHEN f.next_run_at IS NULL THEN ' No schedule refreshes it.' ELSE '' END), NULL, true,
		'%s relations are older than their max_age.', a.of_late
	WHERE f.is_late AND f.as_of IS NOT NULL AND f.state NOT IN ('failing', 'refused', 'held')
	UNION ALL
	SELECT 'warning', 'It has never been filled.', NULL, true,
		'%s relations have never been filled.', a.of_never
	WHERE f.as_of IS NULL AND f.failures = 0 AND f.kind = 'rollup' AND f.state NOT IN ('backfilling', 'held')
) v
WHERE f.may_see_all;
COMMENT ON VIEW rsfed_doctor.relation IS
'Relations whose refreshes fail or are refused, and what is late or was never filled';

CREATE VIEW rsfed_doctor.schedule WITH (security_barrier = true) AS
SELECT v.severity, pg_catalog.format('schedule %I of %s', s.schedule_name, f.name) AS subject, v.problem, v.remedy, true AS on_primary,
	v.problem_of_many, v.remedy_of_many
FROM rsfed_catalog.relation_freshness f
JOIN rsfed_catalog.schedule s USING (relation_id)
CROSS JOIN LATERAL (
	SELECT 'error' AS severity, 'It has stopped: all of its times are in the past, or it cannot be read.' AS problem,
		pg_catalog.format('SELECT rsfed.alter_schedule(%L, %L, schedule => ''@daily'');', f.name, s.schedule_name) AS remedy,
		'%s schedules have stopped: they name no time that is still to come, or cannot be read.' AS problem_of_many,
		'SELECT rsfed.alter_schedule(s.relation, s.name, schedule => ''@daily'') FROM rsfed.schedules s JOIN pg_catalog.pg_class c ON c.oid = s.relation WHERE s.next_run_at IS NULL AND pg_catalog.pg_has_role(c.relowner, ''USAGE'');' AS remedy_of_many
	WHERE NOT pg_catalog.isfinite(s.next_run_at)
	UNION ALL
	SELECT 'error', pg_catalog.format('It has paused itself since %s: %s', pg_catalog.date_trunc('second', s.paused_at), s.pause_reason),
		pg_catalog.format('SELECT rsfed.resume(%L);', f.name),
		'%s schedules have paused themselves; rsfed.schedules has the reasons.',
		'SELECT rsfed.resume(s.relation) FROM rsfed.schedules s JOIN pg_catalog.pg_class c ON c.oid = s.relation WHERE s.paused AND s.paused_by IS NULL AND pg_catalog.pg_has_role(c.relowner, ''USAGE'');'
	WHERE s.paused_at IS NOT NULL
	UNION ALL
	SELECT 'error', pg_catalog.format(CASE WHEN EXISTS (SELECT FROM rsfed_catalog.run r
				WHERE r.relation_id = s.relation_id AND r.schedule_name = s.schedule_name)
			THEN 'It is overdue since %s.' ELSE 'It has never run; it is due since %s.' END
				|| ' The remedy refreshes once; the schedule goes on when a scheduler runs.',
			pg_catalog.date_trunc('second', s.next_run_at)),
		pg_catalog.format('CALL rsfed.refresh(%L%s);', f.name,
			CASE WHEN s.method IS NULL THEN '' ELSE ', method => ' || pg_catalog.quote_literal(s.method) END),
		'%s schedules are overdue. The remedy refreshes once; the schedules go on when a scheduler runs.',
		rsfed_catalog.call_each_statement('rsfed.refresh(r.relation, r.method',
			'SELECT DISTINCT s.relation, s.method FROM rsfed.schedules s JOIN pg_catalog.pg_class c ON c.oid = s.relation WHERE NOT s.paused AND NOT s.held AND s.next_run_at < pg_catalog.now() - interval ''5 minutes'' AND pg_catalog.pg_has_role(c.relowner, ''USAGE'')')
	WHERE f.state NOT IN ('paused', 'held') AND s.paused_at IS NULL AND pg_catalog.isfinite(s.next_run_at)
		AND s.next_run_at < pg_catalog.now() - '5 minutes'::pg_catalog.interval
) v
WHERE f.may_see_all;
COMMENT ON VIEW rsfed_doctor.schedule IS
'Schedules that have stopped, paused themselves, never ran or are overdue';

-- The topic credentials reports a log-in that is held, the topic source a source
-- that cannot be reached or does not exist.
CREATE VIEW rsfed_doctor.set WITH (security_barrier = true) AS
SELECT v.severity, v.subject, v.problem, v.remedy, v.on_primary, v.problem_of_many, v.remedy_of_many
FROM (SELECT c.*, x.state, x.failures, x.failing_since, x.message, x.sqlstate, x.as_of, x.last_run_id, g.is_held,
		pg_catalog.format('set %I', c.set_name) AS subject,
		pg_catalog.format('SELECT relation_name, status, phase, message, detail, hint FROM rsfed.runs WHERE %s IN (run_id, set_run_id) ORDER BY run_id;', x.last_run_id) AS look
	FROM rsfed_catalog.set_class c
	JOIN rsfed.sets x ON x.name = c.set_name
	CROSS JOIN rsfed_catalog.guard g
	WHERE c.may_see_all) c
LEFT JOIN pg_catalog.pg_foreign_server f ON f.srvname = c.source
LEFT JOIN rsfed_catalog.source_failure l ON l.source = c.source AND l.class = pg_catalog.left(c.sqlstate, 2)
CROSS JOIN LATERAL (
	SELECT 'error' AS severity, c.subject,
		pg_catalog.format('%s since %s: %s (SQLSTATE %s).',
			CASE c.failures WHEN 1 THEN 'Its refresh failed' ELSE 'Its refreshes failed ' || c.failures || ' times' END,
			pg_catalog.date_trunc('second', c.failing_since), c.message, c.sqlstate) AS problem,
		c.look AS remedy, false AS on_primary,
		'Refreshes of %s sets fail with SQLSTATE ' || c.sqlstate || '.' AS problem_of_many,
		'SELECT name, failing_since, message FROM rsfed.sets WHERE state = ''failing'' AND sqlstate = '
			|| pg_catalog.quote_literal(c.sqlstate) || ' ORDER BY failing_since;' AS remedy_of_many
	WHERE c.state = 'failing' AND l.source IS NULL AND (c.source IS NULL OR f.oid IS NOT NULL)
	UNION ALL
	SELECT 'error', c.subject,
		pg_catalog.format('The gate of a member refused new content: %s.', c.message), c.look, false,
		'The gates of members of %s sets refused new content.',
		'SELECT name, message FROM rsfed.sets WHERE state = ''refused'';'
	WHERE c.state = 'refused'
	UNION ALL
	SELECT 'warning', c.subject, 'It has never been refreshed.',
		pg_catalog.format('CALL rsfed.refresh_set(%L);', c.set_name), true,
		'%s sets have never been refreshed.',
		rsfed_catalog.call_each_statement('rsfed.refresh_set(r.name',
			'SELECT t.name FROM rsfed.sets t WHERE t.state = ''never'' AND t.rollups IS NOT NULL AND pg_catalog.pg_has_role(t.owner, ''USAGE'')')
	WHERE c.state = 'never' AND c.members IS NOT NULL
	UNION ALL
	SELECT w.severity, pg_catalog.format('schedule %I of set %I', s.schedule_name, c.set_name), w.problem, w.remedy, true,
		w.problem_of_many, w.remedy_of_many
	FROM rsfed_catalog.schedule s
	CROSS JOIN LATERAL (
		SELECT 'error' AS severity, 'It has stopped: all of its times are in the past, or it cannot be read.' AS problem,
			pg_catalog.format('SELECT rsfed.alter_set_schedule(%L, %L, schedule => ''@daily'');', c.set_name, s.schedule_name) AS remedy,
			'%s schedules of sets have stopped: they name no time that is still to come, or cannot be read.' AS problem_of_many,
			'SELECT rsfed.alter_set_schedule(s.set_name, s.name, schedule => ''@daily'') FROM rsfed.schedules s JOIN rsfed.sets t ON t.name = s.set_name WHERE s.next_run_at IS NULL AND pg_catalog.pg_has_role(t.owner, ''USAGE'');' AS remedy_of_many
		WHERE NOT pg_catalog.isfinite(s.next_run_at)
		UNION ALL
		SELECT 'error', pg_catalog.format('It has paused itself since %s: %s', pg_catalog.date_trunc('second', s.paused_at), s.pause_reason),
			pg_catalog.format('SELECT rsfed.resume_set(%L);', c.set_name),
			'%s schedules of sets have paused themselves; rsfed.schedules has the reasons.',
			'SELECT rsfed.resume_set(s.set_name) FROM rsfed.schedules s JOIN rsfed.sets t ON t.name = s.set_name WHERE s.paused AND s.paused_by IS NULL AND pg_catalog.pg_has_role(t.owner, ''USAGE'');'
		WHERE s.paused_at IS NOT NULL
		UNION ALL
		SELECT 'error', pg_catalog.format(CASE WHEN EXISTS (SELECT FROM rsfed_catalog.run r
					WHERE r.relation_id = s.relation_id AND r.schedule_name = s.schedule_name)
				THEN 'It is overdue since %s.' ELSE 'It has never run; it is due since %s.' END
					|| ' The remedy refreshes once; the schedule goes on when a scheduler runs.',
				pg_catalog.date_trunc('second', s.next_run_at)),
			pg_catalog.format('CALL rsfed.refresh_set(%L);', c.set_name),
			'%s schedules of sets are overdue. The remedy refreshes once; the schedules go on when a scheduler runs.',
			rsfed_catalog.call_each_statement('rsfed.refresh_set(r.set_name',
				'SELECT DISTINCT s.set_name FROM rsfed.schedules s JOIN rsfed.sets t ON t.name = s.set_name WHERE NOT s.paused AND NOT s.held AND s.next_run_at < pg_catalog.now() - interval ''5 minutes'' AND pg_catalog.pg_has_role(t.owner, ''USAGE'')')
		WHERE NOT c.is_paused AND NOT c.is_held AND c.state <> 'held' AND s.paused_at IS NULL
			AND pg_catalog.isfinite(s.next_run_at)
			AND s.next_run_at < pg_catalog.now() - '5 minutes'::pg_catalog.interval
	) w
	WHERE s.relation_id = c.set_id
) v;
COMMENT ON VIEW rsfed_doctor.set IS
'Sets whose refreshes fail, are refused or never were, and their schedules as those of relations';

-- Problems of served tables.  The width of a row is taken from its statistics.
CREATE VIEW rsfed_doctor.served WITH (security_barrier = true) AS
WITH published AS MATERIALIZED (
	SELECT g.relid, pg_catalog.string_agg(pg_catalog.quote_ident(q.pubname), ', ' ORDER BY q.pubname) AS names
	FROM pg_catalog.pg_publication q, pg_catalog.pg_get_publication_tables(q.pubname) g
	WHERE q.pubupdate OR q.pubdelete
	GROUP BY g.relid)
SELECT v.severity, c.name AS subject, v.problem, pg_catalog.format(v.remedy, c.name) AS remedy, true AS on_primary,
	v.problem_of_many, COALESCE(v.remedy_of_many, v.remedy) AS remedy_of_many
FROM (SELECT c.relid, c.full_name AS name, r.relreplident, r.reltuples,
		r.relpages::pg_catalog.int8 * pg_catalog.current_setting('block_size')::pg_catalog.int8 AS bytes,
		COALESCE((SELECT o.option_value::pg_catalog.int4 FROM pg_catalog.pg_options_to_table(r.reloptions) o
			WHERE o.option_name = 'fillfactor'), 100) AS fillfactor,
		w.width, pg_catalog.pg_stat_get_live_tuples(c.relid) AS live, pg_catalog.pg_stat_get_dead_tuples(c.relid) AS dead, c.relation_id
	FROM rsfed_catalog.relation_class c
	JOIN pg_catalog.pg_class r ON r.oid = c.relid
	CROSS JOIN LATERAL (SELECT pg_catalog.sum(a.stawidth) AS width
		FROM pg_catalog.pg_statistic a WHERE a.starelid = c.relid AND NOT a.stainherit) w
	WHERE c.may_see_all AND r.relkind IN ('r', 'm')) c
LEFT JOIN rsfed_catalog.rollup u USING (relation_id)
LEFT JOIN rsfed_catalog.freshness f USING (relation_id)
LEFT JOIN published p ON p.relid = c.relid
CROSS JOIN LATERAL (
	SELECT 'warning' AS severity,
		'It has no statistics, so the planner has to guess.' AS problem, 'ANALYZE %s;' AS remedy,
		'%s relations have no statistics, so the planner has to guess.' AS problem_of_many, NULL::pg_catalog.text AS remedy_of_many
	WHERE c.width IS NULL AND f.changed_at IS NOT NULL AND (c.reltuples <> 0 OR c.live > 0)
	UNION ALL
	SELECT 'warning', pg_catalog.format('%s of its row versions are dead, %s are alive: autovacuum does not keep up, or something holds the oldest snapshot.',
		c.dead, c.live), 'VACUUM (ANALYZE) %s;',
		'%s relations have many dead row versions: autovacuum does not keep up, or something holds the oldest snapshot.', NULL
	WHERE c.dead > 10000 AND c.dead > c.live / 2
	UNION ALL
	SELECT 'notice', pg_catalog.format('It takes %s, its rows about %s. Readers wait while it is rewritten, here and on replicas.',
		pg_catalog.pg_size_pretty(c.bytes), pg_catalog.pg_size_pretty(e.bytes)), 'VACUUM (FULL, ANALYZE) %s;',
		'%s relations take more than three times what their rows need. Readers wait while they are rewritten, here and on replicas.', NULL
	FROM (SELECT (c.reltuples * (32 + c.width) * 100 / c.fillfactor)::pg_catalog.int8) AS e (bytes)
	WHERE c.reltuples >= 0 AND c.bytes > 3 * e.bytes + 10485760
	UNION ALL
	SELECT 'notice', 'Its window is never compared as a whole: what came later than its lookback, and what was deleted, is not found.',
		'SELECT rsfed.schedule_refresh(' || pg_catalog.replace(pg_catalog.quote_literal(c.name), '%', '%%')
			|| ', ''@daily'', name => ''full merge'', method => ''merge'');',
		'%s windows are never compared as a whole: what came later than their lookback, and what was deleted, is not found.',
		'SELECT rsfed.schedule_refresh(u.rollup, ''@daily'', name => ''full merge'', method => ''merge'') FROM rsfed.rollups u WHERE u.method = ''window'' AND pg_catalog.pg_has_role(u.owner, ''USAGE'') AND NOT EXISTS (SELECT FROM rsfed.schedules s WHERE s.relation = u.rollup AND s.method = ''merge'');'
	WHERE u.method = 'window' AND NOT EXISTS (SELECT FROM rsfed_catalog.schedule s
		WHERE s.relation_id = c.relation_id AND s.method = 'merge')
	UNION ALL
	SELECT 'error', pg_catalog.format('It is published by %s and has no replica identity: refreshes that change or delete rows fail.', p.names),
		'ALTER TABLE %s REPLICA IDENTITY FULL;',
		'%s relations are published and have no replica identity: refreshes that change or delete rows fail.',
		'DO $$DECLARE r text; BEGIN FOR r IN SELECT remedy FROM rsfed_doctor.served WHERE remedy ~ ''REPLICA IDENTITY FULL;$'' LOOP EXECUTE r; END LOOP; END$$;'
	WHERE p.names IS NOT NULL AND (c.relreplident = 'n'
		OR c.relreplident = 'd' AND NOT EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.relid AND i.indisprimary)
		OR c.relreplident = 'i' AND NOT EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.relid AND i.indisreplident))
) v;
COMMENT ON VIEW rsfed_doctor.served IS
'Served tables: bloat, missing statistics, windows without a full merge, publications without a replica identity';
