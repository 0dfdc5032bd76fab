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
	AND u.options OPERATOR(pg_catalog.->) 'lake_key' IS NOT NULL
	AND NOT EXISTS (SELECT FROM rsfed_catalog.schedule s
		WHERE s.relation_id = c.relation_id AND s.method IS NOT NULL)
UNION ALL
-- an empty answer means that there is no snapshot: see lake_step_snapshot()
SELECT 'warning', c.name,
	pg_catalog.format('Each refresh reads all of %s, because Redshift shows no metadata_location of it, as of an Iceberg table; lake_key for its partitions, or a probe, would leave out what is not new.',
		u.options OPERATOR(pg_catalog.->>) 'lake_table'),
	pg_catalog.format('SELECT rsfed.alter_rollup(%L, options => ''{"lake_table": null}'');', c.name),
	true
FROM (SELECT c.*, c.full_name AS name
	FROM rsfed_catalog.relation_class c WHERE c.may_see_all) c
JOIN rsfed_catalog.rollup u USING (relation_id)
JOIN rsfed_catalog.probe p USING (relation_id)
WHERE u.options OPERATOR(pg_catalog.->>) 'lake_table' IS NOT NULL
	AND u.options OPERATOR(pg_catalog.->) 'lake_key' IS NULL AND p.answer OPERATOR(pg_catalog.=) '';
COMMENT ON VIEW rsfed_doctor.lake IS
'Rollups over a lake that no schedule reads as a whole, or that read all of it each time';
GRANT SELECT ON rsfed_doctor.lake TO PUBLIC;
