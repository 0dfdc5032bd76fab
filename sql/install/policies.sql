-- Log-ins that Redshift refused.  Not dumped: another server may have other
-- credentials.  The fingerprint identifies the versions of mapping, server and
-- credentials file at that time (row versions; inode, size and time of the
-- file), without their contents.
CREATE TABLE rsfed_catalog.held_credentials
(
	server_id		oid NOT NULL,
	role_id			oid NOT NULL,
	held_since		timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
	sqlstate		text NOT NULL,
	message			text NOT NULL,
	fingerprint		text NOT NULL,
	PRIMARY KEY (server_id, role_id)
);
COMMENT ON TABLE rsfed_catalog.held_credentials IS
'User mappings (role 0: of PUBLIC) whose log-in was refused or has expired: the scheduler does not try them until they change';

CREATE VIEW rsfed_catalog.held_relation WITH (security_barrier = true) AS
SELECT DISTINCT x.relation_id,
	h.server_id,
	h.role_id,
	h.held_since,
	h.sqlstate,
	h.message
FROM rsfed_catalog.held_credentials h
JOIN pg_catalog.pg_foreign_server s ON s.oid = h.server_id
JOIN rsfed_catalog.rollup u ON u.source = s.srvname
JOIN rsfed_catalog.present_relation k USING (relation_id)
JOIN pg_catalog.pg_class c ON c.oid = k.relid
CROSS JOIN LATERAL (SELECT u.relation_id UNION ALL SELECT m.set_id
	FROM rsfed_catalog.set_member m WHERE m.relation_id = u.relation_id) AS x
WHERE h.role_id = c.relowner
	OR h.role_id = 0 AND NOT EXISTS (SELECT FROM pg_catalog.pg_user_mapping m
		WHERE m.umserver = h.server_id AND m.umuser = c.relowner);
COMMENT ON VIEW rsfed_catalog.held_relation IS
'Rollups, and sets of them, that are not refreshed by schedule because the log-in of their owner is held';
