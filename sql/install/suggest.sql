-- From views over dblink and foreign tables to rollups.

CREATE FUNCTION rsfed.suggest_rollup(relation regclass)
RETURNS text
AS 'MODULE_PATHNAME', 'rsfed_suggest_rollup'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION rsfed.suggest_rollup(regclass) IS
'A script for psql that makes a rollup of a view or materialized view over dblink or foreign tables, with what belongs to the view and what reads it. Changes nothing itself, and holds no passwords';
