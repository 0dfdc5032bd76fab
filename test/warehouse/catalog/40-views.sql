-- System views (redshift.md section 6), as far as they can be answered.
SET search_path = pg_catalog;

CREATE FUNCTION standin.data_type(oid, int) RETURNS varchar LANGUAGE sql STABLE
    RETURN CASE $1 WHEN 1114 THEN 'timestamp without time zone' WHEN 1184 THEN 'timestamp with time zone'
        ELSE replace(replace(format_type($1, $2), 'intervaly2m', 'interval year to month'), 'intervald2s', 'interval day to second') END;

-- A name as clients know it: the proxy has another one for what is longer than 63 bytes.
CREATE FUNCTION standin.long_names(OUT behind text, OUT name text) RETURNS SETOF record LANGUAGE sql STABLE SECURITY DEFINER BEGIN ATOMIC
    SELECT split_part(line, chr(9), 1), split_part(line, chr(9), 2)
        FROM regexp_split_to_table(pg_read_file('../long_names', 0, 1000000, true), chr(10)) AS line WHERE line <> '';
END;
CREATE FUNCTION standin.full_name(name) RETURNS text LANGUAGE sql STABLE
    RETURN CASE WHEN $1 !~ '_[0-9a-f]{12}$' THEN $1::text
        ELSE coalesce((SELECT l.name FROM standin.long_names() AS l WHERE l.behind = $1::text), $1::text) END;

-- Columns of tables that the user may see.
CREATE VIEW standin.columns AS
SELECT current_database()::varchar(128) AS database_name, n.nspname::varchar(128) AS schema_name, standin.full_name(c.relname)::varchar(128) AS table_name,
    standin.full_name(a.attname)::varchar(128) AS column_name, a.attnum::int AS ordinal_position, pg_get_expr(d.adbin, d.adrelid)::varchar(4000) AS column_default,
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
WHERE c.relkind IN ('r', 'v', 'm', 'f') AND has_schema_privilege(n.oid, 'USAGE') AND n.nspname NOT IN ('standin', 'pg_toast')
AND (pg_has_role(c.relowner, 'USAGE') OR has_table_privilege(c.oid, 'SELECT') OR has_any_column_privilege(c.oid, 'SELECT'));

CREATE VIEW svv_all_columns AS
SELECT database_name, schema_name, table_name, column_name, ordinal_position, column_default, is_nullable, data_type,
    character_maximum_length, numeric_precision, numeric_scale, remarks
FROM standin.columns WHERE schema_name <> 'pg_catalog';
CREATE VIEW svv_redshift_columns AS
SELECT database_name, schema_name, table_name, column_name, ordinal_position, data_type, column_default, is_nullable,
    'none'::varchar(128) AS encoding, false AS distkey, 0 AS sortkey, ''::varchar(128) AS column_acl, remarks
FROM standin.columns WHERE schema_name NOT IN ('pg_catalog', 'information_schema') AND relkind <> 'f';
CREATE VIEW svv_columns AS
SELECT database_name::text AS table_catalog, schema_name::text AS table_schema, table_name::text, column_name::text, ordinal_position,
    column_default::text, is_nullable::text, data_type::text, character_maximum_length, numeric_precision,
    CASE WHEN numeric_precision IS NOT NULL THEN 10 END AS numeric_precision_radix, numeric_scale, remarks::text
FROM standin.columns;
CREATE VIEW svv_tables AS
SELECT DISTINCT database_name::text AS table_catalog, schema_name::text AS table_schema, table_name::text,
    CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'f' THEN 'EXTERNAL TABLE' ELSE 'BASE TABLE' END::text AS table_type, obj_description(table_oid)::text AS remarks
FROM standin.columns;
CREATE VIEW svv_all_tables AS
SELECT table_catalog::varchar(128) AS database_name, table_schema::varchar(128) AS schema_name, table_name::varchar(128),
    CASE table_type WHEN 'BASE TABLE' THEN 'TABLE' ELSE table_type END::varchar(128) AS table_type, ''::varchar(128) AS table_acl, remarks::varchar(128)
