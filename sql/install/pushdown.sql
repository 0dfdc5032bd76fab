-- The parts of a query over foreign tables that Redshift computes.

CREATE FUNCTION rsfed_catalog.pushdown(
	OUT kind text, OUT item text, OUT shipped text, OUT redshift_text text, OUT note text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'rsfed_pushdown'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 100;
COMMENT ON FUNCTION rsfed_catalog.pushdown() IS
'The list that the library decides by';

CREATE VIEW rsfed.pushdown AS
SELECT p.kind, p.item, p.shipped, p.redshift_text, p.note
FROM rsfed_catalog.pushdown() p;
COMMENT ON VIEW rsfed.pushdown IS
'What of a query over foreign tables Redshift computes, as it is or rewritten, and what it does not compute, and why. What is not listed is computed here';
GRANT SELECT ON rsfed.pushdown TO PUBLIC;

CREATE FUNCTION rsfed.pushed(query text)
RETURNS text
AS 'MODULE_PATHNAME', 'rsfed_pushed'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION rsfed.pushed(text) IS
'The statement of Redshift that a query over foreign tables becomes, to define a rollup with. It raises an error with the reasons if the query becomes none, or more than one. The query is planned, not run';
