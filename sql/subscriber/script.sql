-- rsfed: makes this server a subscriber of the publication @publication@, version @version@.
--
--   psql -v connection='host=... dbname=... user=... password=...' -f subscriber.sql
--
-- The connection leads to the node, where the publication is.  Run it as the role
-- that is to own the tables; it needs CREATE on the database and may be run again
-- at any time, by one at a time: what is there already stays.  It needs neither
-- the library nor a superuser, but on PostgreSQL 15 for CREATE SUBSCRIPTION, and
-- for that it is run once more as one (rds_superuser on RDS).
-- reconnect=on as a second variable gives the subscription this connection.

\set ON_ERROR_STOP on
\if :{?connection}
\else
DO $$BEGIN
	RAISE EXCEPTION 'the psql variable "connection" is not set'
	USING HINT = 'psql -v connection=''host=... dbname=... user=... password=...'' -f subscriber.sql';
END$$;
\endif
\if :{?reconnect}
\else
\set reconnect off
\endif

BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = pg_catalog, pg_temp;
DO $$BEGIN
	IF current_setting('server_version_num')::int4 < 150000 THEN
		RAISE EXCEPTION 'a subscriber is PostgreSQL 15 or newer';
	END IF;
	IF EXISTS (SELECT FROM pg_extension WHERE extname = 'rsfed') THEN
		RAISE EXCEPTION 'this database has the extension rsfed'
		USING HINT = 'A subscriber is a server without it; readers of a node are its replicas.';
	END IF;
	IF pg_is_in_recovery() THEN
		RAISE EXCEPTION 'this server is a replica' USING HINT = 'Run the script on its primary.';
	END IF;
END$$;

CREATE SCHEMA IF NOT EXISTS rsfed;
COMMENT ON SCHEMA rsfed IS 'rsfed: how fresh the tables are that an rsfed node publishes';
GRANT USAGE ON SCHEMA rsfed TO PUBLIC;
CREATE SCHEMA IF NOT EXISTS rsfed_catalog;
COMMENT ON SCHEMA rsfed_catalog IS 'rsfed: what arrives from the node beside the tables; read it through the views of schema rsfed';

-- These two are written by the subscription.

CREATE TABLE IF NOT EXISTS rsfed_catalog.publication
(
	publication		name PRIMARY KEY,
	version			integer NOT NULL,
	messages		boolean NOT NULL
);
COMMENT ON TABLE rsfed_catalog.publication IS 'Publications of the node, and their versions';

CREATE TABLE IF NOT EXISTS rsfed_catalog.published_freshness
(
	publication		name,
	relation_id		integer,
	schema_name		name NOT NULL,
	relation_name	name NOT NULL,
	copy_number		integer NOT NULL,
	definition		integer NOT NULL,
	max_age			interval,
	as_of			timestamptz,
	changed_at		timestamptz,
	data_through	timestamptz,
	last_run_id		bigint,
	failing_since	timestamptz,
	failures		integer NOT NULL,
	refused			boolean NOT NULL,
	backfilling		boolean NOT NULL,
	paused_until	timestamptz,
	sqlstate		text,
	message			text,
	PRIMARY KEY (publication, relation_id)
) WITH (fillfactor = 50);
COMMENT ON TABLE rsfed_catalog.published_freshness IS 'Freshness of the node''s rollups; arrives in one commit with the content it speaks of';

-- These are written by this script.

CREATE TABLE IF NOT EXISTS rsfed_catalog.subscriber
(
	publication		name PRIMARY KEY,
	slot			name NOT NULL,
	version			integer NOT NULL,	-- of the newest script that was run
	announced		integer				-- of the one that the node was told of
);
COMMENT ON TABLE rsfed_catalog.subscriber IS 'Publications that this server subscribes to';

CREATE TABLE IF NOT EXISTS rsfed_catalog.kit
(
	checksum		text NOT NULL
);
COMMENT ON TABLE rsfed_catalog.kit IS 'Of which script the views are';

CREATE TABLE IF NOT EXISTS rsfed_catalog.subscribed
(
	publication		name,
	relation_id		integer,
	schema_name		name NOT NULL,
	relation_name	name NOT NULL,
	copy_number		integer NOT NULL,	-- 0: not published any more
	columns			text[] NOT NULL,
	PRIMARY KEY (publication, relation_id)
);
COMMENT ON TABLE rsfed_catalog.subscribed IS 'Tables that this server subscribes to, and which of their columns are published';
CREATE INDEX IF NOT EXISTS subscribed_name_idx ON rsfed_catalog.subscribed (schema_name, relation_name);

