-- Groups: several servers behind one name, which is a foreign server, too.

CREATE FUNCTION rsfed.define_group(group_name name, strategy text DEFAULT 'weighted', options jsonb DEFAULT '{}')
RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rsfed_define_group';
COMMENT ON FUNCTION rsfed.define_group(name, text, jsonb) IS
'Makes one name for several interchangeable servers. rsfed.add_member() puts them into the group';

CREATE FUNCTION rsfed.alter_group(group_name name, strategy text DEFAULT NULL, options jsonb DEFAULT '{}')
RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rsfed_alter_group';
COMMENT ON FUNCTION rsfed.alter_group(name, text, jsonb) IS
'Changes how members of a group are chosen, or some of its options. null resets an option';

CREATE FUNCTION rsfed.drop_group(group_name name, cascade boolean DEFAULT false)
RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rsfed_drop_group';
COMMENT ON FUNCTION rsfed.drop_group(name, boolean) IS
'Drops a group with its user mappings, and with cascade the rollups that use it. Its members stay servers';

CREATE FUNCTION rsfed.add_member(group_name name, server name, weight integer DEFAULT 1, priority integer DEFAULT 1,
	verify boolean DEFAULT true)
RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rsfed_add_member';
COMMENT ON FUNCTION rsfed.add_member(name, name, integer, integer, boolean) IS
'Puts a server into a group. weight is its share (0 gets nothing); with the strategy failover the lowest priority goes first. A WARNING says what differs from the other members';

CREATE FUNCTION rsfed.alter_member(group_name name, server name, weight integer DEFAULT NULL,
	priority integer DEFAULT NULL, drain boolean DEFAULT NULL, reason text DEFAULT NULL)
RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rsfed_alter_member';
COMMENT ON FUNCTION rsfed.alter_member(name, name, integer, integer, boolean, text) IS
'Changes a member of a group. While it drains it gets nothing new, and what it has may end';

CREATE FUNCTION rsfed.remove_member(group_name name, server name)
RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rsfed_remove_member';
COMMENT ON FUNCTION rsfed.remove_member(name, name) IS
'Takes a server out of a group. It stays a server';

CREATE FUNCTION rsfed_catalog.member_health(group_id oid, server_id oid, OUT is_broken boolean, OUT since timestamptz,
	OUT running integer, OUT runs integer, OUT served bigint, OUT latency_ms double precision, OUT last_error text)
RETURNS record
LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'rsfed_member_health';
COMMENT ON FUNCTION rsfed_catalog.member_health(oid, oid) IS
'What the statements of rsfed have shown of a member of a group; is_broken is NULL before the first';

CREATE VIEW rsfed.groups WITH (security_barrier = true) AS
SELECT g.srvname AS group_name,
	g.strategy,
	m.server,
	m.weight,
	m.priority,
	CASE
		WHEN m.draining_since IS NOT NULL THEN 'draining'
		WHEN h.is_broken THEN 'broken'
		WHEN EXISTS (SELECT FROM rsfed_catalog.difference d WHERE d.group_name = m.group_name AND d.server = m.server
			AND d.server_options IS NOT DISTINCT FROM s.srvoptions
			AND (d.relation_id IS NULL OR EXISTS (SELECT FROM rsfed_catalog.rollup u
				WHERE u.relation_id = d.relation_id AND u.definition = d.definition AND u.source = d.group_name))) THEN 'differs'
		WHEN NOT h.is_broken THEN 'healthy'
		WHEN m.server IS NOT NULL THEN 'unknown'
	END AS state,
	COALESCE(m.draining_since, h.since) AS since,
	h.running,
	-- 0 is as many as there are
	NULLIF((SELECT o.option_value FROM pg_catalog.pg_options_to_table(s.srvoptions) o
		WHERE o.option_name = 'max_runs')::pg_catalog.int4, 0) AS max_runs,
	pg_catalog.round(h.latency_ms::pg_catalog.numeric, 1) AS latency_ms,
	h.served,
	pg_catalog.round(100.0 * h.served / NULLIF(pg_catalog.sum(h.served) OVER (PARTITION BY g.oid), 0), 1) AS share,
	CASE WHEN pg_catalog.has_server_privilege(g.oid, 'USAGE') OR pg_catalog.pg_has_role('pg_monitor', 'USAGE')
		THEN CASE WHEN m.draining_since IS NULL THEN h.last_error ELSE m.drain_reason END END AS last_error
FROM (SELECT f.oid, f.srvname, o.option_value AS strategy
	FROM pg_catalog.pg_foreign_server f
	JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = f.srvfdw
	CROSS JOIN LATERAL pg_catalog.pg_options_to_table(f.srvoptions) o
	WHERE w.fdwname = 'rsfed' AND o.option_name = 'strategy') g
LEFT JOIN rsfed_catalog.member m ON m.group_name = g.srvname
LEFT JOIN pg_catalog.pg_foreign_server s ON s.srvname = m.server
LEFT JOIN LATERAL rsfed_catalog.member_health(g.oid, s.oid) h ON true;
COMMENT ON VIEW rsfed.groups IS
'Members of groups: how they are chosen, whether they work, and what they have been given since the server started';
GRANT SELECT ON rsfed.groups TO PUBLIC;
