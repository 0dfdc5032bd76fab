-- The owner of the schedules: a copy of a database must not query the
-- warehouse of its original, which would be billed.

CREATE FUNCTION rsfed_catalog.identity_mismatch(identity text, system_identifier text,
	database_id bigint, database_name name)
RETURNS text
LANGUAGE C STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'rsfed_identity_mismatch';
COMMENT ON FUNCTION rsfed_catalog.identity_mismatch(text, text, bigint, name) IS
'Why this database, in this server with this setting rsfed.identity, is not that one; NULL if it is';

-- One row.  On a replica, is_held is the value that the primary stored, and
-- mismatch tells whether the replica would hold its schedules after a
-- promotion.
CREATE VIEW rsfed_catalog.guard AS
SELECT g.held_reason IS NOT NULL AS is_held,
	g.held_reason,
	i.held_since,
	m.mismatch,
	i.identity AS remembered_identity,
	NULLIF(pg_catalog.current_setting('rsfed.identity', true), '') AS own_identity
FROM (SELECT) AS one
-- LIMIT, so that the planner knows that it is one row
LEFT JOIN (SELECT r.* FROM rsfed_catalog.identity r LIMIT 1) AS i ON true
CROSS JOIN LATERAL (SELECT CASE
	WHEN i.only_row OR EXISTS (SELECT FROM rsfed_catalog.schedule)
	THEN rsfed_catalog.identity_mismatch(i.identity, i.system_identifier, i.database_id, i.database_name)
	END AS mismatch) AS m
CROSS JOIN LATERAL (SELECT CASE
	WHEN pg_catalog.pg_is_in_recovery() AND i.only_row THEN i.held_reason
	ELSE m.mismatch END AS held_reason) AS g;
COMMENT ON VIEW rsfed_catalog.guard IS
'Whether the schedules of this database are held, because it is not the one that owns them, and why';

CREATE FUNCTION rsfed.take_over(confirm text)
RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rsfed_take_over';
COMMENT ON FUNCTION rsfed.take_over(text) IS
'Makes this database the owner of its schedules, which run here from then on. confirm is its name';
REVOKE EXECUTE ON FUNCTION rsfed.take_over(text) FROM PUBLIC;

-- A restore brings rows without a function of rsfed that announces them.
CREATE FUNCTION rsfed_catalog.on_restore()
RETURNS trigger
LANGUAGE C
AS 'MODULE_PATHNAME', 'rsfed_on_restore';
REVOKE ALL ON FUNCTION rsfed_catalog.on_restore() FROM PUBLIC;
COMMENT ON FUNCTION rsfed_catalog.on_restore() IS
'Lets the scheduler look at rows that a restore brought';

CREATE TRIGGER announce AFTER INSERT ON rsfed_catalog.identity
	FOR EACH STATEMENT EXECUTE FUNCTION rsfed_catalog.on_restore();
CREATE TRIGGER announce AFTER INSERT ON rsfed_catalog.schedule
	FOR EACH STATEMENT EXECUTE FUNCTION rsfed_catalog.on_restore();
-- a tool that copies data may set session_replication_role to replica
ALTER TABLE rsfed_catalog.identity ENABLE ALWAYS TRIGGER announce;
ALTER TABLE rsfed_catalog.schedule ENABLE ALWAYS TRIGGER announce;