CREATE OR REPLACE FUNCTION rsfed_catalog.is_subscribed(relid oid)
RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$ SELECT EXISTS (SELECT FROM pg_subscription_rel r WHERE r.srrelid = relid) $$;
COMMENT ON FUNCTION rsfed_catalog.is_subscribed(oid) IS 'Does a subscription write to the table?';

-- Brings one table to what is published.  A column that is published no more is
-- dropped once the subscription has passed that change; a table that is copied anew
-- is emptied before, and must have left the subscription for that.
CREATE OR REPLACE FUNCTION rsfed_catalog.take_table(publication name, version integer, relation_id integer, copy_number integer,
	tables boolean, schema_name name, relation_name name, columns text[], key text[], is_primary boolean)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	known rsfed_catalog.subscribed;
	title text := format('%I.%I', take_table.schema_name, take_table.relation_name);
	key_list text := (SELECT string_agg(quote_ident(k), ', ' ORDER BY n) FROM unnest(take_table.key) WITH ORDINALITY k (k, n));
	names text[];
	relid regclass;
	subscribed boolean;
	present text;
	is_past boolean;
	has_rows boolean;
	i integer;
	col text;
BEGIN
	FOR i IN 1 .. array_length(take_table.columns, 1) LOOP
		names := names || take_table.columns[i][1];
	END LOOP;
	SELECT * INTO known FROM rsfed_catalog.subscribed s
	WHERE s.publication = take_table.publication AND s.relation_id = take_table.relation_id;

	-- a rename
	IF tables AND to_regclass(title) IS NULL AND known.relation_id IS NOT NULL
		AND to_regclass(format('%I.%I', known.schema_name, known.relation_name)) IS NOT NULL THEN
		IF known.schema_name <> take_table.schema_name THEN
			EXECUTE format('CREATE SCHEMA IF NOT EXISTS %I', take_table.schema_name);
			EXECUTE format('ALTER TABLE %I.%I SET SCHEMA %I', known.schema_name, known.relation_name, take_table.schema_name);
		END IF;
		IF known.relation_name <> take_table.relation_name THEN
			EXECUTE format('ALTER TABLE %I.%I RENAME TO %I', take_table.schema_name, known.relation_name, take_table.relation_name);
		END IF;
	END IF;

	relid := to_regclass(title);
	subscribed := rsfed_catalog.is_subscribed(relid);
	IF relid IS NULL AND NOT tables THEN
		RAISE EXCEPTION 'table % is missing', title
		USING HINT = 'What it must contain stands in the script, in comments.';
	ELSIF relid IS NULL THEN
		IF to_regnamespace(quote_ident(take_table.schema_name)) IS NULL THEN
			EXECUTE format('CREATE SCHEMA %I', take_table.schema_name);
		END IF;
		EXECUTE format('CREATE TABLE %s (%s)', title, (SELECT string_agg(format('%I %s', take_table.columns[n][1], take_table.columns[n][2]), ', ' ORDER BY n)
			FROM generate_subscripts(take_table.columns, 1) n));
		relid := to_regclass(title);
	ELSIF tables AND known.relation_id IS NULL THEN
		RAISE EXCEPTION 'table % is there already, and not of this script', title
		USING HINT = 'Rename or drop it; or, where other migrations own it, use the script of rsfed.subscriber_script(tables => false).';
	ELSIF subscribed AND known.copy_number IS DISTINCT FROM take_table.copy_number THEN
		RAISE EXCEPTION 'table % is to be copied again, and has not left the subscription', title
		USING DETAIL = 'It was taken out of the publication and put into it again, and this script was not run in between: what changed meanwhile is missing here.',
		HINT = 'On the node: SELECT rsfed.unpublish(...); run its script here; SELECT rsfed.publish(...) there; run the new script here.';
	ELSIF NOT subscribed AND tables THEN
		EXECUTE format('SELECT EXISTS (SELECT FROM %s)', title) INTO has_rows;
		FOR col IN SELECT format('%I of %s', x.conname, x.conrelid::regclass) FROM pg_constraint x WHERE x.confrelid = relid AND x.contype = 'f' AND has_rows LOOP
			RAISE EXCEPTION 'table % is to be emptied and copied, and foreign key % refers to it', title, col
			USING HINT = 'Drop that foreign key, and add it again once the table is copied.';
		END LOOP;
		-- not TRUNCATE, after which who reads in an older snapshot finds nothing, with the freshness of before
		EXECUTE format('DELETE FROM %s', title);
	END IF;

	-- columns
	is_past := NOT subscribed OR take_table.version <= (SELECT b.version FROM rsfed_catalog.publication b
		WHERE b.publication = take_table.publication);
	FOR i IN 1 .. array_length(take_table.columns, 1) LOOP
		col := take_table.columns[i][1];
		SELECT format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attcollation NOT IN (0, t.typcollation)
				THEN format(' COLLATE %I.%I', n.nspname, c.collname) ELSE '' END INTO present
		FROM pg_attribute a
		JOIN pg_type t ON t.oid = a.atttypid
		LEFT JOIN pg_collation c ON c.oid = a.attcollation
		LEFT JOIN pg_namespace n ON n.oid = c.collnamespace
		WHERE a.attrelid = relid AND a.attname = col AND a.attnum > 0 AND NOT a.attisdropped;
		IF present IS NULL AND NOT tables THEN
			RAISE EXCEPTION 'table % has no column %', title, quote_ident(col)
			USING HINT = format('ALTER TABLE %s ADD COLUMN %I %s;', title, col, take_table.columns[i][2]);
		ELSIF present IS NULL THEN
			EXECUTE format('ALTER TABLE %s ADD COLUMN %I %s', title, col, take_table.columns[i][2]);
		ELSIF tables AND present <> take_table.columns[i][2] THEN
			EXECUTE format('ALTER TABLE %s ALTER COLUMN %I TYPE %s USING %I::text::%s', title, col, take_table.columns[i][2], col,
				regexp_replace(take_table.columns[i][2], ' COLLATE .*', ''));
		END IF;
	END LOOP;
	FOREACH col IN ARRAY COALESCE(known.columns, '{}') LOOP
		CONTINUE WHEN col = ANY (names);
		IF is_past AND tables THEN
			EXECUTE format('ALTER TABLE %s DROP COLUMN IF EXISTS %I', title, col);
		ELSIF tables THEN
			RAISE WARNING 'column % of table % is still published in what is to be applied', quote_ident(col), title
			USING HINT = 'Run this script again later: then it drops the column.';
			names := names || col;
		END IF;
	END LOOP;

	-- the key
	IF tables AND NOT subscribed THEN
		FOR col IN SELECT x.conname FROM pg_constraint x
			WHERE x.conrelid = relid AND x.contype = 'p' AND NOT (is_primary AND (SELECT array_agg(a.attname::text ORDER BY k.n)
				FROM unnest(x.conkey) WITH ORDINALITY k (attnum, n) JOIN pg_attribute a ON a.attrelid = relid AND a.attnum = k.attnum) = take_table.key) LOOP
			EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', title, col);
			FOREACH present IN ARRAY names LOOP
				EXECUTE format('ALTER TABLE %s ALTER COLUMN %I DROP NOT NULL', title, present);
			END LOOP;
		END LOOP;
		IF is_primary AND NOT EXISTS (SELECT FROM pg_constraint x WHERE x.conrelid = relid AND x.contype = 'p') THEN
			EXECUTE format('ALTER TABLE %s ADD PRIMARY KEY (%s)', title, key_list);
		ELSIF NOT is_primary THEN
			present := format('rsfed_key_%s_%s', take_table.relation_id, left(md5(take_table.publication), 6));
			IF NOT EXISTS (SELECT FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid
				WHERE x.indrelid = relid AND c.relname = present AND x.indisvalid AND take_table.key = (SELECT array_agg(a.attname::text ORDER BY k.n)
					FROM unnest(x.indkey) WITH ORDINALITY k (attnum, n) JOIN pg_attribute a ON a.attrelid = relid AND a.attnum = k.attnum)) THEN
				EXECUTE format('DROP INDEX IF EXISTS %I.%I', take_table.schema_name, present);
				IF key_list IS NOT NULL THEN
					EXECUTE format('CREATE UNIQUE INDEX %I ON %s (%s) NULLS NOT DISTINCT', present, title, key_list);
				END IF;
			END IF;
		END IF;
		IF NOT is_primary AND (SELECT c.relreplident FROM pg_class c WHERE c.oid = relid) <> 'f' THEN
			EXECUTE format('ALTER TABLE %s REPLICA IDENTITY FULL', title);
		END IF;
	END IF;

	INSERT INTO rsfed_catalog.subscribed AS s (publication, relation_id, schema_name, relation_name, copy_number, columns)
	VALUES (take_table.publication, take_table.relation_id, take_table.schema_name, take_table.relation_name, take_table.copy_number, names)
	ON CONFLICT (publication, relation_id) DO UPDATE SET schema_name = excluded.schema_name, relation_name = excluded.relation_name,
		copy_number = excluded.copy_number, columns = excluded.columns
	WHERE (s.schema_name, s.relation_name, s.copy_number, s.columns)
		<> (excluded.schema_name, excluded.relation_name, excluded.copy_number, excluded.columns);
