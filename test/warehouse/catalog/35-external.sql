-- External schemas, tables and partitions (redshift.md section 7).  An external
-- schema belongs to this warehouse; the database that it points to, with its
-- tables and partitions, is in the catalogue of the lake (module/lake_catalog.c),
-- which other warehouses may share.  The proxy turns the DDL into calls of these
-- procedures.  A foreign table stands for each external table, made anew where
-- its columns in the catalogue are others.
SET search_path = pg_catalog;

CREATE TABLE standin.external_schema (
    schemaname name PRIMARY KEY, esoid oid, eskind smallint, databasename text, esoptions text, catalog text
);
CREATE TABLE standin.mirror (schemaname name, tablename name, columns text, PRIMARY KEY (schemaname, tablename));
GRANT SELECT ON ALL TABLES IN SCHEMA standin TO PUBLIC;

CREATE FUNCTION standin.is_admin() RETURNS bool LANGUAGE sql STABLE
    RETURN pg_has_role(current_user, 'pg_monitor', 'MEMBER');

-- the catalogue: Glue, or a Hive metastore, as its first argument says
CREATE FUNCTION standin.lake_create_database(text, text) RETURNS void AS 'standin', 'standin_lake_create_database' LANGUAGE c STRICT;
CREATE FUNCTION standin.lake_drop_database(text, text, bool) RETURNS void AS 'standin', 'standin_lake_drop_database' LANGUAGE c STRICT;
CREATE FUNCTION standin.lake_create_table(text, text, text, text[], text, text[], text[], text[]) RETURNS void AS 'standin', 'standin_lake_create_table' LANGUAGE c STRICT;
CREATE FUNCTION standin.lake_drop_table(text, text, text) RETURNS void AS 'standin', 'standin_lake_drop_table' LANGUAGE c STRICT;
CREATE FUNCTION standin.lake_add_partition(text, text, text, text[], text, bool) RETURNS void AS 'standin', 'standin_lake_add_partition' LANGUAGE c STRICT;
CREATE FUNCTION standin.lake_drop_partition(text, text, text, text[]) RETURNS void AS 'standin', 'standin_lake_drop_partition' LANGUAGE c STRICT;
CREATE FUNCTION standin.lake_set_location(text, text, text, text[], text) RETURNS void AS 'standin', 'standin_lake_set_location' LANGUAGE c STRICT;
CREATE FUNCTION standin.lake_set_properties(text, text, text, text[], text[]) RETURNS void AS 'standin', 'standin_lake_set_properties' LANGUAGE c STRICT;
CREATE FUNCTION standin.lake_crawl(text, text, text) RETURNS void AS 'standin', 'standin_lake_crawl' LANGUAGE c STRICT;
CREATE FUNCTION standin.lake_commit(text, text, text, text[]) RETURNS void AS 'standin', 'standin_lake_commit' LANGUAGE c STRICT;
CREATE FUNCTION standin.put(text, text) RETURNS void AS 'standin', 'standin_put' LANGUAGE c STRICT;
CREATE FUNCTION standin.remove(text) RETURNS void AS 'standin', 'standin_remove' LANGUAGE c STRICT;
CREATE FUNCTION standin.lake_tables(text, text) RETURNS SETOF text[] AS 'standin', 'standin_lake_tables' LANGUAGE c STRICT;
CREATE FUNCTION standin.lake_columns(text, text) RETURNS SETOF text[] AS 'standin', 'standin_lake_columns' LANGUAGE c STRICT;
CREATE FUNCTION standin.lake_partitions(text, text) RETURNS SETOF text[] AS 'standin', 'standin_lake_partitions' LANGUAGE c STRICT;

CREATE FUNCTION standin.lake_handler() RETURNS fdw_handler AS 'standin', 'standin_lake_handler' LANGUAGE c;
CREATE FOREIGN DATA WRAPPER lake HANDLER standin.lake_handler;
CREATE SERVER lake FOREIGN DATA WRAPPER lake;
CREATE FUNCTION standin.s3_path(oid, tid) RETURNS varchar AS 'standin', 'standin_s3_path' LANGUAGE c STRICT STABLE;
CREATE FUNCTION standin.s3_size(oid, tid) RETURNS bigint AS 'standin', 'standin_s3_size' LANGUAGE c STRICT STABLE;

-- Makes the foreign tables of this warehouse what the catalogue has.
CREATE PROCEDURE standin.sync_lake() AS $$
DECLARE
    s record;
    t text[];
    f name;
