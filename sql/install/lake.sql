-- The lake: external schemas, tables and partitions.  A rollback here does not
-- undo writes there, so functions that write are not for PUBLIC.

CREATE FUNCTION rsfed.create_external_schema(
	source name,
	schema_name text,
	catalog_database text,
	iam_role text,
	region text DEFAULT NULL,
	options jsonb DEFAULT '{}',
	OUT server name, OUT ok boolean, OUT detail text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'rsfed_create_external_schema'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 3;
COMMENT ON FUNCTION rsfed.create_external_schema(name, text, text, text, text, jsonb) IS
'Makes an external schema at every server behind a source that has none of this name yet. What it does in the warehouse stays, even if the local transaction is rolled back';
REVOKE ALL ON FUNCTION rsfed.create_external_schema(name, text, text, text, text, jsonb) FROM PUBLIC;

CREATE FUNCTION rsfed.drop_external_schema(
	source name,
	schema_name text,
	drop_database boolean DEFAULT false,
	cascade boolean DEFAULT false,
	OUT server name, OUT ok boolean, OUT detail text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'rsfed_drop_external_schema'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 3;
COMMENT ON FUNCTION rsfed.drop_external_schema(name, text, boolean, boolean) IS
'Drops an external schema at every server behind a source; with drop_database also the database in the catalog. What it does in the warehouse stays, even if the local transaction is rolled back';
REVOKE ALL ON FUNCTION rsfed.drop_external_schema(name, text, boolean, boolean) FROM PUBLIC;

CREATE FUNCTION rsfed.add_partitions(
	source name,
	table_name text,
	partitions jsonb DEFAULT NULL,
	location text DEFAULT NULL,
	since text DEFAULT NULL,
	until text DEFAULT NULL,
	OUT server name, OUT added integer, OUT present integer, OUT failed integer, OUT detail text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'rsfed_add_partitions'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 3;
COMMENT ON FUNCTION rsfed.add_partitions(name, text, jsonb, text, text, text) IS
'Registers partitions of an external table that are not registered yet, from a list, or for each day or hour from since to before until. What it does in the warehouse stays, even if the local transaction is rolled back';
REVOKE ALL ON FUNCTION rsfed.add_partitions(name, text, jsonb, text, text, text) FROM PUBLIC;

CREATE FUNCTION rsfed.missing_partitions(
	source name,
	table_name text,
	since text DEFAULT NULL,
	until text DEFAULT NULL,
	partitions jsonb DEFAULT NULL,
	OUT server name, OUT partition_values jsonb)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'rsfed_missing_partitions'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 100;
COMMENT ON FUNCTION rsfed.missing_partitions(name, text, text, text, jsonb) IS
'Partitions that rsfed.add_partitions() would add. Until then queries for them find no rows, and raise no error';

CREATE FUNCTION rsfed.external_schemas(
	source name,
	OUT server name, OUT external_schema text, OUT catalog text, OUT catalog_database text, OUT options jsonb)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'rsfed_external_schemas'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 10;
COMMENT ON FUNCTION rsfed.external_schemas(name) IS
'External schemas that the role''s user may see at each server behind a source';

CREATE FUNCTION rsfed.external_tables(
	source name,
	schema_name text DEFAULT NULL,
	OUT server name, OUT external_schema text, OUT table_name text, OUT location text, OUT input_format text, OUT parameters jsonb)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'rsfed_external_tables'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 100;
COMMENT ON FUNCTION rsfed.external_tables(name, text) IS
'External tables that the role''s user may see at each server behind a source, of one schema or of all';

CREATE FUNCTION rsfed.external_columns(
	source name,
	table_name text,
	OUT server name, OUT ordinal integer, OUT column_name text, OUT external_type text, OUT partition_key integer)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'rsfed_external_columns'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 30;
COMMENT ON FUNCTION rsfed.external_columns(name, text) IS
'Columns of an external table at each server behind a source. partition_key counts the partition keys from 1';

CREATE FUNCTION rsfed.external_partitions(
	source name,
	table_name text,
	OUT server name, OUT partition_values jsonb, OUT location text, OUT parameters jsonb)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'rsfed_external_partitions'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 1000;
COMMENT ON FUNCTION rsfed.external_partitions(name, text) IS
'Registered partitions of an external table at each server behind a source. Redshift shows 128 characters of a location';