END
$$;
COMMENT ON FUNCTION rsfed_catalog.take_table(name, integer, integer, integer, boolean, name, name, text[], text[], boolean) IS
'Makes a table as it is published, or checks it';

CREATE OR REPLACE FUNCTION rsfed_catalog.forget_others(publication name, relation_ids integer[])
RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
	UPDATE rsfed_catalog.subscribed s SET copy_number = 0
	WHERE s.publication = forget_others.publication AND s.relation_id <> ALL (relation_ids) AND s.copy_number <> 0
$$;
COMMENT ON FUNCTION rsfed_catalog.forget_others(name, integer[]) IS 'Notes which tables are published no more; they stay';

-- Roles of the node need not be here.
CREATE OR REPLACE FUNCTION rsfed_catalog.grant_select(schema_name name, relation_name name, role_name name)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF EXISTS (SELECT FROM pg_roles r WHERE r.rolname = role_name) THEN
		EXECUTE format('GRANT SELECT ON %I.%I TO %I', schema_name, relation_name, role_name);
	END IF;
END
$$;
COMMENT ON FUNCTION rsfed_catalog.grant_select(name, name, name) IS 'GRANT SELECT to a role, if it is here';

-- Without the subscription all is copied: what another one has left goes, and a node
-- that was failed over to may have lost the newest version.
DELETE FROM rsfed_catalog.published_freshness f
WHERE f.publication = @publication@ AND NOT EXISTS (SELECT FROM rsfed_catalog.subscriber b
	JOIN pg_subscription s ON s.subslotname = b.slot WHERE b.publication = f.publication);
