-- Problems and the statements that solve them: one view for each topic, one row
-- for each problem, and rsfed.doctor(), which reads all views and, on request,
-- checks the servers.  Each view of this schema is a topic.  Columns: severity
-- (error, warning, notice), subject, problem, remedy (statements that run as
-- pasted), on_primary (must the remedy be run on the primary?); and, if many
-- relations can have the same problem, problem_of_many, in which %s stands for
-- their number, and remedy_of_many, one statement for all of them, in which %s
-- stands for their names.  Rows with equal values in these two columns are one
-- problem.
--
-- Nothing here locks a served table, so that rsfed.doctor() never waits for
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

-- A log-in belongs to a role, and so does the check.
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

-- Without the collector the server does not know the file of the log.
CREATE FUNCTION rsfed_catalog.log_statement()
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN current_setting('logging_collector')::bool THEN 'SELECT pg_catalog.pg_current_logfile();'
		ELSE 'SHOW log_destination;' END
$$;
COMMENT ON FUNCTION rsfed_catalog.log_statement() IS
'The statement that says where the server''s log is';

CREATE FUNCTION rsfed_catalog.log_says_why()
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN current_setting('logging_collector')::bool THEN 'The server''s log says why.'
		ELSE 'The server''s log says why; as logging_collector is off, whatever starts the server has it: the system''s journal, or the file of pg_ctl -l.' END
$$;
COMMENT ON FUNCTION rsfed_catalog.log_says_why() IS
'A sentence that sends the reader to the server''s log';

-- In PL/pgSQL a procedure needs a variable for each of its results.
CREATE FUNCTION rsfed_catalog.call_each_statement(call text, query text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $body$
	SELECT format('DO $$DECLARE r record; n bigint; s text; c bigint; a timestamptz; e interval; BEGIN FOR r IN %s LOOP CALL %s, run_id => n, status => s, rows_changed => c, as_of => a, elapsed => e); END LOOP; END$$;', query, call)
$body$;
COMMENT ON FUNCTION rsfed_catalog.call_each_statement(text, text) IS
'The statement that calls a procedure of refreshing for each row r of a query; the call is without what follows its own arguments';

-- Refreshes run in all workers at once, and a failure ends no other refresh;
-- without workers the session runs them itself.
CREATE FUNCTION rsfed_catalog.refresh_all_statement(condition text, scheduler_state text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $body$
	SELECT format('SELECT rsfed.request_refresh(f.relation) FROM rsfed.freshness f JOIN rsfed.rollups u ON u.rollup = f.relation WHERE pg_catalog.pg_has_role(u.owner, ''USAGE'') AND %s;', condition)
	WHERE scheduler_state IN ('running', 'asleep', 'starting', 'unknown')
$body$;
COMMENT ON FUNCTION rsfed_catalog.refresh_all_statement(text, text) IS
'The statement that requests a refresh of all rollups of the caller for which a condition on rsfed.freshness f holds; NULL where no worker would run it';

-- The relations and sets of a source, as far as the current user may see
-- everything about them.
CREATE VIEW rsfed_catalog.served_by_source WITH (security_barrier = true) AS
SELECT f.name, f.source, f.owner, f.state, f.sqlstate, f.is_late, f.last_run_id
FROM rsfed_catalog.relation_freshness f
WHERE f.may_see_all AND f.source IS NOT NULL
UNION ALL
SELECT pg_catalog.format('set %I', c.set_name), c.source, c.owner, s.state, s.sqlstate, false, s.last_run_id
FROM rsfed_catalog.set_class c
JOIN rsfed.sets s ON s.name = c.set_name
WHERE c.may_see_all AND c.source IS NOT NULL;
COMMENT ON VIEW rsfed_catalog.served_by_source IS
'Rollups and sets with their source and state';

-- The way to a source and the log-in there: the result of the newest run that
-- the current user may see.
CREATE VIEW rsfed_catalog.source_failure WITH (security_barrier = true) AS
SELECT l.source, pg_catalog.left(l.sqlstate, 2) AS class, l.message, l.detail, l.hint, l.finished_at,
	rsfed_catalog.check_statement(l.source, l.owner) AS remedy
FROM (SELECT DISTINCT ON (f.source) f.source, f.owner, r.status, r.sqlstate, r.message, r.detail, r.hint, r.finished_at
	FROM rsfed_catalog.served_by_source f
	JOIN rsfed_catalog.run r ON r.run_id = f.last_run_id
	ORDER BY f.source, r.run_id DESC) l
JOIN pg_catalog.pg_foreign_server s ON s.srvname = l.source
WHERE l.status = 'failed' AND (pg_catalog.left(l.sqlstate, 2) = '08'
	-- the topic credentials reports a log-in that is held
	OR pg_catalog.left(l.sqlstate, 2) = '28' AND NOT EXISTS (SELECT FROM rsfed_catalog.held_credentials h
		WHERE h.server_id = s.oid));
COMMENT ON VIEW rsfed_catalog.source_failure IS
'Sources that could not be reached (class 08) or logged in to (28, none held) at their last use';

