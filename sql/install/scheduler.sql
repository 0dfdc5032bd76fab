-- The state of the background processes.

CREATE FUNCTION rsfed_catalog.scheduler_state(OUT state text, OUT pid integer, OUT launcher_pid integer,
	OUT next_due_at timestamptz, OUT retry_at timestamptz, OUT failures integer, OUT starved boolean,
	OUT databases integer, OUT workers_busy integer, OUT workers_idle integer, OUT library_version text)
RETURNS SETOF record
LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED ROWS 1
AS 'MODULE_PATHNAME', 'rsfed_scheduler_state';
COMMENT ON FUNCTION rsfed_catalog.scheduler_state() IS
'What shared memory knows of launcher, scheduler and workers; read the view rsfed.scheduler';

CREATE VIEW rsfed.scheduler AS
SELECT s.state, s.pid, s.launcher_pid, s.next_due_at, s.retry_at, s.failures, s.starved,
	s.workers_busy, s.workers_idle, s.library_version, e.extversion AS extension_version
FROM rsfed_catalog.scheduler_state() s
JOIN pg_catalog.pg_extension e ON e.extname = 'rsfed';
COMMENT ON VIEW rsfed.scheduler IS
'The scheduler of this database; one row';
GRANT SELECT ON rsfed.scheduler TO PUBLIC;

CREATE FUNCTION rsfed_catalog.credentials_expiry(mapping oid, OUT valid_until timestamptz, OUT problem text)
RETURNS SETOF record
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE ROWS 1
AS 'MODULE_PATHNAME', 'rsfed_credentials_expiry';
COMMENT ON FUNCTION rsfed_catalog.credentials_expiry(oid) IS
'Until when the credentials of a user mapping are valid, its file read; nothing to whom may not see the mapping';