DELETE FROM rsfed_catalog.publication p
WHERE p.publication = @publication@ AND NOT EXISTS (SELECT FROM rsfed_catalog.subscriber b
	JOIN pg_subscription s ON s.subslotname = b.slot WHERE b.publication = p.publication);

INSERT INTO rsfed_catalog.subscriber AS s (publication, slot, version)
VALUES (@publication@, @slot_prefix@ || left(md5(random()::text || clock_timestamp()::text), 8), @version@)
ON CONFLICT (publication) DO UPDATE SET version = excluded.version
WHERE s.version < excluded.version
	OR (s.version > excluded.version AND NOT EXISTS (SELECT FROM pg_subscription u WHERE u.subslotname = s.slot));
DO $$BEGIN
	IF (SELECT s.version FROM rsfed_catalog.subscriber s WHERE s.publication = @publication@) > @version@ THEN
		RAISE EXCEPTION 'a newer script than this one was run here';
	END IF;
END$$;

@tables@

-- How fresh the tables are: of a table that is not in step with the subscription
-- yet, as while it is copied, nothing is known.  A view that is replaced by itself
-- would end whoever reads it for long on a standby.

SELECT NOT EXISTS (SELECT FROM rsfed_catalog.kit k WHERE k.checksum = @kit@)
	OR to_regclass('rsfed.freshness') IS NULL OR to_regclass('rsfed.metrics') IS NULL OR to_regclass('rsfed.findings') IS NULL AS new_kit \gset rsfed_
\if :rsfed_new_kit
CREATE OR REPLACE VIEW rsfed_catalog.relation_freshness AS
SELECT c.oid AS relid, l.schema_name, l.relation_name, p.publication, p.definition, i.in_step,
	CASE WHEN i.in_step THEN p.as_of END AS as_of,
	CASE WHEN i.in_step THEN pg_catalog.now() - p.as_of END AS age,
	p.max_age, p.changed_at, p.data_through, p.last_run_id, p.failing_since, p.failures, p.refused, p.backfilling,
	COALESCE(p.paused_until > pg_catalog.now(), false) AS is_paused, p.sqlstate, p.message, l.columns,
	COALESCE(p.max_age IS NOT NULL AND (NOT i.in_step OR p.as_of IS NULL OR pg_catalog.now() - p.as_of > p.max_age), false) AS is_late
