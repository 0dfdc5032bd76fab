-- System views (redshift.md section 6), as far as they can be answered.
SET search_path = pg_catalog;

CREATE FUNCTION standin.data_type(oid, int) RETURNS varchar LANGUAGE sql STABLE
    RETURN CASE $1 WHEN 1114 THEN 'timestamp without time zone' WHEN 1184 THEN 'timestamp with time zone'
        ELSE replace(replace(format_type($1, $2), 'intervaly2m', 'interval year to month'), 'intervald2s', 'interval day to second') END;

-- Columns of tables that the user may see.
CREATE VIEW standin.columns AS
SELECT current_database()::varchar(128) AS database_name, n.nspname::varchar(128) AS schema_name, c.relname::varchar(128) AS table_name,
    a.attname::varchar(128) AS column_name, a.attnum::int AS ordinal_position, pg_get_expr(d.adbin, d.adrelid)::varchar(4000) AS column_default,
    CASE WHEN a.attnotnull THEN 'NO' ELSE 'YES' END::varchar(3) AS is_nullable,
    standin.data_type(a.atttypid, NULLIF(a.atttypmod, -1))::varchar(128) AS full_type,
    standin.data_type(a.atttypid, -1)::varchar(128) AS data_type,
    CASE WHEN a.atttypid IN (1042, 1043) AND a.atttypmod > 4 THEN a.atttypmod - 4 END AS character_maximum_length,
    CASE a.atttypid WHEN 21 THEN 16 WHEN 23 THEN 32 WHEN 20 THEN 64 WHEN 700 THEN 24 WHEN 701 THEN 53
        WHEN 1700 THEN ((a.atttypmod - 4) >> 16) & 65535 END AS numeric_precision,
    CASE WHEN a.atttypid IN (20, 21, 23) THEN 0 WHEN a.atttypid = 1700 THEN (a.atttypmod - 4) & 2047 END AS numeric_scale,
    col_description(c.oid, a.attnum)::varchar(256) AS remarks, c.relkind, c.oid AS table_oid
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef AS d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relkind IN ('r', 'v', 'm') AND n.nspname NOT IN ('standin', 'pg_toast')
AND (pg_has_role(c.relowner, 'USAGE') OR has_table_privilege(c.oid, 'SELECT') OR has_any_column_privilege(c.oid, 'SELECT'));

CREATE VIEW svv_all_columns AS
SELECT database_name, schema_name, table_name, column_name, ordinal_position, column_default, is_nullable, data_type,
    character_maximum_length, numeric_precision, numeric_scale, remarks
FROM standin.columns WHERE schema_name <> 'pg_catalog';
CREATE VIEW svv_redshift_columns AS
SELECT database_name, schema_name, table_name, column_name, ordinal_position, data_type, column_default, is_nullable,
    'none'::varchar(128) AS encoding, false AS distkey, 0 AS sortkey, ''::varchar(128) AS column_acl, remarks
FROM standin.columns WHERE schema_name NOT IN ('pg_catalog', 'information_schema');
CREATE VIEW svv_columns AS
SELECT database_name::text AS table_catalog, schema_name::text AS table_schema, table_name::text, column_name::text, ordinal_position,
    column_default::text, is_nullable::text, data_type::text, character_maximum_length, numeric_precision,
    CASE WHEN numeric_precision IS NOT NULL THEN 10 END AS numeric_precision_radix, numeric_scale, remarks::text
FROM standin.columns;
CREATE VIEW svv_tables AS
SELECT DISTINCT database_name::text AS table_catalog, schema_name::text AS table_schema, table_name::text,
    CASE WHEN relkind = 'v' THEN 'VIEW' WHEN e.location IS NOT NULL THEN 'EXTERNAL TABLE' ELSE 'BASE TABLE' END::text AS table_type, obj_description(table_oid)::text AS remarks
