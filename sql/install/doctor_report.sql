-- rsfed.doctor() itself.

GRANT SELECT ON ALL TABLES IN SCHEMA rsfed_doctor TO PUBLIC;

CREATE FUNCTION rsfed.doctor(remote boolean DEFAULT false)
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
COMMENT ON FUNCTION rsfed.doctor(boolean) IS
'Says what is wrong, worst first, each with the statement that mends it. With remote => true it asks the servers, too';