FROM rsfed_catalog.published_freshness p
JOIN rsfed_catalog.subscribed l USING (publication, relation_id)
JOIN pg_catalog.pg_namespace n ON n.nspname = l.schema_name
JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = l.relation_name
CROSS JOIN LATERAL (SELECT l.copy_number = p.copy_number AND EXISTS (SELECT
	FROM pg_catalog.pg_subscription_rel r
	JOIN pg_catalog.pg_subscription_rel f ON f.srsubid = r.srsubid
	WHERE r.srrelid = c.oid AND r.srsubstate = 'r'
		AND f.srrelid = 'rsfed_catalog.published_freshness'::pg_catalog.regclass AND f.srsubstate = 'r') AS in_step) AS i;
COMMENT ON VIEW rsfed_catalog.relation_freshness IS 'Subscribed tables and what the node says of them; in_step: content and freshness arrive together';

CREATE OR REPLACE VIEW rsfed.freshness WITH (security_barrier = true) AS
SELECT f.relid::pg_catalog.regclass AS relation,
	CASE
		WHEN NOT f.in_step THEN 'never'
		WHEN f.is_paused THEN 'paused'
		WHEN f.refused THEN 'refused'
		WHEN f.failures > 0 THEN 'failing'
		WHEN f.backfilling THEN 'backfilling'
		WHEN f.as_of IS NULL THEN 'never'
		WHEN f.is_late THEN 'late'
		ELSE 'fresh'
	END AS state,
	f.as_of, f.age, f.max_age, f.is_late, f.data_through, f.changed_at, f.last_run_id, f.failing_since, f.failures, f.sqlstate, f.message
FROM rsfed_catalog.relation_freshness f
WHERE pg_catalog.has_table_privilege(f.relid, 'SELECT');
COMMENT ON VIEW rsfed.freshness IS
'How old each table of the node is here and whether its refreshes succeed; age is that of this server, readers included';
GRANT SELECT ON rsfed.freshness TO PUBLIC;

CREATE OR REPLACE FUNCTION rsfed.as_of(relation regclass)
RETURNS timestamptz
LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$ SELECT f.as_of FROM rsfed.freshness f WHERE f.relation = as_of.relation $$;
COMMENT ON FUNCTION rsfed.as_of(regclass) IS 'As of when the content is that the query sees, NULL without content';

CREATE OR REPLACE FUNCTION rsfed.age(relation regclass)
RETURNS interval
LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$ SELECT f.age FROM rsfed.freshness f WHERE f.relation = age.relation $$;
COMMENT ON FUNCTION rsfed.age(regclass) IS 'How old the content is that the query sees: now() minus rsfed.as_of(), NULL without content';

CREATE OR REPLACE FUNCTION rsfed.require_fresh(rollup regclass, max_age interval DEFAULT NULL)
RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	f record;
	relname name := (SELECT c.relname FROM pg_class c WHERE c.oid = require_fresh.rollup);
	allowed interval;
BEGIN
	SELECT x.as_of, x.age, x.max_age INTO f FROM rsfed.freshness x WHERE x.relation = require_fresh.rollup;
	IF NOT FOUND THEN
		RAISE EXCEPTION '"%" is not a table of the rsfed node, or you may not read it', COALESCE(relname, require_fresh.rollup::text)
		USING ERRCODE = 'wrong_object_type';
	END IF;
	allowed := COALESCE(require_fresh.max_age, f.max_age);
	IF allowed IS NULL THEN
		RAISE EXCEPTION 'rollup "%" has no max_age', relname
		USING ERRCODE = 'invalid_parameter_value', HINT = 'Say how old it may be: rsfed.require_fresh(rollup, interval ''10 min'').';
	END IF;
	IF f.as_of IS NULL THEN
		RAISE EXCEPTION 'rollup "%" has no content yet', relname
		USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'SELECT * FROM rsfed.doctor() says why.';
	END IF;
	IF f.age > allowed THEN
		RAISE EXCEPTION 'rollup "%" is older than %', relname, allowed
		USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = format('It is as of %s, %s ago.', f.as_of, f.age),
		HINT = 'SELECT * FROM rsfed.doctor() says whether it is late here or at the node.';
	END IF;
	RETURN true;
END
$$;
COMMENT ON FUNCTION rsfed.require_fresh(regclass, interval) IS
'True, or an error if the content is older than max_age (by default the rollup''s own); in a WHERE clause it is asked once';

