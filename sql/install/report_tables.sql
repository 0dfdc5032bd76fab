-- Sections of a report that are tables: the problems, the warehouses, the slowest
-- and the most failing relations.

CREATE FUNCTION rsfed_report.findings(found jsonb)
RETURNS text
LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp
AS $$
WITH rows AS (
	SELECT row_number() OVER () AS n, r.* FROM jsonb_to_recordset(found) r (severity text, subject text, problem text, remedy text))
SELECT '<section id="problems"><h2>Problems</h2>'
	|| CASE WHEN (SELECT count(*) FROM rows WHERE severity <> 'ok') = 0 THEN
		'<p class="ok"><b>&#10003; No problem found.</b> rsfed.doctor() has checked this server, its relations, foreign servers and schedules.</p>'
	ELSE '<table class="found"><thead><tr><th scope="col">Severity</th><th scope="col">Subject</th><th scope="col">Problem</th>'
		|| '<th scope="col">Remedy</th></tr></thead><tbody>'
		|| (SELECT string_agg(format('<tr><td><span class="s %s">%s</span></td><td>%s</td><td>%s</td><td>%s</td></tr>', severity,
			CASE severity WHEN 'error' THEN '&#10005; error' WHEN 'warning' THEN '&#9650; warning' ELSE '&#9679; ' || severity END,
			rsfed_report.label(subject), rsfed_report.html(left(problem, 2000)), COALESCE('<code>' || rsfed_report.html(left(remedy, 4000)) || '</code>', '')), E'\n' ORDER BY n)
			FROM rows WHERE n <= 100) || '</tbody></table>'
		|| CASE WHEN (SELECT count(*) FROM rows) > 100 THEN format('<p class="note">And %s more: <code>SELECT * FROM rsfed.doctor();</code></p>',
			(SELECT count(*) - 100 FROM rows)) ELSE '' END
	END || '</section>'
$$;
COMMENT ON FUNCTION rsfed_report.findings(jsonb) IS
'Section: the rows of rsfed.doctor()';

-- Current figures, and sums of the period.
CREATE FUNCTION rsfed_report.tiles(runs rsfed_report.run[], lanes rsfed_report.lane[])
RETURNS text
LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp
AS $$
WITH states AS (
	SELECT l.state, count(*) AS n, position(l.state IN 'fresh backfilling paused never held late refused failing') AS place
	FROM unnest(lanes) l WHERE l.state <> 'dropped' GROUP BY 1),
sums AS (
	SELECT count(*) AS runs, count(*) FILTER (WHERE status IN ('failed', 'refused')) AS failed, sum(seconds) AS seconds,
		percentile_cont('{0.5,0.95}'::float8[]) WITHIN GROUP (ORDER BY seconds) FILTER (WHERE status IN ('published', 'unchanged')) AS within,
		sum(rows_received) AS received, sum(rows_changed) AS changed,
		count(*) FILTER (WHERE status IN ('published', 'unchanged', 'failed', 'refused')) AS ended
	FROM unnest(runs))
SELECT '<section class="tiles" aria-label="Sums">'
	|| format('<div class="tile wide"><h2>Relations now</h2><p class="states">%s</p></div>',
		COALESCE((SELECT string_agg(format('<span><b>%s</b> %s</span>', rsfed_report.amount(n), rsfed_report.state_mark(state)), ' ' ORDER BY place DESC) FROM states), 'none'))
	|| format('<div class="tile"><h2>Runs</h2><p><b>%s</b></p></div>', rsfed_report.amount(s.runs))
	|| format('<div class="tile%s"><h2>Failed or refused</h2><p><b>%s</b>%s</p></div>', CASE WHEN s.failed > 0 THEN ' bad' ELSE '' END,
		rsfed_report.amount(s.failed), CASE WHEN s.ended > 0 THEN ' ' || round(100.0 * s.failed / s.ended, 1) || ' %' ELSE '' END)
	|| format('<div class="tile"><h2>Median duration</h2><p><b>%s</b></p></div>', COALESCE(rsfed_report.duration(s.within[1]), '&#8211;'))
	|| format('<div class="tile"><h2>95th percentile</h2><p><b>%s</b></p></div>', COALESCE(rsfed_report.duration(s.within[2]), '&#8211;'))
	|| format('<div class="tile"><h2>Rows received</h2><p><b>%s</b></p></div>', COALESCE(rsfed_report.amount(s.received), '0'))
	|| format('<div class="tile"><h2>Rows changed</h2><p><b>%s</b></p></div>', COALESCE(rsfed_report.amount(s.changed), '0'))
	|| '</section>'