BEGIN
    PERFORM "absent.pg_advisory_xact_lock"(7);
    FOR s IN SELECT e.*, n.nspowner FROM standin.external_schema AS e JOIN pg_namespace AS n ON n.oid = e.esoid WHERE e.catalog IS NOT NULL LOOP
        FOR t IN SELECT * FROM standin.lake_tables(s.catalog, s.databasename) LOOP
            CONTINUE WHEN EXISTS (SELECT FROM standin.mirror AS m JOIN pg_class AS c ON c.relname = m.tablename AND c.relnamespace = s.esoid
                WHERE m.schemaname = s.schemaname AND m.tablename = t[1] AND m.columns = t[8]);
            EXECUTE "absent.format"('DROP FOREIGN TABLE IF EXISTS %I.%I CASCADE', s.schemaname, t[1]);
            EXECUTE "absent.format"('CREATE FOREIGN TABLE %I.%I (%s) SERVER lake OPTIONS (catalog %L, database %L, name %L)',
                s.schemaname, t[1], t[8], s.catalog, s.databasename, t[1]);
            EXECUTE "absent.format"('GRANT SELECT ON %I.%I TO PUBLIC', s.schemaname, t[1]);
            DELETE FROM standin.mirror AS m WHERE m.schemaname = s.schemaname AND m.tablename = t[1];
            INSERT INTO standin.mirror VALUES (s.schemaname, t[1], t[8]);
        END LOOP;
        FOR f IN SELECT relname FROM pg_class WHERE relnamespace = s.esoid AND relkind = 'f'
            AND NOT EXISTS (SELECT FROM standin.lake_tables(s.catalog, s.databasename) AS l WHERE l[1] = relname) LOOP
            EXECUTE "absent.format"('DROP FOREIGN TABLE %I.%I CASCADE', s.schemaname, f);
        END LOOP;
    END LOOP;
END $$ LANGUAGE plpgsql SECURITY DEFINER SET client_min_messages = warning SET lock_timeout = '5s' SET search_path = pg_catalog, pg_temp;

CREATE PROCEDURE standin.note_external_schema(name text, kind int, database text, options text, catalog text, create_database bool) AS $$
BEGIN
    DELETE FROM standin.external_schema AS e WHERE e.schemaname = $1;
    INSERT INTO standin.external_schema SELECT $1, n.oid, $2, $3, $4, $5 FROM pg_namespace AS n WHERE nspname = $1;
    IF create_database THEN
        PERFORM standin.lake_create_database($5, $3);
    END IF;
    CALL standin.sync_lake();
END $$ LANGUAGE plpgsql SECURITY DEFINER;

CREATE PROCEDURE standin.create_external_schema(name text, kind int, database text, options text, catalog text, if_not_exists bool, create_database bool) AS $$
DECLARE
    shared name;
    t name;
BEGIN
    IF EXISTS (SELECT FROM pg_namespace WHERE nspname = $1) THEN
        IF NOT if_not_exists THEN
            RAISE EXCEPTION 'Schema "%" already exists', $1 USING ERRCODE = '42P06';
        END IF;
        RAISE INFO 'Schema % already exists and will be skipped', $1;
        RETURN;
    END IF;
    EXECUTE 'CREATE SCHEMA ' || quote_ident($1);
    CALL standin.note_external_schema($1, $2, $3, $4, $5, $7);
    -- a datashare, or another database: the tables that it has now, of this one
    IF $2 = 5 THEN
        shared := split_part(split_part($4, '"SCHEMA":"', 2), '"', 1);
        FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = shared AND $3 = current_database() LOOP
            EXECUTE "absent.format"('CREATE VIEW %I.%I AS SELECT * FROM %I.%I', $1, t, shared, t);
        END LOOP;
    END IF;
END $$ LANGUAGE plpgsql;

-- DROP SCHEMA ... DROP EXTERNAL DATABASE
CREATE PROCEDURE standin.drop_external_database(names text[], if_exists bool, cascade bool) AS $$
DECLARE
    one text;
    s standin.external_schema;
