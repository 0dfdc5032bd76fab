-- Options of servers, credentials, rollups and schedules, and pinned settings.

CREATE FUNCTION rsfed_catalog.options(
	OUT scope text, OUT name text, OUT type text, OUT unit text,
	OUT default_value text, OUT allowed text, OUT description text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'rsfed_options'
LANGUAGE C STABLE STRICT PARALLEL SAFE ROWS 40;
COMMENT ON FUNCTION rsfed_catalog.options() IS
'Options that the library knows, as it checks them';

CREATE VIEW rsfed.options AS
SELECT o.scope, o.name, o.type, o.unit, o.default_value, o.allowed, o.description
FROM rsfed_catalog.options() o
UNION ALL
SELECT 'setting',
	s.name,
	s.vartype,
	s.unit,
	s.boot_val,
	CASE
		WHEN s.enumvals IS NOT NULL THEN pg_catalog.array_to_string(s.enumvals, ', ')
		WHEN s.vartype = 'bool' THEN 'on, off'
		WHEN s.min_val IS NOT NULL THEN s.min_val OPERATOR(pg_catalog.||) ' to ' OPERATOR(pg_catalog.||) s.max_val
	END,
	pg_catalog.concat_ws(' ', s.short_desc, s.extra_desc)
FROM pg_catalog.pg_settings s
WHERE s.name OPERATOR(pg_catalog.~~) 'rsfed.%';
COMMENT ON VIEW rsfed.options IS
'Every option and setting of rsfed: what it means, its default, and what it takes';
GRANT SELECT ON rsfed.options TO PUBLIC;

CREATE FUNCTION rsfed_catalog.pinned_settings(
	OUT name text, OUT value text, OUT pinned_for text, OUT reason text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'rsfed_pinned_settings'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 40;
COMMENT ON FUNCTION rsfed_catalog.pinned_settings() IS
'Settings of PostgreSQL that the library pins';

CREATE VIEW rsfed.pinned_settings AS
SELECT p.name, p.value, p.pinned_for, p.reason
FROM rsfed_catalog.pinned_settings() p;
COMMENT ON VIEW rsfed.pinned_settings IS
'Settings of PostgreSQL that have a fixed value while rsfed works, and what another value would do';
GRANT SELECT ON rsfed.pinned_settings TO PUBLIC;