FROM svv_tables WHERE table_schema NOT IN ('pg_catalog', 'information_schema');
CREATE VIEW svv_redshift_tables AS SELECT database_name, schema_name, table_name, table_type, table_acl, remarks FROM svv_all_tables WHERE table_type <> 'EXTERNAL TABLE';
CREATE VIEW svv_all_schemas AS
SELECT current_database()::varchar(128) AS database_name, nspname::varchar(128) AS schema_name, nspowner::int AS schema_owner,
    CASE WHEN e.schemaname IS NULL THEN 'local' ELSE 'external' END::varchar(128) AS schema_type, ''::varchar(128) AS schema_acl,
    e.databasename::varchar(128) AS source_database, e.esoptions::varchar(128) AS schema_option
FROM pg_namespace AS n LEFT JOIN standin.external_schema AS e ON e.esoid = n.oid
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

-- Queries: what runs now, and what has run (module/history.c).
CREATE FUNCTION standin.history(text) RETURNS SETOF text[] AS 'standin', 'standin_history' LANGUAGE c STRICT;
CREATE FUNCTION standin.running() RETURNS SETOF text[] AS 'standin', 'standin_running' LANGUAGE c STRICT;
CREATE FUNCTION standin.at(text) RETURNS timestamp LANGUAGE sql IMMUTABLE RETURN timestamp '1970-01-01' + $1::bigint * interval '1 microsecond';
CREATE VIEW standin.query AS
SELECT q[3]::oid::bigint::int AS user_id, q[2]::bigint AS query_id, q[4] AS label, q[5]::bigint AS transaction_id, q[6]::int AS session_id, datname::text AS database_name,
    q[8] AS query_type, q[9] AS status, standin.at(q[10]) AS start_time, standin.at(q[11]) AS end_time,
    q[11]::bigint - q[10]::bigint AS elapsed_time, q[12]::bigint AS queue_time, q[13]::bigint AS execution_time, q[14] AS error_message,
    q[15]::bigint AS returned_rows, q[16] AS query_text
FROM standin.history('H') AS q LEFT JOIN pg_database AS d ON d.oid = q[7]::oid
UNION ALL
SELECT r[3]::oid::bigint::int, r[2]::bigint, r[7], 0, r[1]::int, datname::text,
    'SELECT', r[4], standin.at(r[5]), NULL, (date_part('epoch', now() - standin.at(r[5])::timestamptz) * 1000000)::bigint, r[6]::bigint,
    greatest((date_part('epoch', now() - standin.at(r[5])::timestamptz) * 1000000)::bigint - r[6]::bigint, 0), '', 0, query
FROM standin.running() AS r JOIN pg_stat_activity ON pid = r[1]::int;
CREATE VIEW sys_query_history AS
SELECT user_id, query_id, label::char(320) AS query_label, transaction_id, session_id, database_name::char(128) AS database_name, query_type::char(32) AS query_type,
    status::char(10) AS status, false AS result_cache_hit, start_time, end_time, elapsed_time, queue_time, execution_time, error_message::char(512) AS error_message,
    returned_rows, 0::bigint AS returned_bytes, query_text::char(4000) AS query_text, '1.0.77467'::char(256) AS redshift_version, ''::char(150) AS usage_limit,
    'primary'::varchar(32) AS compute_type, 0::bigint AS compile_time, 0::bigint AS planning_time, 0::bigint AS lock_wait_time, 100 AS service_class_id,
    'Default queue'::char(64) AS service_class_name, 'normal'::char(20) AS query_priority, 'false'::char(10) AS short_query_accelerated
FROM standin.query WHERE standin.is_admin() OR user_id = (SELECT usesysid::int FROM pg_user WHERE usename = current_user);
CREATE VIEW standin.external_scan AS
SELECT q[3]::oid::bigint::int AS user_id, q[2]::bigint AS query_id, q[4]::bigint AS transaction_id, q[5]::int AS session_id, q[6]::int AS segment_id,
    standin.at(q[7]) AS start_time, standin.at(q[8]) AS end_time, q[8]::bigint - q[7]::bigint AS duration, q[9]::int AS total_partitions,
    q[10]::int AS qualified_partitions, q[11]::bigint AS files, q[12]::bigint AS rows, q[13]::bigint AS bytes, q[14] AS file_format, q[15] AS file_location,
    q[16] AS table_name, q[17] AS is_partitioned
