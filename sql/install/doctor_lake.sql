-- rsfed.doctor() on rollups over a lake.

-- A schedule that names a method reads everything.
CREATE VIEW rsfed_doctor.lake WITH (security_barrier = true) AS
SELECT 'warning' AS severity, c.name AS subject,
	pg_catalog.format('It reads only partitions of %s that the catalog shows as new or changed; a file that is written anew in its place is found by no schedule.',
		u.options OPERATOR(pg_catalog.->>) 'lake_table') AS problem,
	pg_catalog.format('SELECT rsfed.schedule_refresh(%L, ''@weekly'', name => ''full merge'', method => ''merge'');', c.name) AS remedy,
	true AS on_primary
FROM (SELECT c.*, c.full_name AS name
	FROM rsfed_catalog.relation_class c WHERE c.may_see_all) c
JOIN rsfed_catalog.rollup u USING (relation_id)
WHERE u.options OPERATOR(pg_catalog.->>) 'lake_table' IS NOT NULL
	AND NOT EXISTS (SELECT FROM rsfed_catalog.schedule s
		WHERE s.relation_id = c.relation_id AND s.method IS NOT NULL);
COMMENT ON VIEW rsfed_doctor.lake IS
'Rollups over a lake that no schedule reads as a whole';
GRANT SELECT ON rsfed_doctor.lake TO PUBLIC;
