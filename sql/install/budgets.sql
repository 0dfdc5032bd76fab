-- The budgets of schedules for a day.

CREATE FUNCTION rsfed_catalog.option_amount(scope text, name text, value text)
RETURNS bigint
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'rsfed_option_amount';
COMMENT ON FUNCTION rsfed_catalog.option_amount(text, text, text) IS
'The value of an option that is a number: a time in ms, a size in bytes';

CREATE FUNCTION rsfed_catalog.budget_figures(option_name text, used bigint, allowed bigint)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE option_name WHEN 'max_scan_per_day' THEN format('%s of %s', pg_size_pretty(used), pg_size_pretty(allowed))
		ELSE format('%s s of %s s', round(used / 1000.0, 1), round(allowed / 1000.0, 1)) END
$$;
COMMENT ON FUNCTION rsfed_catalog.budget_figures(text, bigint, bigint) IS
'How much of a budget is used, in the unit of its option';

-- The sum of a source is over two rows for each of its relations, which are found
-- by index.
CREATE VIEW rsfed_catalog.budget AS
SELECT b.*,
	((b.day + 1)::pg_catalog.timestamp AT TIME ZONE b.timezone) AS ends_at,
	o.option_name,
	CASE o.option_name WHEN 'max_scan_per_day' THEN b.scan_bytes ELSE b.run_ms END AS used,
	CASE o.option_name WHEN 'max_scan_per_day' THEN b.max_scan ELSE b.max_ms END AS allowed,
	o.option_name IS NOT NULL AS is_used_up
FROM (
	SELECT l.source_id, 0 AS relation_id, l.source, l.is_group, l.timezone, l.max_scan, l.max_ms, l.day,
		COALESCE(u.scan_bytes, 0) AS scan_bytes, COALESCE(u.run_ms, 0) AS run_ms
	FROM (
		SELECT s.oid AS source_id, s.srvname AS source, o.is_group, o.timezone,
			COALESCE(rsfed_catalog.option_amount('server', 'max_scan_per_day', o.scan), 0) AS max_scan,
			COALESCE(rsfed_catalog.option_amount('server', 'max_seconds_per_day', o.seconds), 0) AS max_ms,
			(pg_catalog.now() AT TIME ZONE o.timezone)::pg_catalog.date AS day
		FROM pg_catalog.pg_foreign_server s
		JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = s.srvfdw AND w.fdwname = 'rsfed'
		CROSS JOIN LATERAL (
			SELECT pg_catalog.max(x.option_value) FILTER (WHERE x.option_name = 'max_scan_per_day') AS scan,
				pg_catalog.max(x.option_value) FILTER (WHERE x.option_name = 'max_seconds_per_day') AS seconds,
				COALESCE(pg_catalog.max(x.option_value) FILTER (WHERE x.option_name = 'budget_timezone'), 'UTC') AS timezone,
				pg_catalog.bool_or(x.option_name = 'strategy') AS is_group
			FROM pg_catalog.pg_options_to_table(s.srvoptions) x) o
		WHERE o.scan IS NOT NULL OR o.seconds IS NOT NULL) l
	LEFT JOIN LATERAL (SELECT pg_catalog.sum(p.scan_bytes)::pg_catalog.int8 AS scan_bytes,
			GREATEST(pg_catalog.sum(p.run_ms), 0)::pg_catalog.int8 AS run_ms
		FROM rsfed_catalog.spending p WHERE p.source_id = l.source_id AND p.day = l.day) u ON true
	UNION ALL
	SELECT 0, l.relation_id, NULL, false, l.timezone, l.max_scan, l.max_ms, l.day,
		COALESCE(u.scan_bytes, 0), COALESCE(u.run_ms, 0)
	FROM (
		SELECT u.relation_id, u.timezone,
			COALESCE(rsfed_catalog.option_amount('rollup', 'max_scan_per_day', u.options ->> 'max_scan_per_day'), 0) AS max_scan,
			COALESCE(rsfed_catalog.option_amount('rollup', 'max_seconds_per_day', u.options ->> 'max_seconds_per_day'), 0) AS max_ms,
			(pg_catalog.now() AT TIME ZONE u.timezone)::pg_catalog.date AS day
		FROM rsfed_catalog.rollup u
		WHERE u.options ?| '{max_scan_per_day,max_seconds_per_day}') l
	LEFT JOIN LATERAL (SELECT pg_catalog.sum(p.scan_bytes)::pg_catalog.int8 AS scan_bytes,
			GREATEST(pg_catalog.sum(p.run_ms), 0)::pg_catalog.int8 AS run_ms
		FROM rsfed_catalog.spending p
		WHERE p.source_id = 0 AND p.relation_id = l.relation_id AND p.day = l.day) u ON true) b