CREATE OR REPLACE VIEW rsfed.metrics AS
SELECT m.name, pg_catalog.jsonb_build_object('relation', pg_catalog.format('%I.%I', c.schema_name, c.relation_name)) || m.labels AS labels, m.value
FROM rsfed_catalog.relation_freshness c
JOIN rsfed.freshness f ON f.relation = c.relid
CROSS JOIN LATERAL (VALUES
	('rsfed_as_of_timestamp_seconds', '{}'::pg_catalog.jsonb, pg_catalog.date_part('epoch', f.as_of)),
	('rsfed_age_seconds', '{}', pg_catalog.date_part('epoch', f.age)),
	('rsfed_max_age_seconds', '{}', pg_catalog.date_part('epoch', f.max_age)),
	('rsfed_late', '{}', f.is_late::pg_catalog.int4::pg_catalog.float8),
	('rsfed_in_step', '{}', c.in_step::pg_catalog.int4::pg_catalog.float8),
	('rsfed_consecutive_failures', '{}', f.failures::pg_catalog.float8),
	('rsfed_failing_since_timestamp_seconds', '{}', pg_catalog.date_part('epoch', f.failing_since)),
	('rsfed_changed_timestamp_seconds', '{}', pg_catalog.date_part('epoch', f.changed_at)),
	('rsfed_data_through_timestamp_seconds', '{}', CASE WHEN pg_catalog.isfinite(f.data_through)
		THEN pg_catalog.date_part('epoch', f.data_through) END),
	('rsfed_state', pg_catalog.jsonb_build_object('state', f.state), 1)
) AS m (name, labels, value)
WHERE m.value IS NOT NULL
UNION ALL
SELECT m.name, pg_catalog.jsonb_build_object('subscription', s.subname), m.value
FROM rsfed_catalog.subscriber b
JOIN pg_catalog.pg_subscription s ON s.subslotname = b.slot
JOIN pg_catalog.pg_database d ON d.oid = s.subdbid AND d.datname = pg_catalog.current_database()
LEFT JOIN pg_catalog.pg_stat_subscription a ON a.subid = s.oid AND a.relid IS NULL
LEFT JOIN pg_catalog.pg_stat_subscription_stats t ON t.subid = s.oid
CROSS JOIN LATERAL (VALUES
	('rsfed_subscription_enabled', s.subenabled::pg_catalog.int4::pg_catalog.float8),
	('rsfed_subscription_apply_errors_total', t.apply_error_count::pg_catalog.float8),
	('rsfed_subscription_copy_errors_total', t.sync_error_count::pg_catalog.float8),
	('rsfed_subscription_last_message_timestamp_seconds', pg_catalog.date_part('epoch', a.last_msg_receipt_time))
) AS m (name, value)
WHERE m.value IS NOT NULL;
COMMENT ON VIEW rsfed.metrics IS 'Figures for Prometheus: name, labels, value; works on readers; for pg_monitor';
GRANT SELECT ON rsfed.metrics TO pg_monitor;

CREATE OR REPLACE VIEW rsfed_catalog.finding AS
WITH s AS (SELECT b.publication, b.version, s.oid, s.subname, s.subenabled, a.pid, COALESCE(t.apply_error_count, 0) AS apply_errors,
		COALESCE(t.sync_error_count, 0) AS copy_errors, p.version AS published_version
	FROM rsfed_catalog.subscriber b
	LEFT JOIN (pg_catalog.pg_subscription s JOIN pg_catalog.pg_database d ON d.oid = s.subdbid AND d.datname = pg_catalog.current_database())
		ON s.subslotname = b.slot
	LEFT JOIN pg_catalog.pg_stat_subscription a ON a.subid = s.oid AND a.relid IS NULL
	LEFT JOIN pg_catalog.pg_stat_subscription_stats t ON t.subid = s.oid
	LEFT JOIN rsfed_catalog.publication p USING (publication))