FROM sums s
$$;
COMMENT ON FUNCTION rsfed_report.tiles(rsfed_report.run[], rsfed_report.lane[]) IS
'Section: states now, and sums over the runs of the period';

CREATE FUNCTION rsfed_report.warehouses(runs rsfed_report.run[], from_at timestamptz, to_at timestamptz)
RETURNS text
LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp
AS $$
WITH used AS (
	SELECT r.server, count(*) AS runs, count(*) FILTER (WHERE r.status IN ('failed', 'refused')) AS failed,
		count(*) FILTER (WHERE r.status = 'running') AS running,
		percentile_cont('{0.5,0.95}'::float8[]) WITHIN GROUP (ORDER BY r.seconds) FILTER (WHERE r.status IN ('published', 'unchanged')) AS within
	FROM unnest(runs) r WHERE r.server IS NOT NULL GROUP BY 1),
members AS (
	SELECT g.server::text AS server, string_agg(format('%s: %s', quote_ident(g.group_name), g.state), ', ' ORDER BY g.group_name) AS groups
	FROM rsfed.groups g WHERE g.server IS NOT NULL GROUP BY 1),
spent AS (
	SELECT p.server::text AS server, sum(p.s3_bytes) AS bytes, sum(p.price) AS price
	FROM rsfed_report.run_price p WHERE p.ended_at >= from_at AND p.ended_at < to_at GROUP BY 1),
rows AS (
	SELECT server, COALESCE(u.runs, 0) AS runs, COALESCE(u.failed, 0) AS failed, COALESCE(u.running, 0) AS running, u.within, m.groups, s.bytes, s.price,
		round(100.0 * u.runs / NULLIF(sum(u.runs) OVER (), 0), 1) AS share
	FROM used u FULL JOIN members m USING (server) FULL JOIN spent s USING (server))
SELECT '<section id="warehouses"><h2>Warehouses</h2>'
	|| CASE WHEN NOT EXISTS (SELECT FROM rows) THEN '<p class="note">No run used a server in the period.</p>' ELSE
	'<div class="scroll"><table class="figures"><thead><tr><th scope="col">Server</th><th scope="col">Groups</th><th scope="col">Share of runs</th><th scope="col">Runs</th>'
	|| '<th scope="col">Failed</th><th scope="col">Running</th><th scope="col">Median</th><th scope="col">95th percentile</th>'
	|| '<th scope="col">Scanned in S3</th><th scope="col">Cost</th></tr></thead><tbody>'
	|| (SELECT string_agg(format('<tr><th scope="row">%s</th><td>%s</td><td><svg class="share" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><path d="M0 4H100"/><path class="k1" d="M0 4H%s"/></svg> %s</td>'
			'<td>%s</td><td%s>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td></tr>',
		rsfed_report.label(quote_ident(server)), COALESCE(rsfed_report.html(groups), '&#8211;'), COALESCE(share, 0), COALESCE(share, 0) || ' %', rsfed_report.amount(runs),
		CASE WHEN failed > 0 THEN ' class="bad"' ELSE '' END, rsfed_report.amount(failed), rsfed_report.amount(running),
		COALESCE(rsfed_report.duration(within[1]), '&#8211;'), COALESCE(rsfed_report.duration(within[2]), '&#8211;'),
		COALESCE(pg_size_pretty(bytes), 'unknown'), COALESCE(round(price::numeric, 4)::text, 'unknown')), E'\n' ORDER BY runs DESC, server COLLATE "C") FROM rows)
	|| '</tbody></table></div><p class="note">Scanned bytes are known for servers with the option gather_costs. Cost also needs rsfed.price_per_tb or rsfed.price_per_rpu_hour.</p>'
	END || '</section>'
