-- Functions that ask Redshift directly.  Each checks USAGE on the server for
-- the caller and logs in with the caller's user mapping.

CREATE FUNCTION rsfed.describe(
	source name, query text,
	OUT ordinal integer, OUT column_name name, OUT data_type text,
	OUT redshift_type text, OUT note text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'rsfed_describe'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE ROWS 10;
COMMENT ON FUNCTION rsfed.describe(name, text) IS
'Asks Redshift for the result columns of a query without running it';

CREATE FUNCTION rsfed.columns(source name, query text)
RETURNS text
AS 'MODULE_PATHNAME', 'rsfed_columns'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION rsfed.columns(name, text) IS
'The column list of a query, to paste after AS';

CREATE FUNCTION rsfed.query(source name, query text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'rsfed_query'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION rsfed.query(name, text) IS
'Runs a query in Redshift and returns its rows; the caller gives the column list';

CREATE FUNCTION rsfed.query(rowtype anyelement, source name, query text)
RETURNS SETOF anyelement
AS 'MODULE_PATHNAME', 'rsfed_query_as'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION rsfed.query(anyelement, name, text) IS
'Runs a query in Redshift and returns its rows as a type: NULL::type says which, its columns are found by name';

CREATE FUNCTION rsfed.query_json(source name, query text)
RETURNS SETOF jsonb
AS 'MODULE_PATHNAME', 'rsfed_query_json'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION rsfed.query_json(name, text) IS
'Runs a query in Redshift and returns each row as a JSON object';

CREATE FUNCTION rsfed.execute(source name, command text, on_members text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'rsfed_execute'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION rsfed.execute(name, text, text) IS
'Runs a command in Redshift, outside a transaction block, and returns its tag; for a group on one or on all of its members. What it does in the warehouse stays, even if the local transaction is rolled back';
REVOKE ALL ON FUNCTION rsfed.execute(name, text, text) FROM PUBLIC;
