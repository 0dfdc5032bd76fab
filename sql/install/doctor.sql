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

