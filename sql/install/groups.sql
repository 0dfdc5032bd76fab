-- Groups: several servers behind one name, which is a foreign server, too.

CREATE FUNCTION rsfed.define_group(group_name name, strategy text DEFAULT 'weighted', options jsonb DEFAULT '{}')
RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rsfed_define_group';
COMMENT ON FUNCTION rsfed.define_group(name, text, jsonb) IS
'Makes a name for several interchangeable servers, which rsfed.add_member puts behind it';

CREATE FUNCTION rsfed.alter_group(group_name name, strategy text DEFAULT NULL, options jsonb DEFAULT '{}')
RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rsfed_alter_group';
COMMENT ON FUNCTION rsfed.alter_group(name, text, jsonb) IS
'Changes how members of a group are chosen, or some of its options; null resets an option';

CREATE FUNCTION rsfed.drop_group(group_name name, cascade boolean DEFAULT false)
RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rsfed_drop_group';
COMMENT ON FUNCTION rsfed.drop_group(name, boolean) IS
'Drops a group with its user mappings, and with cascade the rollups that use it; its members stay servers';

CREATE FUNCTION rsfed.add_member(group_name name, server name, weight integer DEFAULT 1, priority integer DEFAULT 1,
	verify boolean DEFAULT true)
RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rsfed_add_member';
COMMENT ON FUNCTION rsfed.add_member(name, name, integer, integer, boolean) IS
'Puts a server behind the name of a group: weight is its share, 0 for nothing; of strategy failover the lowest priority goes first; what differs there is a warning';

CREATE FUNCTION rsfed.alter_member(group_name name, server name, weight integer DEFAULT NULL,
	priority integer DEFAULT NULL, drain boolean DEFAULT NULL, reason text DEFAULT NULL)
RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rsfed_alter_member';
COMMENT ON FUNCTION rsfed.alter_member(name, name, integer, integer, boolean, text) IS
'Changes a member of a group; while it drains it is given nothing new, and what it has may end';

CREATE FUNCTION rsfed.remove_member(group_name name, server name)
RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rsfed_remove_member';
COMMENT ON FUNCTION rsfed.remove_member(name, name) IS
'Takes a server out of a group; it stays a server';

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
		WHEN m.differs IS NOT NULL THEN 'differs'
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

CREATE FUNCTION rsfed.check_group(group_name name, tables text[] DEFAULT NULL, sample boolean DEFAULT false)
RETURNS TABLE (server name, item text, ok boolean, detail text)
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 20
AS 'MODULE_PATHNAME', 'rsfed_check_group';
COMMENT ON FUNCTION rsfed.check_group(name, text[], boolean) IS
'Compares the members of a group: external schemas, tables, partitions, what rollups read, and with sample also rows; a member that differs for a rollup is not used for that';

CREATE FUNCTION rsfed.dns_records(group_name name, record text, ttl integer DEFAULT 60)
RETURNS text
LANGUAGE plpgsql STABLE STRICT PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	hosts text[];
	without text;
	changes jsonb;
BEGIN
	IF ttl NOT BETWEEN 0 AND 2147483647 THEN
		RAISE numeric_value_out_of_range USING MESSAGE = format('invalid value for argument "ttl": %s', ttl);
	END IF;
	SELECT array_agg(s.host), string_agg(s.server, ', ' ORDER BY s.server) FILTER (WHERE s.host IS NULL)
	INTO hosts, without
	FROM rsfed.groups g JOIN rsfed.servers s USING (server) WHERE g.group_name = dns_records.group_name;
	IF hosts IS NULL THEN
		RAISE undefined_object USING MESSAGE = format('group "%s" does not exist, or has no member', group_name),
			HINT = 'SELECT DISTINCT group_name FROM rsfed.groups; lists the groups.';
	ELSIF without IS NOT NULL THEN
		RAISE object_not_in_prerequisite_state USING MESSAGE = format('members of group "%s" have no host', group_name),
			DETAIL = format('A record points to a name, which is missing for: %s.', without),
			HINT = 'ALTER SERVER ... OPTIONS (ADD host ''...'');';
	END IF;
	-- Route 53 takes weights up to 255; of failover only the first that work get any
	SELECT jsonb_agg(jsonb_build_object('Action', 'UPSERT', 'ResourceRecordSet', jsonb_build_object(
			'Name', record, 'Type', 'CNAME', 'SetIdentifier', m.server, 'TTL', ttl,
			'Weight', CASE WHEN m.strategy = 'failover' AND m.priority > m.first THEN 0
				WHEN m.heaviest > 255 THEN ceil(m.given * 255.0 / m.heaviest)::int4 ELSE m.given END,
			'ResourceRecords', jsonb_build_array(jsonb_build_object('Value', m.host)))) ORDER BY m.server)
	INTO changes
	FROM (SELECT w.*, max(w.given) OVER () AS heaviest, min(w.priority) FILTER (WHERE w.given > 0) OVER () AS first
		FROM (SELECT g.*, s.host, CASE WHEN g.state IN ('draining', 'broken') THEN 0 ELSE g.weight END AS given
			FROM rsfed.groups g JOIN rsfed.servers s USING (server)
			WHERE g.group_name = dns_records.group_name) w) m;
	RETURN jsonb_pretty(jsonb_build_object('Comment', format('rsfed: group %s', group_name), 'Changes', changes));
END $$;
COMMENT ON FUNCTION rsfed.dns_records(name, text, integer) IS
'The change batch for aws route53 change-resource-record-sets: weighted records that point to the members, drained and broken ones with weight 0';
