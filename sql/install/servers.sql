-- Redshift servers and credentials.

CREATE FUNCTION rsfed_catalog.validator(options text[], catalog oid)
RETURNS void
AS 'MODULE_PATHNAME', 'rsfed_validator'
LANGUAGE C STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rsfed_catalog.validator(text[], oid) IS
'Checks OPTIONS of servers, user mappings, foreign tables and columns of the wrapper rsfed';

CREATE FUNCTION rsfed_catalog.handler()
RETURNS fdw_handler
AS 'MODULE_PATHNAME', 'rsfed_handler'
LANGUAGE C STRICT;
COMMENT ON FUNCTION rsfed_catalog.handler() IS
'Plans and runs scans of foreign tables of the wrapper rsfed';

CREATE FOREIGN DATA WRAPPER rsfed HANDLER rsfed_catalog.handler VALIDATOR rsfed_catalog.validator;
COMMENT ON FOREIGN DATA WRAPPER rsfed IS
'Redshift clusters and workgroups';

CREATE FUNCTION rsfed.register_server(
	server name,
	host text,
	dbname text,
	username text,
	password text DEFAULT NULL,
	port integer DEFAULT 5439,
	sslmode text DEFAULT 'verify-full',
	options jsonb DEFAULT '{}',
	verify boolean DEFAULT true)
RETURNS void
AS 'MODULE_PATHNAME', 'rsfed_register_server'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION rsfed.register_server(name, text, text, text, text, integer, text, jsonb, boolean) IS
'Makes a foreign server for a Redshift, and a user mapping for the caller. A log-in that fails is a WARNING';

CREATE FUNCTION rsfed.set_credentials(
	server name,
	username text,
	password text,
	for_role name DEFAULT current_user,
	valid_until timestamptz DEFAULT NULL,
	verify boolean DEFAULT true)
RETURNS void
AS 'MODULE_PATHNAME', 'rsfed_set_credentials'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION rsfed.set_credentials(name, text, text, name, timestamptz, boolean) IS
'Sets the user and password that a role logs in to a server with; for_role public stands for every role without its own';

CREATE FUNCTION rsfed.check_server(source name, OUT item text, OUT ok boolean, OUT detail text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'rsfed_check_server'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 10;
COMMENT ON FUNCTION rsfed.check_server(name) IS
'Tries a server, and says step by step what works and what does not';

CREATE FUNCTION rsfed.drop_server(server name, cascade boolean DEFAULT false)
RETURNS void
AS 'MODULE_PATHNAME', 'rsfed_drop_server'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION rsfed.drop_server(name, boolean) IS
'Drops a server with its user mappings, and with cascade the rollups that use it';

CREATE VIEW rsfed.servers AS
SELECT s.srvname AS server,
	w.fdwname AS wrapper,
	s.srvowner::pg_catalog.regrole AS owner,
	pg_catalog.max(o.option_value) FILTER (WHERE o.option_name OPERATOR(pg_catalog.=) 'host') AS host,
	-- a group has none of its own
	CASE WHEN NOT g.is_group THEN coalesce(pg_catalog.max(o.option_value)
		FILTER (WHERE o.option_name OPERATOR(pg_catalog.=) 'port'), '5439')::pg_catalog.int4 END AS port,
	pg_catalog.max(o.option_value) FILTER (WHERE o.option_name OPERATOR(pg_catalog.=) 'dbname') AS dbname,
	CASE WHEN NOT g.is_group THEN coalesce(pg_catalog.max(o.option_value)
		FILTER (WHERE o.option_name OPERATOR(pg_catalog.=) 'sslmode'),
		CASE w.fdwname WHEN 'rsfed' THEN 'verify-full' ELSE 'prefer' END) END AS sslmode,
	coalesce(pg_catalog.jsonb_object_agg(o.option_name, o.option_value)
		FILTER (WHERE o.option_name OPERATOR(pg_catalog.<>) ALL ('{host,port,dbname,sslmode,user,password}'::pg_catalog.text[])),
		'{}'::pg_catalog.jsonb) AS options,
	pg_catalog.has_server_privilege(s.oid, 'USAGE') AS may_use,
	CASE WHEN g.is_group THEN ARRAY(SELECT m.server FROM rsfed_catalog.member m
		WHERE m.group_name OPERATOR(pg_catalog.=) s.srvname ORDER BY m.server) END AS members
FROM pg_catalog.pg_foreign_server s
JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid OPERATOR(pg_catalog.=) s.srvfdw
CROSS JOIN LATERAL (SELECT w.fdwname OPERATOR(pg_catalog.=) 'rsfed' AND EXISTS (SELECT
	FROM pg_catalog.pg_options_to_table(s.srvoptions) x
	WHERE x.option_name OPERATOR(pg_catalog.=) 'strategy') AS is_group) g
LEFT JOIN LATERAL pg_catalog.pg_options_to_table(s.srvoptions) o ON true
WHERE w.fdwname OPERATOR(pg_catalog.=) ANY ('{rsfed,postgres_fdw}'::pg_catalog.name[])
GROUP BY s.oid, s.srvname, w.fdwname, s.srvowner, g.is_group;
COMMENT ON VIEW rsfed.servers IS
'Sources: servers of rsfed, groups of them, and servers that were made by hand with postgres_fdw';
GRANT SELECT ON rsfed.servers TO PUBLIC;

-- The view pg_user_mappings shows umoptions only to the role of the mapping and the
-- owner of the server.  Nobody sees the password here.
CREATE VIEW rsfed.credentials WITH (security_barrier = true) AS
SELECT m.srvname AS server,
	CASE m.umuser WHEN 0 THEN 'public' ELSE m.usename END AS for_role,
	pg_catalog.max(o.option_value) FILTER (WHERE o.option_name OPERATOR(pg_catalog.=) 'user') AS username,
	CASE
		WHEN m.umoptions IS NULL THEN NULL
		WHEN pg_catalog.bool_or(o.option_name OPERATOR(pg_catalog.=) 'credentials_file') THEN 'file'
		WHEN pg_catalog.bool_or(o.option_name OPERATOR(pg_catalog.=) 'password') THEN 'password'
		ELSE 'none'
	END AS kind,
	pg_catalog.max(o.option_value) FILTER (WHERE o.option_name OPERATOR(pg_catalog.=) 'credentials_file') AS credentials_file,
	(pg_catalog.max(o.option_value) FILTER (WHERE o.option_name OPERATOR(pg_catalog.=) 'valid_until'))::pg_catalog.timestamptz AS valid_until,
	h.held_since,
	CASE WHEN m.umoptions IS NOT NULL THEN h.message END AS held_message
FROM pg_catalog.pg_user_mappings m
JOIN pg_catalog.pg_foreign_server s ON s.oid OPERATOR(pg_catalog.=) m.srvid
JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid OPERATOR(pg_catalog.=) s.srvfdw
LEFT JOIN rsfed_catalog.held_credentials h ON h.server_id OPERATOR(pg_catalog.=) m.srvid
	AND h.role_id OPERATOR(pg_catalog.=) m.umuser
LEFT JOIN LATERAL pg_catalog.pg_options_to_table(m.umoptions) o ON true
WHERE w.fdwname OPERATOR(pg_catalog.=) ANY ('{rsfed,postgres_fdw}'::pg_catalog.name[])
GROUP BY m.umid, m.srvname, m.umuser, m.usename, m.umoptions, h.held_since, h.message;
COMMENT ON VIEW rsfed.credentials IS
'Who logs in to which server as whom, until when, and whether schedules try it; never a password';
GRANT SELECT ON rsfed.credentials TO PUBLIC;