SELECT v.severity, pg_catalog.format('publication %I', s.publication) AS subject, v.problem, v.remedy
FROM s
CROSS JOIN LATERAL (VALUES
	(s.oid IS NULL, 'error', 'There is no subscription: nothing arrives. Run the script again, before PostgreSQL 16 as a superuser.',
		'SELECT subname, subenabled FROM pg_catalog.pg_subscription;'),
	(NOT s.subenabled, 'error', 'The subscription is disabled: nothing arrives.',
		pg_catalog.format('ALTER SUBSCRIPTION %s ENABLE;', pg_catalog.quote_ident(s.subname))),
	(s.subenabled AND s.pid IS NULL AND s.apply_errors > 0 AND NOT pg_catalog.pg_is_in_recovery(), 'error',
		pg_catalog.format('Nothing is applied: the node cannot be reached, or what it sends does not fit the tables here, as when its newest script was not run. It has failed %s times so far, and is tried again every few seconds. The server''s log says why.', s.apply_errors),
		pg_catalog.format('SELECT * FROM pg_catalog.pg_stat_subscription_stats WHERE subname = %L;', s.subname)),
	(s.subenabled AND s.pid IS NULL AND s.apply_errors = 0 AND NOT pg_catalog.pg_is_in_recovery(), 'error',
		'No process applies what arrives: the node cannot be reached, or max_logical_replication_workers are taken. The server''s log says why.',
		'SHOW max_logical_replication_workers;'),
	(s.copy_errors > 0 AND EXISTS (SELECT FROM pg_catalog.pg_subscription_rel r WHERE r.srsubid = s.oid AND r.srsubstate <> 'r'), 'error',
		pg_catalog.format('A table cannot be copied; it has failed %s times and is tried again. The server''s log says why.', s.copy_errors),
		pg_catalog.format('SELECT srrelid::regclass, srsubstate FROM pg_catalog.pg_subscription_rel WHERE srsubid = %s AND srsubstate <> ''r'';', s.oid)),
	(s.version < s.published_version, 'warning',
		pg_catalog.format('The script of version %s was run here, and the publication is version %s: run the newer one, which rsfed.subscriber_script() gives on the node.', s.version, s.published_version),
		'SELECT publication, version FROM rsfed_catalog.publication;')
) AS v (applies, severity, problem, remedy)
WHERE v.applies
UNION ALL
SELECT v.severity, pg_catalog.format('%I.%I', f.schema_name, f.relation_name), v.problem, v.remedy
FROM rsfed_catalog.relation_freshness f
CROSS JOIN LATERAL (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(c), ', ') AS missing
	FROM pg_catalog.unnest(f.columns) c
	WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = f.relid AND a.attname = c AND a.attnum > 0 AND NOT a.attisdropped)) x
CROSS JOIN LATERAL (VALUES
	(NOT f.in_step, 'warning', 'It is being copied, or waits for that: its content is not in step with its freshness, and rsfed.require_fresh() refuses it.',
		pg_catalog.format('SELECT srsubstate FROM pg_catalog.pg_subscription_rel WHERE srrelid = %L::regclass;', pg_catalog.format('%I.%I', f.schema_name, f.relation_name))),
	(x.missing IS NOT NULL, 'error', pg_catalog.format('Published columns are missing here: %s. Run the script again.', x.missing),
		pg_catalog.format('SELECT columns FROM rsfed_catalog.subscribed WHERE (schema_name, relation_name) = (%L, %L);', f.schema_name, f.relation_name)),
	(f.in_step AND f.is_late, 'warning', pg_catalog.format('It is %s old, which is more than its max_age of %s%s.', f.age, f.max_age,
			CASE WHEN f.failing_since IS NOT NULL THEN '; its refreshes fail on the node since ' || f.failing_since ELSE '' END),
		pg_catalog.format('SELECT * FROM rsfed.freshness WHERE relation = %L::regclass;', pg_catalog.format('%I.%I', f.schema_name, f.relation_name)))
) AS v (applies, severity, problem, remedy)
WHERE v.applies AND pg_catalog.has_table_privilege(f.relid, 'SELECT');
COMMENT ON VIEW rsfed_catalog.finding IS 'What rsfed.doctor() says';
CREATE OR REPLACE VIEW rsfed.findings AS SELECT * FROM rsfed_catalog.finding;
COMMENT ON VIEW rsfed.findings IS 'What is wrong with the subscription; rsfed.doctor() puts it in order';
GRANT SELECT ON rsfed.findings TO PUBLIC;

