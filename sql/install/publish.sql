-- Rollups for servers without rsfed: publications of PostgreSQL's own, and the
-- script that makes a server their subscriber.

CREATE FUNCTION rsfed.publish(rollups regclass[], publication name DEFAULT 'rsfed', options jsonb DEFAULT '{}')
RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rsfed_publish';
COMMENT ON FUNCTION rsfed.publish(regclass[], name, jsonb) IS
'Adds rollups, with their freshness, to a publication, and makes the publication if it is not there. Called again it adds new columns, once subscribers have them';

CREATE FUNCTION rsfed.unpublish(rollups regclass[], publication name DEFAULT 'rsfed')
RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rsfed_unpublish';
COMMENT ON FUNCTION rsfed.unpublish(regclass[], name) IS
'Takes rollups out of a publication. The tables of subscribers stay as they are';

CREATE FUNCTION rsfed.subscriber_script(publication name DEFAULT 'rsfed', tables boolean DEFAULT true)
RETURNS text
LANGUAGE C STABLE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rsfed_subscriber_script';
COMMENT ON FUNCTION rsfed.subscriber_script(name, boolean) IS
'A script for psql that makes a server without rsfed a subscriber of a publication, or brings it up to date. It holds no secrets';

CREATE FUNCTION rsfed_catalog.published_columns(publication name, relid oid)
RETURNS name[]
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
	SELECT (SELECT array_agg(a.attname ORDER BY a.attnum) FROM pg_attribute a
		WHERE a.attrelid = r.prrelid AND a.attnum IN (SELECT n::int2 FROM jsonb_array_elements_text(l.list) n))
	FROM pg_publication p
	JOIN pg_publication_rel r ON r.prpubid = p.oid
	-- there is no such column before PostgreSQL 15
	CROSS JOIN LATERAL (SELECT to_jsonb(r) -> 'prattrs' AS list) l
	WHERE p.pubname = publication AND r.prrelid = relid AND jsonb_typeof(l.list) = 'array'
$$;
COMMENT ON FUNCTION rsfed_catalog.published_columns(name, oid) IS
'Columns of a table that a publication names; NULL if it publishes all of them';

CREATE FUNCTION rsfed_catalog.slot_prefix(publication name)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
	SELECT format('rsfed_%s_%s_', left(regexp_replace(lower(publication::text), '[^a-z0-9_]', '_', 'g'), 30),
		left(md5(publication::text), 6))
$$;
COMMENT ON FUNCTION rsfed_catalog.slot_prefix(name) IS
'What the names of the slots of a publication''s subscribers begin with; 8 hexadecimal digits of each subscriber follow';

CREATE FUNCTION rsfed_catalog.wal_position()
RETURNS pg_lsn
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END
$$;
COMMENT ON FUNCTION rsfed_catalog.wal_position() IS
'Up to where this server has written, or on a replica replayed, WAL';

-- The application_name of a connection contains the version of the script that its
-- subscriber has run.  PostgreSQL shows it only to pg_monitor.  Owners of
-- publications need it, too, so this function reads it for them.
CREATE FUNCTION rsfed_catalog.subscriber_sender()
RETURNS TABLE (pid integer, version integer, lag interval)
LANGUAGE sql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
	SELECT a.pid, substring(a.application_name, '^rsfed/([0-9]{1,9})$')::int4, a.replay_lag
	FROM pg_stat_replication a
	WHERE a.application_name ~ '^rsfed/[0-9]{1,9}$'
$$;
COMMENT ON FUNCTION rsfed_catalog.subscriber_sender() IS
'Connections of subscribers: process, version of the script that was run there, how long what is written takes to be applied';

-- Some columns exist only in newer versions, so they are read through jsonb.
CREATE VIEW rsfed_catalog.subscriber_slot AS
SELECT b.publication,
	b.version AS published_version,
	s.slot_name::pg_catalog.text AS slot,
	s.active AS connected,
	a.version,
	pg_catalog.pg_wal_lsn_diff(rsfed_catalog.wal_position(), s.confirmed_flush_lsn)::pg_catalog.int8 AS lag_bytes,
	a.lag,
	(x.more ->> 'inactive_since')::pg_catalog.timestamptz AS inactive_since,
	pg_catalog.pg_wal_lsn_diff(rsfed_catalog.wal_position(), s.restart_lsn)::pg_catalog.int8 AS retained_wal,
	s.wal_status = 'lost' AS is_lost,
	(x.more ->> 'failover')::pg_catalog.bool AS has_failover
FROM rsfed_catalog.publication b
JOIN pg_catalog.pg_replication_slots s ON s.slot_type = 'logical' AND s.database = pg_catalog.current_database()
	AND pg_catalog.left(s.slot_name::pg_catalog.text, -8) = rsfed_catalog.slot_prefix(b.publication)