BEGIN
    FOREACH one IN ARRAY names LOOP
        SELECT e.* INTO s FROM standin.external_schema AS e JOIN pg_namespace AS n ON n.oid = e.esoid WHERE e.schemaname = one;
        IF s.catalog IS DISTINCT FROM 'glue' AND EXISTS (SELECT FROM pg_namespace WHERE nspname = one) THEN
            RAISE EXCEPTION 'DROP EXTERNAL DATABASE is not supported for schema "%"', one USING ERRCODE = '0A000';
        END IF;
        EXECUTE 'DROP SCHEMA ' || CASE WHEN if_exists THEN 'IF EXISTS ' ELSE '' END || quote_ident(one) || CASE WHEN cascade THEN ' CASCADE' ELSE '' END;
        IF s.catalog IS NOT NULL THEN
            PERFORM standin.lake_drop_database(s.catalog, s.databasename, cascade);
        END IF;
    END LOOP;
    CALL standin.sync_lake();
END $$ LANGUAGE plpgsql;

-- External objects are for the owner of the schema and for superusers.
CREATE FUNCTION standin.need_owner(schema text) RETURNS standin.external_schema AS $$
DECLARE
    s standin.external_schema;
    owner oid;
BEGIN
    SELECT e.* INTO s FROM standin.external_schema AS e JOIN pg_namespace AS n ON n.oid = e.esoid WHERE e.schemaname = $1;
    IF s.catalog IS NULL THEN
        RAISE EXCEPTION 'schema "%" is not an external schema', $1 USING ERRCODE = '42809';
    END IF;
    SELECT nspowner INTO owner FROM pg_namespace WHERE nspname = $1;
    IF NOT standin.is_admin() AND NOT "absent.pg_has_role"(current_user, owner, 'USAGE') THEN
        RAISE EXCEPTION 'must be owner of schema %', $1 USING ERRCODE = '42501';
    END IF;
    RETURN s;
END $$ LANGUAGE plpgsql STABLE;

-- columns: name, local type, external type and number of the partition key by fours
CREATE PROCEDURE standin.create_external_table(schema text, name text, columns text[], location text, formats text[], serde text[], properties text[], if_not_exists bool) AS $$
DECLARE
    s standin.external_schema := standin.need_owner($1);
BEGIN
    PERFORM standin.lake_create_table(s.catalog, s.databasename, $2, $3, $4, $5, $6, $7);
    CALL standin.sync_lake();
END $$ LANGUAGE plpgsql;
CREATE PROCEDURE standin.drop_external_table(schema text, name text) AS $$
DECLARE
    s standin.external_schema := standin.need_owner($1);
BEGIN
    PERFORM standin.lake_drop_table(s.catalog, s.databasename, $2);
    CALL standin.sync_lake();
END $$ LANGUAGE plpgsql;
CREATE FUNCTION standin.need_table(schema text, name text) RETURNS standin.external_schema AS $$
DECLARE
    s standin.external_schema := standin.need_owner($1);
BEGIN
    IF NOT EXISTS (SELECT FROM standin.lake_tables(s.catalog, s.databasename) AS t WHERE t[1] = $2) THEN
        RAISE EXCEPTION 'relation "%.%" does not exist', $1, $2 USING ERRCODE = '42P01';
    END IF;
    RETURN s;
END $$ LANGUAGE plpgsql STABLE;
CREATE PROCEDURE standin.add_partition(schema text, name text, keys text[], location text, if_not_exists bool) AS $$
DECLARE
    s standin.external_schema := standin.need_table($1, $2);
BEGIN
    PERFORM standin.lake_add_partition(s.catalog, s.databasename, $2, $3, $4, $5);
END $$ LANGUAGE plpgsql;
CREATE PROCEDURE standin.drop_partition(schema text, name text, keys text[]) AS $$
DECLARE
    s standin.external_schema := standin.need_table($1, $2);
BEGIN
    PERFORM standin.lake_drop_partition(s.catalog, s.databasename, $2, $3);
END $$ LANGUAGE plpgsql;
CREATE PROCEDURE standin.set_location(schema text, name text, keys text[], location text) AS $$
DECLARE
    s standin.external_schema := standin.need_table($1, $2);
BEGIN
    PERFORM standin.lake_set_location(s.catalog, s.databasename, $2, $3, $4);
END $$ LANGUAGE plpgsql;
CREATE PROCEDURE standin.set_properties(schema text, name text, properties text[]) AS $$
DECLARE
    s standin.external_schema := standin.need_table($1, $2);
BEGIN
    PERFORM standin.lake_set_properties(s.catalog, s.databasename, $2, '{}', $3);
END $$ LANGUAGE plpgsql;
-- For tests, on the direct port: what a crawler would do, or somebody in Glue.
CREATE PROCEDURE standin.crawl(schema text, name text) AS $$
DECLARE
    s standin.external_schema := standin.need_table($1, $2);
