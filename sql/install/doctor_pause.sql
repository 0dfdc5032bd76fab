-- rsfed.doctor() on manual pauses.  The topic schedule reports schedules that paused
-- themselves, and the topic relation reports paused relations that are late.

CREATE VIEW rsfed_doctor.pause WITH (security_barrier = true) AS
SELECT v.severity, v.subject,
	pg_catalog.format('%s since %s by %s, %s%s', v.what, pg_catalog.date_trunc('second', v.paused_at), v.paused_by,
		CASE WHEN pg_catalog.isfinite(v.paused_until) THEN 'until ' || v.paused_until ELSE 'without an end' END,
		COALESCE(': ' || v.pause_reason, '.')) AS problem,
	v.remedy, true AS on_primary, v.problem_of_many, v.remedy_of_many
FROM (
	SELECT CASE WHEN pg_catalog.isfinite(p.paused_until) THEN 'notice' ELSE 'warning' END AS severity,
		pg_catalog.format('database %I', pg_catalog.current_database()) AS subject,
		'All schedules are paused' AS what, p.paused_at, p.paused_until, p.paused_by, p.pause_reason,
		CASE WHEN pg_catalog.has_function_privilege('rsfed.resume_all()', 'EXECUTE') THEN 'SELECT rsfed.resume_all();'
			ELSE 'SELECT relation, set_name, paused_by, paused_until, pause_reason FROM rsfed.schedules WHERE paused;' END AS remedy,
		NULL AS problem_of_many, NULL AS remedy_of_many
	FROM rsfed_catalog.pause p
	WHERE pg_catalog.pg_has_role('pg_monitor', 'USAGE')
		OR EXISTS (SELECT FROM rsfed_catalog.relation_class c WHERE c.may_see_all)
	UNION ALL
	SELECT 'notice', c.full_name, 'Its schedules are paused', r.paused_at, r.paused_until, r.paused_by, r.pause_reason,
		pg_catalog.format('SELECT rsfed.resume(%L);', c.full_name),
		'Schedules of %s relations are paused.',
		'SELECT DISTINCT relation, paused_by, paused_until, pause_reason FROM rsfed.schedules WHERE paused AND relation IS NOT NULL;'
	FROM rsfed_catalog.relation r
	JOIN rsfed_catalog.relation_class c USING (relation_id)
	WHERE r.paused_at IS NOT NULL AND c.may_see_all
		AND EXISTS (SELECT FROM rsfed_catalog.schedule s WHERE s.relation_id = r.relation_id)
	UNION ALL
	SELECT 'notice', pg_catalog.format('set %I', c.set_name), 'Its schedules are paused', r.paused_at, r.paused_until, r.paused_by, r.pause_reason,
		pg_catalog.format('SELECT rsfed.resume_set(%L);', c.set_name),
		'Schedules of %s sets are paused.',
		'SELECT DISTINCT set_name, paused_by, paused_until, pause_reason FROM rsfed.schedules WHERE paused AND set_name IS NOT NULL;'
	FROM rsfed_catalog.relation r
	JOIN rsfed_catalog.set_class c ON c.set_id = r.relation_id
	WHERE r.paused_at IS NOT NULL AND c.may_see_all
		AND EXISTS (SELECT FROM rsfed_catalog.schedule s WHERE s.relation_id = r.relation_id)
) v
WHERE v.paused_until IS NULL OR v.paused_until > pg_catalog.now();
COMMENT ON VIEW rsfed_doctor.pause IS
'Pauses that somebody made: of all schedules, and of those of a relation or a set';
GRANT SELECT ON rsfed_doctor.pause TO PUBLIC;