FROM standin.columns LEFT JOIN standin.external_table AS e ON e.schemaname = schema_name AND e.tablename = table_name;
CREATE VIEW svv_all_tables AS
SELECT table_catalog::varchar(128) AS database_name, table_schema::varchar(128) AS schema_name, table_name::varchar(128),
    CASE table_type WHEN 'BASE TABLE' THEN 'TABLE' ELSE table_type END::varchar(128) AS table_type, ''::varchar(128) AS table_acl, remarks::varchar(128)
FROM svv_tables WHERE table_schema NOT IN ('pg_catalog', 'information_schema');
CREATE VIEW svv_redshift_tables AS SELECT database_name, schema_name, table_name, table_type, table_acl, remarks FROM svv_all_tables WHERE table_type <> 'EXTERNAL TABLE';
CREATE VIEW svv_all_schemas AS
SELECT current_database()::varchar(128) AS database_name, nspname::varchar(128) AS schema_name, nspowner::int AS schema_owner,
    CASE WHEN e.schemaname IS NULL THEN 'local' ELSE 'external' END::varchar(128) AS schema_type, ''::varchar(128) AS schema_acl,
    e.databasename::varchar(128) AS source_database, e.esoptions::varchar(128) AS schema_option
FROM pg_namespace LEFT JOIN standin.external_schema AS e ON e.schemaname = nspname
WHERE nspname !~ '^(standin|pg_toast|pg_temp)';
CREATE VIEW svv_redshift_schemas AS SELECT database_name, schema_name, schema_owner, schema_type, schema_acl, schema_option FROM svv_all_schemas WHERE schema_type = 'local';
CREATE VIEW svv_redshift_databases AS
SELECT datname::varchar(128) AS database_name, datdba::int AS database_owner, 'local'::varchar(32) AS database_type, ''::varchar(128) AS database_acl,
    ''::varchar(128) AS database_options, 'Snapshot Isolation'::varchar(128) AS database_isolation_level
FROM pg_database WHERE datallowconn AND NOT datistemplate;

-- Rows of PG_TABLE_DEF are of schemas on the search_path only.
CREATE VIEW pg_table_def AS
SELECT schema_name::name AS schemaname, table_name::name AS tablename, column_name::name AS "column", full_type::text AS type, 'none'::text AS encoding,
    false AS distkey, 0 AS sortkey, is_nullable = 'NO' AS "notnull"
FROM standin.columns WHERE relkind = 'r' AND schema_name = ANY (current_schemas(true));

-- Superusers, or who was granted SELECT; tables without rows are not there.
CREATE FUNCTION standin.is_admin() RETURNS bool LANGUAGE sql STABLE
    RETURN pg_has_role(current_user, 'pg_monitor', 'MEMBER');
CREATE VIEW svv_table_info AS
SELECT current_database()::text AS database, n.nspname::text AS schema, c.oid AS table_id, c.relname::text AS "table", 'N'::text AS encoded,
    'AUTO(ALL)'::text AS diststyle, 'AUTO(SORTKEY)'::text AS sortkey1, 0 AS max_varchar, 'none'::char(32) AS sortkey1_enc, 0 AS sortkey_num,
    ceil(pg_relation_size(c.oid) / 1048576.0)::bigint AS size, 0::numeric(10, 4) AS pct_used, 0::bigint AS empty, NULL::numeric(5, 2) AS unsorted,
    0::numeric(5, 2) AS stats_off, greatest(pg_stat_get_live_tuples(c.oid), c.reltuples)::numeric(38, 0) AS tbl_rows,
    NULL::numeric(19, 2) AS skew_sortkey1, NULL::numeric(19, 2) AS skew_rows,
    greatest(pg_stat_get_live_tuples(c.oid), c.reltuples)::numeric(38, 0) AS estimated_visible_rows, NULL::text AS risk_event, NULL::numeric(12, 2) AS vacuum_sort_benefit
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'standin') AND pg_relation_size(c.oid) > 0;
REVOKE ALL ON svv_table_info FROM PUBLIC;
GRANT SELECT ON svv_table_info TO pg_monitor;