LEFT JOIN rsfed_catalog.subscriber_sender() a ON a.pid = s.active_pid
CROSS JOIN LATERAL (SELECT pg_catalog.to_jsonb(s) AS more) x;
COMMENT ON VIEW rsfed_catalog.subscriber_slot IS
'Replication slots of the subscribers of rsfed''s publications';

CREATE VIEW rsfed.publications WITH (security_barrier = true) AS
SELECT p.publication,
	c.relid::pg_catalog.regclass AS relation,
	COALESCE(rsfed_catalog.published_columns(p.publication, c.relid),
		(SELECT pg_catalog.array_agg(a.attname ORDER BY a.attnum) FROM pg_catalog.pg_attribute a
			WHERE a.attrelid = c.relid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '')) AS columns,
	(SELECT pg_catalog.count(*) FROM rsfed_catalog.subscriber_slot s
		WHERE s.publication = p.publication)::pg_catalog.int4 AS subscribers
FROM rsfed_catalog.published_freshness p
JOIN rsfed_catalog.relation_class c USING (relation_id)
WHERE c.may_select OR c.may_see_all;
COMMENT ON VIEW rsfed.publications IS
'Published rollups, which of their columns are published, and how many servers subscribe';

CREATE VIEW rsfed.subscribers WITH (security_barrier = true) AS
SELECT s.publication, s.slot, s.connected, s.lag_bytes, s.lag, s.inactive_since, s.retained_wal,
	CASE
		WHEN s.is_lost THEN 'Its slot is lost: WAL that it needed is gone.'
		WHEN NOT s.connected THEN 'It is not connected.'
		WHEN s.version < s.published_version THEN pg_catalog.format('It has run the script of version %s; the publication is version %s.',
			s.version, s.published_version)
	END AS problem
FROM rsfed_catalog.subscriber_slot s
JOIN pg_catalog.pg_publication p ON p.pubname = s.publication
WHERE pg_catalog.pg_has_role(p.pubowner, 'USAGE') OR pg_catalog.pg_has_role('pg_monitor', 'USAGE');
COMMENT ON VIEW rsfed.subscribers IS
'Servers that subscribe to publications of rollups, one row for each slot; for owners of publications and pg_monitor';
GRANT SELECT ON rsfed.publications, rsfed.subscribers TO PUBLIC;

-- The build inserts sql/subscriber/script.sql here.
CREATE FUNCTION rsfed_catalog.subscriber_template()
RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $template$
	SELECT ltrim($script$
@subscriber_script@
$script$, E'\n')
$template$;
COMMENT ON FUNCTION rsfed_catalog.subscriber_template() IS
'The script of a subscriber, with marks in place of what is published';

