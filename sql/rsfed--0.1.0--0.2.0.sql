-- rsfed: from 0.1.0 to 0.2.0
--
-- What has changed in sql/install since 0.1.0.  Whoever changes something there
-- writes it here, too.  test/t/016_release.pl compares what an
-- update makes with what CREATE EXTENSION makes.

-- complain if script is sourced in psql, rather than via ALTER EXTENSION
\echo Use "ALTER EXTENSION rsfed UPDATE TO '0.2.0'" to load this file. \quit

-- rsfed.doctor() on pauses that somebody made.  A schedule that has paused itself is
-- told by the topic schedule, a paused relation that is late by the topic relation.

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

CREATE OR REPLACE FUNCTION rsfed.doctor(remote boolean DEFAULT false)
RETURNS TABLE (severity text, subject text, problem text, remedy text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp SET datestyle = 'ISO' SET intervalstyle = 'postgres'
-- these queries run once: compiling them would take longer
SET jit = off
AS $$
DECLARE
	topics name[];
	topic name;
	here jsonb;
	rows jsonb := '[]';
	is_replica boolean := pg_is_in_recovery();
BEGIN
	-- the views of the extension, not others in the same schema
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
					-- for a member of a group, prefixed with its name
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
			'problem', format('Nothing found%s. Looked at: %s%s.',
				CASE WHEN pg_has_role('pg_monitor', 'USAGE') THEN '' ELSE format(' in what role %I may see', current_user) END,
				array_to_string(topics, ', '), CASE WHEN remote THEN '; asked the servers' ELSE '' END)));
	END IF;
	RETURN QUERY
		WITH found AS (SELECT *
			FROM jsonb_to_recordset(rows) AS r (severity text, subject text, problem text, remedy text, on_primary boolean,
				problem_of_many text, remedy_of_many text)),
		-- one problem of many is one row
		many AS (SELECT f.severity, array_to_string((array_agg(f.subject ORDER BY f.subject COLLATE "C"))[:5], ', ')
					|| CASE WHEN count(*) > 5 THEN format(' and %s more', count(*) - 5) ELSE '' END AS subject,
				format(f.problem_of_many, count(*)) AS problem,
				format(f.remedy_of_many, string_agg(f.subject, ', ' ORDER BY f.subject COLLATE "C")) AS remedy,
				f.on_primary, f.problem_of_many, f.remedy_of_many
			FROM found f
			WHERE f.problem_of_many IS NOT NULL
			GROUP BY f.severity, f.problem_of_many, f.remedy_of_many, f.on_primary
			HAVING count(*) >= 5)
		SELECT r.severity, r.subject,
			r.problem || CASE WHEN is_replica AND r.on_primary THEN ' Run the remedy on the primary.' ELSE '' END, r.remedy
		FROM (SELECT m.* FROM many m
			UNION ALL
			SELECT f.* FROM found f
			WHERE NOT EXISTS (SELECT FROM many m WHERE (m.severity, m.problem_of_many, m.remedy_of_many, m.on_primary)
				= (f.severity, f.problem_of_many, f.remedy_of_many, f.on_primary))) r
		ORDER BY array_position(ARRAY['error', 'warning', 'notice', 'ok'], r.severity), r.subject, r.problem;
END
$$;
