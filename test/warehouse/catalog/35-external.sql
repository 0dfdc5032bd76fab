-- External schemas, tables and partitions (redshift.md section 7).  The proxy
-- turns the DDL into calls of these procedures; a table here stands for the
-- files in S3, and holds the rows that a test puts there on the direct port.
SET search_path = pg_catalog;

CREATE TABLE standin.external_schema (
    schemaname name PRIMARY KEY, esoid oid, eskind smallint, esowner int, databasename text, esoptions text
);
CREATE TABLE standin.external_table (
    schemaname name, tablename name, location text, input_format text, output_format text, serialization_lib text, serde_parameters text,
    parameters text, PRIMARY KEY (schemaname, tablename)
);
CREATE TABLE standin.external_column (
    schemaname name, tablename name, columnname name, external_type text, columnnum int, part_key int,
    PRIMARY KEY (schemaname, tablename, columnname)
);
CREATE TABLE standin.external_partition (
    schemaname name, tablename name, "values" text, location text, PRIMARY KEY (schemaname, tablename, "values")
);
GRANT SELECT ON ALL TABLES IN SCHEMA standin TO PUBLIC;
GRANT INSERT, UPDATE, DELETE ON standin.external_schema, standin.external_table, standin.external_column, standin.external_partition TO awsuser;

CREATE PROCEDURE standin.create_external_schema(name text, kind int, database text, options text, if_not_exists bool) AS $$
BEGIN
    IF if_not_exists AND EXISTS (SELECT FROM pg_namespace WHERE nspname = $1) THEN
        RAISE INFO 'Schema % already exists and will be skipped', $1;
        RETURN;
    END IF;
    EXECUTE 'CREATE SCHEMA ' || quote_ident($1);
    INSERT INTO standin.external_schema SELECT $1, n.oid, $2, n.nspowner::int, $3, $4 FROM pg_namespace AS n WHERE nspname = $1;
END $$ LANGUAGE plpgsql;

-- columns: name, local type, external type and "is a partition key" by fours
CREATE PROCEDURE standin.create_external_table(schema text, name text, columns text[], location text, format text, parameters text) AS $$
DECLARE
    list text := '';
BEGIN
    IF NOT EXISTS (SELECT FROM standin.external_schema AS e WHERE e.schemaname = $1) THEN
        RAISE EXCEPTION 'schema "%" is not an external schema', $1 USING ERRCODE = '42809';
    END IF;
    FOR i IN 1 .. "absent.array_length"($3, 1) / 4 LOOP
        list := list || CASE WHEN i > 1 THEN ', ' ELSE '' END || quote_ident($3[i * 4 - 3]) || ' ' || $3[i * 4 - 2];
        INSERT INTO standin.external_column VALUES ($1, $2, $3[i * 4 - 3], $3[i * 4 - 1], i, $3[i * 4]::int);
    END LOOP;
    EXECUTE 'CREATE TABLE ' || quote_ident($1) || '.' || quote_ident($2) || ' (' || list || ')';
    INSERT INTO standin.external_table VALUES ($1, $2, $4, $5, $5, $5, '{}', $6);
END $$ LANGUAGE plpgsql;

CREATE PROCEDURE standin.add_partition(schema text, name text, key text, location text, if_not_exists bool) AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM standin.external_table AS e WHERE e.schemaname = $1 AND e.tablename = $2) THEN
        RAISE EXCEPTION 'relation "%.%" is not an external table', $1, $2 USING ERRCODE = '42809';
    END IF;
    IF EXISTS (SELECT FROM standin.external_partition AS p WHERE p.schemaname = $1 AND p.tablename = $2 AND p."values" = $3) THEN
        IF NOT if_not_exists THEN
            RAISE EXCEPTION 'Partition already exists.' USING ERRCODE = 'XX000';
        END IF;
        RETURN;
    END IF;
    INSERT INTO standin.external_partition VALUES ($1, $2, $3, $4);
END $$ LANGUAGE plpgsql;

CREATE PROCEDURE standin.drop_partition(schema text, name text, key text) AS $$
    DELETE FROM standin.external_partition AS p WHERE p.schemaname = $1 AND p.tablename = $2 AND p."values" = $3
$$ LANGUAGE sql;

CREATE VIEW svv_external_schemas AS SELECT esoid, eskind, schemaname, esowner, databasename, esoptions FROM standin.external_schema
WHERE EXISTS (SELECT FROM pg_namespace WHERE nspname = schemaname);
CREATE VIEW svv_external_tables AS
SELECT current_database()::text AS redshift_database_name, e.schemaname::text, e.tablename::text, 'TABLE'::text AS tabletype, e.location, e.input_format, e.output_format,
    e.serialization_lib, e.serde_parameters, 0 AS compressed, e.parameters
FROM standin.external_table AS e
WHERE EXISTS (SELECT FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE nspname = e.schemaname AND relname = e.tablename);
CREATE VIEW svv_external_columns AS
SELECT redshift_database_name, schemaname, tablename, c.columnname::text, c.external_type, c.columnnum, c.part_key, ''::text AS is_nullable
FROM svv_external_tables JOIN standin.external_column AS c USING (schemaname, tablename);
CREATE VIEW svv_external_partitions AS
SELECT schemaname, tablename, p."values", p.location::varchar(128) AS location, e.input_format, e.output_format, e.serialization_lib, e.serde_parameters, e.compressed, e.parameters
FROM svv_external_tables AS e JOIN standin.external_partition AS p USING (schemaname, tablename);
CREATE VIEW svv_external_databases AS SELECT DISTINCT eskind::int, databasename, ''::text AS location, ''::text AS parameters FROM svv_external_schemas;

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