FROM standin.history('S') AS q;
CREATE VIEW standin.visible_scan AS SELECT * FROM standin.external_scan
WHERE standin.is_admin() OR user_id = (SELECT usesysid::int FROM pg_user WHERE usename = current_user);
GRANT SELECT ON standin.visible_scan, standin.query TO PUBLIC;
-- returned_rows and returned_bytes are, for S3, what was scanned
CREATE VIEW sys_external_query_detail AS
SELECT user_id, query_id, transaction_id, 0 AS child_query_sequence, segment_id, 'S3'::char(32) AS source_type, start_time, end_time, duration,
    total_partitions, qualified_partitions, files AS scanned_files, rows AS returned_rows, bytes AS returned_bytes, file_format::text, file_location::text,
    ''::text AS external_query_text, ''::char(4000) AS warning_message, table_name::char(136) AS table_name, 't'::char(1) AS is_recursive,
    'f'::char(1) AS is_nested, 0::bigint AS s3list_time, 0::bigint AS get_partition_time
FROM standin.visible_scan;
CREATE VIEW svl_s3query_summary AS
SELECT user_id AS userid, query_id::int AS query, transaction_id AS xid, session_id AS pid, segment_id AS segment, 0 AS step, start_time AS starttime,
    end_time AS endtime, duration::int AS elapsed, 0 AS aborted, table_name::char(136) AS external_table_name, file_format::char(16) AS file_format,
    is_partitioned::char(1) AS is_partitioned, CASE WHEN qualified_partitions < total_partitions THEN 't' ELSE 'f' END::char(1) AS is_rrscan,
    'f'::char(1) AS is_nested, rows AS s3_scanned_rows, bytes AS s3_scanned_bytes, rows AS s3query_returned_rows, bytes AS s3query_returned_bytes,
    files::int AS files, files::int AS files_max, files::int AS files_avg, files::int AS splits, files::int AS splits_max, files::int AS splits_avg,
    bytes AS total_split_size, bytes AS max_split_size, bytes AS avg_split_size, 0 AS total_retries, 0 AS max_retries, 0 AS max_request_duration,
    0::float8 AS avg_request_duration, 1 AS max_request_parallelism, 1::float8 AS avg_request_parallelism, 0::bigint AS total_slowdown_count,
    0 AS max_slowdown_count
FROM standin.visible_scan;
CREATE VIEW svl_s3partition_summary AS
SELECT query_id::int AS query, segment_id AS segment, ''::char(1) AS assignment, start_time AS min_starttime, end_time AS max_endtime, duration AS min_duration,
    duration AS max_duration, duration AS avg_duration, total_partitions, qualified_partitions, qualified_partitions AS min_assigned_partitions,
    qualified_partitions AS max_assigned_partitions, qualified_partitions::bigint AS avg_assigned_partitions
FROM standin.visible_scan WHERE is_partitioned = 't';
CREATE VIEW stv_wlm_query_state AS
SELECT session_id AS xid, 1 AS task, query_id::int AS query, 100 AS service_class, 1 AS slot_count, start_time AS wlm_start_time,
    CASE status WHEN 'queued' THEN 'Queued' ELSE 'Running' END::char(16) AS state, queue_time, execution_time AS exec_time, 'Normal'::char(20) AS query_priority
FROM sys_query_history WHERE end_time IS NULL;
CREATE VIEW stv_wlm_query_queue_state AS
SELECT 100 AS service_class, row_number() OVER (ORDER BY start_time)::int AS position, 1 AS task, query_id::int AS query, 1 AS slot_count, start_time, queue_time
FROM sys_query_history WHERE end_time IS NULL AND status = 'queued';
CREATE VIEW stv_inflight AS
SELECT user_id AS userid, 0 AS slice, query_id::int AS query, query_label::char(15) AS label, session_id AS xid, session_id AS pid, start_time AS starttime,
    query_text::char(100) AS text, 0 AS suspended
FROM sys_query_history WHERE end_time IS NULL;
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
