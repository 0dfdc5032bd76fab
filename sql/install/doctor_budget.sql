-- rsfed.doctor() on budgets.

CREATE VIEW rsfed_doctor.budget WITH (security_barrier = true) AS
WITH visible AS MATERIALIZED (SELECT x.*, c.full_name, u.source AS rollup_source,
		CASE WHEN x.source_id = 0 THEN c.full_name
			ELSE pg_catalog.format('%s %I', CASE WHEN x.is_group THEN 'group' ELSE 'server' END, x.source) END AS subject
	FROM rsfed_catalog.budget x
	LEFT JOIN rsfed_catalog.relation_class c USING (relation_id)
	LEFT JOIN rsfed_catalog.rollup u USING (relation_id)
	WHERE CASE WHEN x.source_id = 0 THEN c.may_see_all
		ELSE pg_catalog.has_server_privilege(x.source_id, 'USAGE') OR pg_catalog.pg_has_role('pg_monitor', 'USAGE') END)
SELECT 'warning' AS severity, b.subject,
	pg_catalog.format('Its %s for %s is used up: %s. Schedules are held until %s; CALL rsfed.refresh still works. The remedy gives it twice as much.',
		b.option_name, b.day, rsfed_catalog.budget_figures(b.option_name, b.used, b.allowed), b.ends_at) AS problem,
	CASE WHEN b.source_id = 0
		THEN pg_catalog.format('SELECT rsfed.alter_rollup(%L, options => %L);', b.full_name, pg_catalog.jsonb_build_object(b.option_name, t.twice))
		ELSE pg_catalog.format('ALTER SERVER %I OPTIONS (SET %s %L);', b.source, b.option_name, t.twice) END AS remedy,
	true AS on_primary,
	CASE WHEN b.source_id = 0 THEN 'Budgets of %s rollups are used up for today, and their schedules held.' END AS problem_of_many,
	CASE WHEN b.source_id = 0
		THEN 'SELECT relation, max_scan_bytes, scanned_bytes, max_seconds, seconds, ends_at FROM rsfed.budgets WHERE used_up AND relation IS NOT NULL;'
	END AS remedy_of_many
FROM visible b
-- within the limits of the options
CROSS JOIN LATERAL (SELECT CASE b.option_name
	WHEN 'max_scan_per_day' THEN LEAST(2 * GREATEST(b.used, b.allowed), 9007199254740992) || 'B'
	ELSE LEAST(2 * GREATEST(b.used, b.allowed), 2147483647) || 'ms' END AS twice) t
WHERE b.is_used_up
UNION ALL
SELECT 'warning', pg_catalog.format('server %I', s.server),
	pg_catalog.format('It does not gather costs: what runs read there does not count for max_scan_per_day of %s.',
		rsfed_catalog.some_names(pg_catalog.array_agg(DISTINCT s.subject ORDER BY s.subject))),
	pg_catalog.format('ALTER SERVER %I OPTIONS (%s gather_costs ''on'');', s.server, CASE WHEN s.is_off THEN 'SET' ELSE 'ADD' END),
	true, NULL, NULL
FROM (SELECT f.srvname AS server, b.subject COLLATE pg_catalog."C" AS subject,
		(SELECT o.option_value FROM pg_catalog.pg_options_to_table(f.srvoptions) o WHERE o.option_name = 'gather_costs') AS gathers
	FROM visible b
	JOIN pg_catalog.pg_foreign_server f ON f.srvname = COALESCE(b.source, b.rollup_source)
		AND NOT EXISTS (SELECT FROM pg_catalog.pg_options_to_table(f.srvoptions) o WHERE o.option_name = 'strategy')
		OR f.srvname IN (SELECT m.server FROM rsfed_catalog.member m WHERE m.group_name = COALESCE(b.source, b.rollup_source))
	JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = f.srvfdw AND w.fdwname = 'rsfed'
	WHERE b.max_scan > 0) g
CROSS JOIN LATERAL (SELECT g.server, g.subject, g.gathers IS NOT NULL AS is_off) s
WHERE NOT COALESCE(g.gathers::pg_catalog.bool, false)
GROUP BY s.server, s.is_off;
COMMENT ON VIEW rsfed_doctor.budget IS
'Budgets that are used up for today, and those that do not know what runs read';
GRANT SELECT ON rsfed_doctor.budget TO PUBLIC;
