-- Compares the members of a group, and gives a name of it to clients that
-- connect to the warehouses themselves.

CREATE FUNCTION rsfed.check_group(group_name name, tables text[] DEFAULT NULL, sample boolean DEFAULT false)
RETURNS TABLE (server name, item text, ok boolean, detail text)
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rsfed_check_group';
COMMENT ON FUNCTION rsfed.check_group(name, text[], boolean) IS
'Compares the members of a group: external schemas, tables, views, columns, partitions and grants of what its rollups read, or of the tables that are named. With sample their rows are compared, too';

CREATE FUNCTION rsfed.dns_records(group_name name, record text, ttl integer DEFAULT 60)
RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	members record;
	changes jsonb;
BEGIN
	IF group_name IS NULL OR record IS NULL OR ttl IS NULL THEN
		RAISE EXCEPTION 'argument "%" must not be null',
			CASE WHEN group_name IS NULL THEN 'group_name' WHEN record IS NULL THEN 'record' ELSE 'ttl' END
			USING ERRCODE = 'null_value_not_allowed';
	END IF;
	IF octet_length(rtrim(record, '.')) > 253 OR record
		!~* '^(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.?$' THEN
		RAISE EXCEPTION 'invalid value for argument "record": "%"', record
			USING ERRCODE = 'invalid_parameter_value',
				DETAIL = 'It is to be a name in a zone of the DNS, with a dot in it.',
				HINT = 'For example warehouse.example.com.';
	END IF;
	IF ttl < 0 THEN
		RAISE EXCEPTION 'invalid value for argument "ttl": %', ttl
			USING ERRCODE = 'invalid_parameter_value', DETAIL = 'The valid range is 0 to 2147483647 seconds.';
	END IF;
	-- 42704 and 42809 with the nearest name, 42501 with the GRANT; it connects to nothing
	PERFORM FROM rsfed.check_group(group_name, '{}');

	SELECT count(m.server) AS members, max(m.weight) AS most,
		sum(CASE WHEN m.state IN ('draining', 'broken') THEN 0 ELSE m.weight END) AS total,
		count(DISTINCT COALESCE(o.port, '5439')) AS ports,
		string_agg(quote_ident(m.server), ', ' ORDER BY m.server)
			FILTER (WHERE o.host IS NULL OR o.host !~ '\.' OR o.host ~ '^[0-9.]+$|[:/,]') AS unnamed
	INTO members
	FROM rsfed.groups m
	JOIN pg_foreign_server s ON s.srvname = m.server
	CROSS JOIN LATERAL (SELECT max(t.option_value) FILTER (WHERE t.option_name = 'host') AS host,
			max(t.option_value) FILTER (WHERE t.option_name = 'port') AS port
		FROM pg_options_to_table(s.srvoptions) t) o
	WHERE m.group_name = dns_records.group_name;
	IF members.members = 0 THEN
		RAISE EXCEPTION 'group "%" has no member', group_name
			USING ERRCODE = 'object_not_in_prerequisite_state',
				HINT = format('Add one with SELECT rsfed.add_member(%L, ''...'').', group_name);
	END IF;
	IF members.unnamed IS NOT NULL THEN
		RAISE EXCEPTION 'a CNAME cannot point to each member of group "%"', group_name
			USING ERRCODE = 'object_not_in_prerequisite_state',
				DETAIL = format('The host of these is no name in the DNS: %s.', members.unnamed),
				HINT = 'Give the server the name of its endpoint: ALTER SERVER ... OPTIONS (SET host ''...'').';
	END IF;
	IF members.ports > 1 THEN
		RAISE WARNING 'the members of group "%" listen at different ports', group_name
			USING DETAIL = 'A CNAME carries no port: whoever connects by the record uses one for all.';
	END IF;
	IF members.total = 0 THEN
		RAISE WARNING 'all weights of record "%" are 0', record
			USING DETAIL = 'Route 53 then gives all members with the same probability, drained and broken ones, too.',
				HINT = format('SELECT server, weight, state, last_error FROM rsfed.groups WHERE group_name = %L;', group_name);
	END IF;

	-- weights of Route 53 end at 255; what has a share keeps one
	SELECT jsonb_agg(jsonb_build_object('Action', 'UPSERT', 'ResourceRecordSet', jsonb_build_object(
			'Name', record, 'Type', 'CNAME', 'SetIdentifier', m.server, 'TTL', ttl,
			'Weight', CASE WHEN m.state IN ('draining', 'broken') OR m.weight = 0 THEN 0
				WHEN members.most <= 255 THEN m.weight
				ELSE GREATEST(round(m.weight * 255.0 / members.most), 1) END,
			'ResourceRecords', jsonb_build_array(jsonb_build_object('Value', o.option_value)))) ORDER BY m.server)
	INTO changes
	FROM rsfed.groups m
	JOIN pg_foreign_server s ON s.srvname = m.server
	CROSS JOIN LATERAL pg_options_to_table(s.srvoptions) o
	WHERE m.group_name = dns_records.group_name AND o.option_name = 'host';
	RETURN jsonb_pretty(jsonb_build_object('Comment', format('rsfed: members of group %s', group_name), 'Changes', changes));
END
$$;
COMMENT ON FUNCTION rsfed.dns_records(name, text, integer) IS
'The change batch for Amazon Route 53 that makes a record of weighted CNAMEs, one for each member; members that drain or are broken have the weight 0';