-- The part of the script for one table; \gset is used because nobody needs the
-- results of these functions.  A key that is the replica identity is a primary
-- key at subscribers.
CREATE FUNCTION rsfed_catalog.subscriber_table(publication name, version integer, relid oid, relation_id integer, copy_number integer, tables boolean)
RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $body$
	WITH t AS (SELECT c.oid, n.nspname, c.relname, c.relowner, obj_description(c.oid, 'pg_class') AS comment, c.relacl,
			rsfed_catalog.published_columns(publication, c.oid) AS named
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = relid),
	a AS (SELECT a.attname, a.attnum, a.attnotnull, format_type(a.atttypid, a.atttypmod) AS type,
			CASE WHEN a.attcollation NOT IN (0, y.typcollation) THEN format(' COLLATE %I.%I', cn.nspname, co.collname) ELSE '' END AS coll
		FROM t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
			AND (t.named IS NULL OR a.attname = ANY (t.named)
				-- not published yet: it is once this is there
				OR a.attname IN (SELECT x.value ->> 'name' FROM rsfed_catalog.rollup u, jsonb_array_elements(u.columns) x
					WHERE u.relation_id = subscriber_table.relation_id))
		JOIN pg_type y ON y.oid = a.atttypid
		LEFT JOIN pg_collation co ON co.oid = a.attcollation
		LEFT JOIN pg_namespace cn ON cn.oid = co.collnamespace),
	k AS (SELECT i.indexrelid, bool_and(a.attnotnull) AS is_primary, array_agg(a.attname ORDER BY x.n) AS columns
		FROM t JOIN pg_index i ON i.indrelid = t.oid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
		CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY x (attnum, n)
		JOIN a ON a.attnum = x.attnum
		GROUP BY i.indexrelid
		HAVING array_agg(a.attname::text ORDER BY a.attname) = (SELECT array_agg(c ORDER BY c COLLATE "C") FROM rsfed_catalog.rollup u, unnest(u.key_columns) c
			WHERE u.relation_id = subscriber_table.relation_id)
		ORDER BY bool_and(a.attnotnull) DESC, i.indexrelid LIMIT 1)
	SELECT concat_ws(E'\n',
		-- psql ends a comment at \n and at \r, and names may contain both
		'-- ' || regexp_replace(concat_ws(E'\n', format('%I.%I', t.nspname, t.relname),
			CASE WHEN NOT tables THEN format(E'It must contain, made by whoever owns the schema:\n  CREATE TABLE %I.%I (%s);%s', t.nspname, t.relname,
				(SELECT string_agg(format('%I %s%s', a.attname, a.type, a.coll), ', ' ORDER BY a.attnum) FROM a),
				(SELECT CASE WHEN k.is_primary THEN format(E'\n  ALTER TABLE %I.%I ADD PRIMARY KEY (%s);', t.nspname, t.relname, l.list)
					ELSE format(E'\n  CREATE UNIQUE INDEX ON %I.%I (%s) NULLS NOT DISTINCT;', t.nspname, t.relname, l.list) END
					FROM k CROSS JOIN LATERAL (SELECT string_agg(quote_ident(c), ', ' ORDER BY n) AS list FROM unnest(k.columns) WITH ORDINALITY x (c, n)) l)) END),
			'[\n\r]', E'\n-- ', 'g'),
		format(E'SELECT rsfed_catalog.take_table(publication => %L, version => %s, relation_id => %s, copy_number => %s, tables => %L,\n'
			'\tschema_name => %L, relation_name => %L,\n\tcolumns => ARRAY[%s],\n\tkey => %L, is_primary => %L) \\gset rsfed_',
			publication, version, relation_id, copy_number, tables, t.nspname, t.relname,
			(SELECT string_agg(format(E'\n\t\tARRAY[%L, %L]', a.attname, a.type || a.coll), ',' ORDER BY a.attnum) FROM a),
			(SELECT k.columns FROM k), COALESCE((SELECT k.is_primary FROM k), false)),
		CASE WHEN tables THEN (SELECT string_agg(regexp_replace(pg_get_indexdef(i.indexrelid), '^CREATE INDEX ', 'CREATE INDEX IF NOT EXISTS ') || ';', E'\n'
				ORDER BY i.indexrelid)
			FROM pg_index i WHERE i.indrelid = t.oid AND NOT i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
				AND NOT EXISTS (SELECT FROM unnest(i.indkey) x (attnum) WHERE x.attnum NOT IN (SELECT a.attnum FROM a))) END,
		CASE WHEN tables AND t.comment IS NOT NULL THEN format('COMMENT ON TABLE %I.%I IS %L;', t.nspname, t.relname, t.comment) END,
		CASE WHEN tables THEN (SELECT string_agg(CASE WHEN x.grantee = 0 THEN format('GRANT SELECT ON %I.%I TO PUBLIC;', t.nspname, t.relname)
					ELSE format('SELECT rsfed_catalog.grant_select(%L, %L, %L) \gset rsfed_', t.nspname, t.relname, pg_get_userbyid(x.grantee)) END, E'\n' ORDER BY x.grantee)
			FROM aclexplode(t.relacl) x WHERE x.privilege_type = 'SELECT' AND x.grantee <> t.relowner) END,
		'')
	FROM t
$body$;
COMMENT ON FUNCTION rsfed_catalog.subscriber_table(name, integer, oid, integer, integer, boolean) IS
'What the script of a subscriber says of one table';

CREATE FUNCTION rsfed_catalog.subscriber_script(publication name, tables boolean)
RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
	SELECT replace(replace(replace(replace(replace(replace(rsfed_catalog.subscriber_template(),
		'@kit@', quote_literal(md5(rsfed_catalog.subscriber_template()))),
		-- the template has it in a comment and in a body of DO, too
		'@publication@', CASE WHEN b.publication::text ~ '[\n\r$@]'
			THEN format('U&''%s''', replace(replace(replace(replace(replace(replace(b.publication::text, E'\\', E'\\\\'), '''', ''''''),
				E'\n', E'\\000a'), E'\r', E'\\000d'), '$', E'\\0024'), '@', E'\\0040'))
			ELSE quote_literal(b.publication) END),
		'@slot_prefix@', quote_literal(rsfed_catalog.slot_prefix(b.publication))),
		'@version@', b.version::text),
		'@failover@', (current_setting('server_version_num')::int4 >= 170000)::text),
		'@tables@', COALESCE((SELECT string_agg(rsfed_catalog.subscriber_table(p.publication, b.version, k.relid, p.relation_id, p.copy_number, tables),
				E'\n' ORDER BY p.schema_name, p.relation_name)
			FROM rsfed_catalog.published_freshness p JOIN rsfed_catalog.present_relation k USING (relation_id)
			WHERE p.publication = b.publication), '-- none is published')
		|| format(E'\nSELECT rsfed_catalog.forget_others(%L, %L) \\gset rsfed_', b.publication,
			ARRAY(SELECT p.relation_id FROM rsfed_catalog.published_freshness p WHERE p.publication = b.publication ORDER BY 1)))
	FROM rsfed_catalog.publication b WHERE b.publication = subscriber_script.publication
$$;
COMMENT ON FUNCTION rsfed_catalog.subscriber_script(name, boolean) IS
'The script of rsfed.subscriber_script(): the template with what is published';