CROSS JOIN LATERAL (SELECT CASE WHEN b.max_scan > 0 AND b.scan_bytes >= b.max_scan THEN 'max_scan_per_day'
	WHEN b.max_ms > 0 AND b.run_ms >= b.max_ms THEN 'max_seconds_per_day' END AS option_name) o
WHERE b.max_scan > 0 OR b.max_ms > 0;
COMMENT ON VIEW rsfed_catalog.budget IS
'Budgets of servers, groups (relation_id 0) and rollups (source_id 0) with what is used of them today; option_name is the one that is used up';

-- A member at its limit is skipped.  If the group has no other member, the group is
-- held, too.
CREATE VIEW rsfed_catalog.over_budget AS
SELECT b.relation_id, b.source_id, b.option_name, b.used, b.allowed, b.ends_at,
	pg_catalog.format('its %s is used up: %s, until %s begins in %s', b.option_name,
		rsfed_catalog.budget_figures(b.option_name, b.used, b.allowed), pg_catalog.to_char(b.day + 1, 'YYYY-MM-DD'), b.timezone) AS reason
FROM rsfed_catalog.budget b
WHERE b.is_used_up AND b.source_id = 0
UNION ALL
SELECT u.relation_id, b.source_id, b.option_name, b.used, b.allowed, b.ends_at,
	pg_catalog.format('%s of %s %I is used up: %s, until %s begins in %s', b.option_name,
		CASE WHEN b.is_group THEN 'group' ELSE 'server' END, b.source,
		rsfed_catalog.budget_figures(b.option_name, b.used, b.allowed), pg_catalog.to_char(b.day + 1, 'YYYY-MM-DD'), b.timezone)
FROM rsfed_catalog.budget b
JOIN rsfed_catalog.rollup u ON u.source = b.source
WHERE b.is_used_up AND b.relation_id = 0
UNION ALL
SELECT u.relation_id, g.source_id, g.option_name, g.used, g.allowed, g.ends_at,
	pg_catalog.format('all members of group %I have used up theirs, server %I %s: %s, until %s begins in %s', u.source,
		g.server, g.option_name, rsfed_catalog.budget_figures(g.option_name, g.used, g.allowed), pg_catalog.to_char(g.day + 1, 'YYYY-MM-DD'), g.timezone)
-- for each group, the member that can be used again first
FROM (SELECT DISTINCT ON (m.group_name) m.group_name, m.server, b.*,
		pg_catalog.bool_and(COALESCE(b.is_used_up, false)) OVER (PARTITION BY m.group_name) AS all_used_up
	FROM rsfed_catalog.member m
	LEFT JOIN rsfed_catalog.budget b ON b.source = m.server
	WHERE m.weight > 0 AND m.draining_since IS NULL
	ORDER BY m.group_name, b.ends_at, m.server) g
JOIN rsfed_catalog.rollup u ON u.source = g.group_name
WHERE g.all_used_up;
COMMENT ON VIEW rsfed_catalog.over_budget IS
'Rollups that schedules must not refresh today any more, and which budget is used up; each may be here more than once';