BEGIN
    PERFORM standin.lake_crawl(s.catalog, s.databasename, $2);
END $$ LANGUAGE plpgsql;
-- Iceberg, as another engine makes and writes it: columns as above, and the files
-- of which the table is made after the commit.
CREATE PROCEDURE standin.create_iceberg_table(schema text, name text, columns text[], location text) AS $$
DECLARE
    s standin.external_schema := standin.need_owner($1);
BEGIN
    PERFORM standin.lake_create_table(s.catalog, s.databasename, $2, $3, $4, '{"","",""}', '{}', '{EXTERNAL,TRUE,table_type,ICEBERG}');
    PERFORM standin.lake_commit(s.catalog, s.databasename, $2, '{}');
    CALL standin.sync_lake();
END $$ LANGUAGE plpgsql;
CREATE PROCEDURE standin.commit_iceberg(schema text, name text, urls text[]) AS $$
DECLARE
    s standin.external_schema := standin.need_table($1, $2);
BEGIN
    PERFORM standin.lake_commit(s.catalog, s.databasename, $2, $3);
END $$ LANGUAGE plpgsql;
CREATE PROCEDURE standin.set_partition_properties(schema text, name text, keys text[], properties text[]) AS $$
DECLARE
    s standin.external_schema := standin.need_table($1, $2);
BEGIN
    PERFORM standin.lake_set_properties(s.catalog, s.databasename, $2, $3, $4);
END $$ LANGUAGE plpgsql;

-- Users see what they may use.  The catalogue gives locations back without the
-- slash at their end.
CREATE VIEW svv_external_schemas AS
SELECT e.esoid, e.eskind, e.schemaname, n.nspowner::int AS esowner, e.databasename, e.esoptions
FROM standin.external_schema AS e JOIN pg_namespace AS n ON n.oid = e.esoid
WHERE has_schema_privilege(n.oid, 'USAGE');
CREATE VIEW standin.visible_schema AS
SELECT e.* FROM standin.external_schema AS e JOIN pg_namespace AS n ON n.oid = e.esoid
WHERE e.catalog IS NOT NULL AND has_schema_privilege(n.oid, 'USAGE');
GRANT SELECT ON standin.visible_schema TO PUBLIC;
CREATE VIEW svv_external_tables AS
SELECT current_database()::text AS redshift_database_name, e.schemaname::text, t[1] AS tablename, 'TABLE'::text AS tabletype, rtrim(t[2], '/') AS location,
    t[3] AS input_format, t[4] AS output_format, t[5] AS serialization_lib, t[6] AS serde_parameters, 0 AS compressed, t[7] AS parameters
FROM standin.visible_schema AS e, LATERAL standin.lake_tables(e.catalog, e.databasename) AS t;
CREATE VIEW svv_external_columns AS
SELECT current_database()::text AS redshift_database_name, e.schemaname::text, t[1] AS tablename, t[2] AS columnname, t[3] AS external_type,
    t[4]::int AS columnnum, t[5]::int AS part_key, ''::text AS is_nullable
FROM standin.visible_schema AS e, LATERAL standin.lake_columns(e.catalog, e.databasename) AS t;
CREATE VIEW svv_external_partitions AS
SELECT e.schemaname::text, t[1] AS tablename, t[2] AS "values", rtrim(t[3], '/')::varchar(128) AS location, t[4] AS input_format, t[5] AS output_format,
    t[6] AS serialization_lib, t[7] AS serde_parameters, 0 AS compressed, t[8] AS parameters
FROM standin.visible_schema AS e, LATERAL standin.lake_partitions(e.catalog, e.databasename) AS t;
CREATE VIEW svv_external_databases AS
SELECT DISTINCT eskind::int, esoptions, databasename, ''::text AS location, ''::text AS parameters FROM svv_external_schemas WHERE eskind IN (1, 2);

-- Several of the above in one statement, and CANCEL.
CREATE PROCEDURE standin.all_of(calls text[]) AS $$
DECLARE
    one text;
BEGIN
    FOREACH one IN ARRAY calls LOOP
        EXECUTE 'CALL ' || one;
    END LOOP;
END $$ LANGUAGE plpgsql;
CREATE PROCEDURE standin.cancel(pid int) AS $$
BEGIN
    PERFORM pg_cancel_backend(pid);
END $$ LANGUAGE plpgsql;
