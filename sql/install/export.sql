-- All definitions, as text.

CREATE FUNCTION rsfed.export()
RETURNS text
AS 'MODULE_PATHNAME', 'rsfed_export'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION rsfed.export() IS
'A script that makes servers, rollups, schedules, publications and pauses again, as far as the caller may see them. It holds no content and no passwords';