CREATE VIEW svv_mv_info AS
SELECT current_database()::char(128) AS database_name, schemaname::char(128) AS schema_name, matviewowner::char(128) AS user_name, matviewname::char(128) AS name,
    'f'::char(1) AS is_stale, 0 AS state, 'f'::char(1) AS autorewrite, 'f'::char(1) AS autorefresh
FROM pg_matviews;

-- Queries: what runs now, and the last one of each session.
CREATE VIEW sys_query_history AS
SELECT usesysid::int AS user_id, pid::bigint AS query_id, ''::char(320) AS query_label, coalesce(backend_xid::text::bigint, 0) AS transaction_id, pid AS session_id,
    datname::char(128) AS database_name, 'SELECT'::char(32) AS query_type, CASE state WHEN 'active' THEN 'running' ELSE 'success' END::char(10) AS status,
    false AS result_cache_hit, query_start::timestamp AS start_time, CASE WHEN state <> 'active' THEN state_change::timestamp END AS end_time,
    (date_part('epoch', coalesce(CASE WHEN state <> 'active' THEN state_change END, now()) - query_start) * 1000000)::bigint AS elapsed_time,
    0::bigint AS queue_time, 0::bigint AS execution_time, ''::char(512) AS error_message, 0::bigint AS returned_rows, 0::bigint AS returned_bytes,
    query::char(4000) AS query_text, '1.0.77467'::char(256) AS redshift_version
FROM pg_stat_activity WHERE backend_type = 'client backend' AND (standin.is_admin() OR usename = current_user);
CREATE VIEW stv_wlm_query_state AS
SELECT pid AS xid, 1 AS task, pid AS query, 100 AS service_class, 1 AS slot_count, query_start::timestamp AS wlm_start_time, 'Running'::char(16) AS state,
    0::bigint AS queue_time, 0::bigint AS exec_time, 'Normal'::char(20) AS query_priority
FROM pg_stat_activity WHERE state = 'active' AND backend_type = 'client backend' AND (standin.is_admin() OR usename = current_user);
CREATE VIEW stv_wlm_query_queue_state AS
SELECT 100 AS service_class, 1 AS position, 1 AS task, 0 AS query, 1 AS slot_count, now()::timestamp AS start_time, 0::bigint AS queue_time WHERE false;
CREATE VIEW stv_inflight AS
SELECT usesysid::int AS userid, 0 AS slice, pid AS query, ''::char(15) AS label, pid AS xid, pid, query_start::timestamp AS starttime, query::char(100) AS text, 0 AS suspended
FROM pg_stat_activity WHERE state = 'active' AND backend_type = 'client backend' AND (standin.is_admin() OR usename = current_user);
CREATE VIEW stv_sessions AS
SELECT backend_start::timestamp AS starttime, pid AS process, usename::char(50) AS user_name, datname::char(50) AS db_name
FROM pg_stat_activity WHERE backend_type = 'client backend' AND (standin.is_admin() OR usename = current_user);
CREATE VIEW svl_qlog AS
SELECT user_id AS userid, query_id::int AS query, transaction_id AS xid, session_id AS pid, start_time AS starttime, end_time AS endtime, elapsed_time AS elapsed,
    0 AS aborted, query_label AS label, query_text::char(60) AS substring, NULL::int AS source_query
FROM sys_query_history;

DO $$
DECLARE name text;
BEGIN
    FOR name IN SELECT relname FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind = 'v'
        AND (relname ~ '^(svv|stv|svl|sys)_' OR relname = 'pg_table_def') AND relname <> 'svv_table_info' LOOP
        EXECUTE format('GRANT SELECT ON pg_catalog.%I TO PUBLIC', name);
    END LOOP;
END $$;