CREATE OR REPLACE FUNCTION rsfed.doctor()
RETURNS TABLE (severity text, subject text, problem text, remedy text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
	SELECT r.severity, r.subject, r.problem, r.remedy
	FROM (SELECT f.severity, f.subject, f.problem, f.remedy FROM rsfed.findings f
		UNION ALL
		SELECT 'ok', format('database %I', current_database()), 'Nothing found.', NULL
		WHERE NOT EXISTS (SELECT FROM rsfed.findings)) r
	ORDER BY array_position(ARRAY['error', 'warning', 'ok'], r.severity), r.subject, r.problem
$$;
COMMENT ON FUNCTION rsfed.doctor() IS 'What is wrong here, worst first, each with a statement that mends it or shows more';

DELETE FROM rsfed_catalog.kit;
INSERT INTO rsfed_catalog.kit (checksum) VALUES (@kit@);
\endif

COMMIT;

-- The subscription, by commands that no transaction block takes.

SELECT EXISTS (SELECT FROM pg_catalog.pg_subscription s WHERE s.subslotname = b.slot) AS exists,
	u.rolsuper
		OR EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.rolname IN ('pg_create_subscription', 'rds_superuser', 'cloudsqlsuperuser')
			AND pg_catalog.pg_has_role(r.oid, 'USAGE')) AS may_create,
	b.slot, pg_catalog.format('%s', b.publication) AS publication,
	COALESCE(b.announced < b.version, true) OR :'reconnect'::pg_catalog.bool AS connect,
	:'connection' || CASE
		WHEN :'connection' !~* '^postgres(ql)?://' THEN ' application_name='
		WHEN pg_catalog.strpos(:'connection', '?') > 0 THEN '&application_name='
		ELSE '?application_name=' END || CASE WHEN :'connection' ~* '^postgres(ql)?://' THEN 'rsfed%2F' ELSE 'rsfed/' END || b.version AS labelled,
	f.follows, CASE WHEN f.follows THEN ', failover = true' ELSE '' END AS failover
FROM rsfed_catalog.subscriber b
JOIN pg_catalog.pg_roles u ON u.rolname = CURRENT_USER
CROSS JOIN (SELECT pg_catalog.current_setting('server_version_num')::pg_catalog.int4 >= 170000 AND @failover@ AS follows) f
WHERE b.publication = @publication@ \gset rsfed_

\if :rsfed_exists
	SELECT pg_catalog.pg_has_role(s.subowner, 'USAGE') AS owned,
		EXISTS (SELECT FROM (SELECT pg_catalog.format('%I.%I', t.schema_name, t.relation_name)::pg_catalog.regclass AS relid
				FROM rsfed_catalog.subscribed t WHERE t.publication = @publication@ AND t.copy_number <> 0
				UNION ALL VALUES ('rsfed_catalog.publication'::pg_catalog.regclass), ('rsfed_catalog.published_freshness')) w
			FULL JOIN (SELECT r.srrelid FROM pg_catalog.pg_subscription_rel r WHERE r.srsubid = s.oid) r ON r.srrelid = w.relid
			WHERE w.relid IS NULL OR r.srrelid IS NULL) AS differs,
		s.subname
	FROM pg_catalog.pg_subscription s WHERE s.subslotname = :'rsfed_slot' \gset rsfed_
	\if :rsfed_owned
		\if :rsfed_connect
			SELECT pg_catalog.format('ALTER SUBSCRIPTION %I CONNECTION %L', :'rsfed_subname', :'rsfed_labelled') \gexec
			UPDATE rsfed_catalog.subscriber SET announced = version WHERE publication = @publication@;
		\endif
		\if :rsfed_differs
			ALTER SUBSCRIPTION :"rsfed_subname" REFRESH PUBLICATION;
		\endif
		\if :rsfed_follows
			SELECT NOT s.subfailover AS stays FROM pg_catalog.pg_subscription s WHERE s.subslotname = :'rsfed_slot' \gset rsfed_
			\if :rsfed_stays
				\warn The subscription does not follow a failover of the node. Run: ALTER SUBSCRIPTION :"rsfed_subname" DISABLE; and some seconds later ALTER SUBSCRIPTION :"rsfed_subname" SET (failover = true); ALTER SUBSCRIPTION :"rsfed_subname" ENABLE;
			\endif
		\endif
	\else
		\warn The subscription is owned by another role: run this script once more as that one.
	\endif
\elif :rsfed_may_create
	SELECT pg_catalog.format('CREATE SUBSCRIPTION %I CONNECTION %L PUBLICATION %I WITH (slot_name = %L%s)',
		:'rsfed_publication', :'rsfed_labelled', :'rsfed_publication', :'rsfed_slot', :'rsfed_failover') \gexec
	UPDATE rsfed_catalog.subscriber SET announced = version WHERE publication = @publication@;
\else
	\warn The tables are there, the subscription is not: run this script once more as a role that may create it, a superuser or, from PostgreSQL 16 on, a member of pg_create_subscription.
\endif