$$;
COMMENT ON FUNCTION rsfed_report.warehouses(rsfed_report.run[], timestamptz, timestamptz) IS
'Section: servers with their share of the runs, latency, failures, bytes and cost';

CREATE FUNCTION rsfed_report.worst(runs rsfed_report.run[], lanes rsfed_report.lane[])
RETURNS text
LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp
AS $$
WITH slowest AS (
	SELECT DISTINCT ON (l.longest, l.name) l.name, r.* FROM (SELECT * FROM unnest(lanes) WHERE longest IS NOT NULL ORDER BY longest DESC, name LIMIT 10) l
	JOIN unnest(runs) r ON r.lane = l.lane AND r.seconds = l.longest
	ORDER BY l.longest DESC, l.name, r.run_id DESC),
failing AS (
	SELECT l.name, count(*) AS n, max(r.run_id) AS run_id, max(r.started_at) AS last, r.failure
	FROM unnest(runs) r JOIN unnest(lanes) l USING (lane) WHERE r.status IN ('failed', 'refused')
	GROUP BY l.lane, l.name, r.failure ORDER BY n DESC, run_id DESC LIMIT 10)
SELECT '<section id="worst"><h2>Slowest runs</h2>'
	|| CASE WHEN NOT EXISTS (SELECT FROM slowest) THEN '<p class="note">No run ended in the period.</p>' ELSE
	'<p class="note">The longest run of each relation. The ten longest are shown.</p><div class="scroll"><table class="figures slowest"><thead><tr><th scope="col">Relation</th><th scope="col">Began</th><th scope="col">Took</th>'
	|| '<th scope="col">Outcome</th><th scope="col">Rows received</th><th scope="col">Server</th><th scope="col">Run</th><th scope="col">Query</th></tr></thead><tbody>'
	|| (SELECT string_agg(format('<tr><th scope="row">%s</th><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td></tr>',
		rsfed_report.label(name), rsfed_report.moment(started_at), rsfed_report.duration(seconds), rsfed_report.state_mark(status),
		COALESCE(rsfed_report.amount(rows_received), '&#8211;'), COALESCE(rsfed_report.label(quote_ident(server)), '&#8211;'), run_id, COALESCE(query_id::text, '&#8211;')), E'\n' ORDER BY seconds DESC, run_id) FROM slowest)
	|| '</tbody></table></div>' END
	|| '<h2>Most frequent errors</h2>'
	|| CASE WHEN NOT EXISTS (SELECT FROM failing) THEN '<p class="ok"><b>&#10003; No run failed</b> or was refused in the period.</p>' ELSE
	'<table class="found errors"><thead><tr><th scope="col">Relation</th><th scope="col">Times</th><th scope="col">Last</th><th scope="col">Error</th></tr></thead><tbody>'
	|| (SELECT string_agg(format('<tr><th scope="row">%s</th><td class="bad">%s</td><td>%s, run %s</td><td>%s</td></tr>', rsfed_report.label(name), rsfed_report.amount(n),
		COALESCE(rsfed_report.moment(last), '&#8211;'), run_id, COALESCE(rsfed_report.html(failure), '&#8211;')), E'\n' ORDER BY n DESC, run_id DESC) FROM failing)
	|| '</tbody></table>' END
	|| '</section>'
$$;
COMMENT ON FUNCTION rsfed_report.worst(rsfed_report.run[], rsfed_report.lane[]) IS
'Section: the slowest runs, and the errors that came most often';
