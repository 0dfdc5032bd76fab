-- Sections of a report on relations: the time line of their runs, and their age
-- against max_age.

CREATE FUNCTION rsfed_report.state_mark(state text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
SELECT '<span class="s ' || state || '">' || state || '</span>'
$$;
COMMENT ON FUNCTION rsfed_report.state_mark(text) IS
'A state as a word with a colour';

-- Neighboring pieces with the same outcome are one stroke, so that a lane is
-- short regardless of its number of runs.
CREATE FUNCTION rsfed_report.time_line(runs rsfed_report.run[], lanes rsfed_report.lane[], axis text)
RETURNS text
LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp
AS $$
WITH counted AS (SELECT r.lane, r.status, count(*) AS n FROM unnest(runs) r GROUP BY 1, 2),
pieces AS (
	SELECT DISTINCT r.lane, r.status,
		generate_series(rsfed_report.piece(COALESCE(r.begun, r.ended), 160), rsfed_report.piece(r.ended, 160)) AS piece
	FROM unnest(runs) r WHERE r.status <> 'queued' AND r.ended >= 0),
islands AS (
	SELECT lane, status, min(piece) AS first, count(*) AS n
	FROM (SELECT *, piece - row_number() OVER (PARTITION BY lane, status ORDER BY piece) AS island FROM pieces) i
	GROUP BY lane, status, island),
paths AS (
	SELECT i.lane, i.status, '<path class="o ' || i.status || '" d="'
		|| string_agg('M' || i.first * 6 || ' ' || rsfed_report.height_of(i.status) || 'h' || i.n * 6 - 1, '' ORDER BY i.first)
		|| '"><title>' || i.status || ': ' || min(c.n) || '</title></path>' AS path
	FROM islands i JOIN counted c USING (lane, status)
	GROUP BY i.lane, i.status),
drawn AS (
	SELECT lane, string_agg(path, '' ORDER BY position(status IN 'unchanged published skipped cancelled running refused failed')) AS paths
	FROM paths GROUP BY lane),
told AS (SELECT lane, string_agg(n || ' ' || status, ', ' ORDER BY status) AS words FROM counted GROUP BY lane),
rows AS (
	SELECT l.place, '<tr><th scope="row">' || rsfed_report.label(l.name) || ' ' || rsfed_report.state_mark(l.state)
		|| '</th><td><svg class="t" viewBox="0 0 960 16" preserveAspectRatio="none" role="img" aria-label="' || COALESCE(t.words, 'no runs') || '">'
		|| COALESCE(d.paths, '') || '</svg></td><td>' || rsfed_report.amount(l.run_count) || '</td><td' || CASE WHEN l.failed > 0 THEN ' class="bad"' ELSE '' END || '>'
		|| rsfed_report.amount(l.failed) || '</td><td>' || COALESCE(rsfed_report.duration(l.median), '&#8211;') || '</td><td>'
		|| COALESCE(rsfed_report.duration(l.longest), '&#8211;') || '</td><td>' || COALESCE(rsfed_report.amount(l.rows_changed), '&#8211;') || '</td></tr>' AS row
	FROM unnest(lanes) l LEFT JOIN drawn d USING (lane) LEFT JOIN told t USING (lane)),
heads AS (
	SELECT '<table class="lanes"><thead><tr><th scope="col">Relation</th><th scope="col"><span class="v">Runs over time</span>' || axis
		|| '</th><th scope="col">Runs</th><th scope="col">Failed</th><th scope="col">Median</th><th scope="col">Longest</th>'
		|| '<th scope="col">Rows changed</th></tr></thead><tbody>' AS head)
SELECT '<section id="runs"><h2>Time line of runs</h2><p class="note">One line for each relation and set. Those that need attention come first. A run is drawn from its start to its end.</p>'
	|| rsfed_report.legend('{published,unchanged,refused,failed,cancelled,skipped,running}')
	|| CASE WHEN cardinality(lanes) = 0 THEN '' ELSE h.head
		|| (SELECT string_agg(row, E'\n' ORDER BY place) FROM rows WHERE place <= 50) || '</tbody></table>' END
	|| COALESCE((SELECT format(E'<details><summary>%s more</summary>', rsfed_report.amount(count(*))) || h.head || string_agg(row, E'\n' ORDER BY place)
		|| '</tbody></table></details>' FROM rows WHERE place > 50 HAVING count(*) > 0), '')
	|| '</section>'
FROM heads h
$$;
COMMENT ON FUNCTION rsfed_report.time_line(rsfed_report.run[], rsfed_report.lane[], text) IS
'Section: a line for each relation and set with its runs by outcome';

-- For figures of age only: the relations that can be late, and those of the first
-- cards.
CREATE FUNCTION rsfed_report.contents(runs rsfed_report.run[], lanes rsfed_report.lane[], from_at timestamptz, to_at timestamptz)
RETURNS rsfed_report.content[]
LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp
AS $$
WITH wanted AS (SELECT * FROM unnest(lanes) l WHERE l.max_age IS NOT NULL OR l.place <= 12),
succeeded AS (
	SELECT r.lane, r.as_of, r.ended AS first FROM unnest(runs) r JOIN wanted USING (lane)
	WHERE r.status IN ('published', 'unchanged') AND r.as_of IS NOT NULL AND r.ended >= 0),
began AS (SELECT s.lane, min(s.first) AS first FROM succeeded s GROUP BY s.lane),
-- what there was when the period began
before AS (
	SELECT w.lane, CASE WHEN b.lane IS NULL THEN CASE WHEN w.now_as_of < 1 THEN w.now_as_of END
		ELSE (SELECT (date_part('epoch', v.as_of) - date_part('epoch', from_at)) / (date_part('epoch', to_at) - date_part('epoch', from_at))
			FROM rsfed_report.visible_run v
			WHERE v.lane = w.lane AND v.finished_at < from_at AND v.status IN ('published', 'unchanged') AND v.as_of IS NOT NULL
			ORDER BY v.run_id DESC LIMIT 1) END AS as_of
	FROM wanted w LEFT JOIN began b USING (lane)),
ends AS (SELECT LEAST((date_part('epoch', now()) - date_part('epoch', from_at)) / (date_part('epoch', to_at) - date_part('epoch', from_at)), 1) AS present)
SELECT COALESCE(array_agg(ROW(t.*)::rsfed_report.content), '{}')
FROM (SELECT c.lane, c.as_of, c.first, lead(c.first, 1, e.present) OVER (PARTITION BY c.lane ORDER BY c.first, c.as_of) AS last
	FROM (TABLE succeeded UNION ALL SELECT b.lane, b.as_of, GREATEST(b.as_of, 0) FROM before b WHERE b.as_of IS NOT NULL) c
	CROSS JOIN ends e) t
$$;
COMMENT ON FUNCTION rsfed_report.contents(rsfed_report.run[], rsfed_report.lane[], timestamptz, timestamptz) IS
'The contents that relations had in the period';

CREATE FUNCTION rsfed_report.late_figure(lanes rsfed_report.lane[], contents rsfed_report.content[], length double precision, axis text)
RETURNS text
LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp
AS $$
WITH late AS (
	SELECT c.lane, GREATEST(c.first, c.as_of + l.max_age / length) AS a, c.last AS b
	FROM unnest(contents) c JOIN unnest(lanes) l USING (lane)
	WHERE l.max_age IS NOT NULL AND c.last > c.as_of + l.max_age / length),
pieces AS (
	SELECT p.piece, sum(LEAST(p.b * 96, p.piece + 1) - GREATEST(p.a * 96, p.piece)) AS mean
	FROM (SELECT a, b, generate_series(rsfed_report.piece(a, 96), rsfed_report.piece(b, 96)) AS piece FROM late WHERE b > a) p
	GROUP BY 1),
tops AS (SELECT GREATEST(max(mean), 1) AS most FROM pieces),
counts AS (SELECT (SELECT count(DISTINCT lane) FROM late WHERE b > a) AS late, count(*) AS all FROM unnest(lanes) l WHERE l.max_age IS NOT NULL)
SELECT rsfed_report.figure('Relations older than max_age', rsfed_report.amount(round(t.most::numeric, 1)),
	format('%s of %s relations with max_age were late in the period', n.late, n.all),
	(SELECT rsfed_report.bars('failed', array_agg(piece), array_agg(mean), t.most) FROM pieces), axis,
	'<span class="l"><span>' || CASE n.all WHEN 0 THEN 'no relation has a max_age'
		ELSE format('%s of %s relations with max_age were late', n.late, n.all) END || '</span></span>')
FROM tops t CROSS JOIN counts n
$$;
COMMENT ON FUNCTION rsfed_report.late_figure(rsfed_report.lane[], rsfed_report.content[], double precision, text) IS
'Figure: how many relations were older than their max_age over time';

-- If there are many contents, the oldest in each piece is drawn: content is oldest just
-- before the next one arrives.
CREATE FUNCTION rsfed_report.age_figures(lanes rsfed_report.lane[], contents rsfed_report.content[], length double precision, axis text)
RETURNS TABLE (lane integer, figure text)
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 12 SET search_path = pg_catalog, pg_temp
AS $$
WITH drawn AS (
	SELECT DISTINCT ON (c.lane, rsfed_report.piece(c.last, 192)) c.*
	FROM unnest(contents) c JOIN unnest(lanes) l USING (lane) WHERE l.place <= 12 AND c.last >= c.first
	ORDER BY c.lane, rsfed_report.piece(c.last, 192), c.last - c.as_of DESC),
tops AS (SELECT d.lane, max(d.last - d.as_of) * length AS peak FROM drawn d GROUP BY 1),
scales AS (
	SELECT l.*, t.peak, GREATEST(t.peak, CASE WHEN l.max_age < t.peak * 4 THEN l.max_age END, 0.001) AS most
	FROM tops t JOIN unnest(lanes) l USING (lane))
SELECT s.lane, rsfed_report.figure('Age', rsfed_report.duration(s.most),
	format('Age, at most %s%s', rsfed_report.duration(s.peak), COALESCE('; max_age is ' || rsfed_report.duration(s.max_age), '')),
	format('<path class="a" d="M%s"/>', substr(string_agg(format('L%s %sL%s %s', round(d.first * 960), round(200 - 190 * (d.first - d.as_of) * length / s.most),
		round(d.last * 960), round(200 - 190 * (d.last - d.as_of) * length / s.most)), '' ORDER BY d.first), 2))
		|| CASE WHEN s.max_age <= s.most THEN format('<path class="m" d="M0 %sH960"><title>max_age: %s</title></path>',
			round(200 - 190 * s.max_age / s.most), rsfed_report.duration(s.max_age)) ELSE '' END,
	axis, format('<span class="l"><span>%s</span></span>', COALESCE(CASE WHEN s.max_age <= s.most THEN 'line: ' ELSE '' END || 'max_age ' || rsfed_report.duration(s.max_age), 'no max_age')))
FROM scales s JOIN drawn d USING (lane)
GROUP BY s.lane, s.most, s.peak, s.max_age
$$;
COMMENT ON FUNCTION rsfed_report.age_figures(rsfed_report.lane[], rsfed_report.content[], double precision, text) IS
'Figures: the age of the content of the first relations against max_age';

CREATE FUNCTION rsfed_report.work_of_lanes(runs rsfed_report.run[], lanes rsfed_report.lane[], axis text)
RETURNS TABLE (lane integer, figures text)
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 12 SET search_path = pg_catalog, pg_temp
AS $$
WITH pieces AS (
	SELECT r.lane, rsfed_report.piece(r.ended, 96) AS piece, max(r.seconds) AS seconds,
		COALESCE(min(r.status) FILTER (WHERE r.status IN ('failed', 'refused')), min(r.status) FILTER (WHERE r.status = 'cancelled'),
			min(r.status)) AS status,
		sum(r.rows_received)::float8 AS received, sum(r.rows_changed)::float8 AS changed
	FROM unnest(runs) r JOIN unnest(lanes) l USING (lane)
	WHERE l.place <= 12 AND r.begun IS NOT NULL AND r.ended >= 0
	GROUP BY 1, 2),
tops AS (SELECT p.lane, NULLIF(max(p.seconds), 0) AS seconds FROM pieces p GROUP BY 1),
durations AS (
	SELECT p.lane, string_agg(p.path, '') AS paths,
		'<span class="l">' || string_agg(format('<span><em class="%s"></em>%s</span>', p.status, p.status), '' ORDER BY p.status) || '</span>' AS legend
	FROM (SELECT i.lane, i.status, rsfed_report.bars(i.status, array_agg(i.piece), array_agg(i.seconds), t.seconds) AS path
		FROM pieces i JOIN tops t USING (lane) GROUP BY i.lane, i.status, t.seconds) p
	GROUP BY 1),
rows AS (
	SELECT p.lane, rsfed_report.rows_figure(array_agg(p.piece), array_agg(p.received), array_agg(p.changed), axis) AS figure
	FROM pieces p GROUP BY 1)
SELECT t.lane, rsfed_report.figure('Duration', COALESCE(rsfed_report.duration(t.seconds), '0'),
		format('Duration of runs, at most %s', COALESCE(rsfed_report.duration(t.seconds), '0')), d.paths, axis, d.legend)
	|| w.figure
FROM tops t JOIN durations d USING (lane) JOIN rows w USING (lane)
$$;
COMMENT ON FUNCTION rsfed_report.work_of_lanes(rsfed_report.run[], rsfed_report.lane[], text) IS
'Figures: duration and rows of the runs of the first relations';

CREATE FUNCTION rsfed_report.cards(runs rsfed_report.run[], lanes rsfed_report.lane[], contents rsfed_report.content[],
	length double precision, axis text)
RETURNS text
LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp
AS $$
SELECT '<section id="age"><h2>Age, duration and rows</h2>'
	|| CASE WHEN cardinality(lanes) > 12 THEN '<p class="note">The 12 relations that need attention most or have the most run time.</p>' ELSE '' END
	|| COALESCE((SELECT '<div class="cards">' || string_agg(format('<article class="card"><h3>%s %s</h3>%s%s</article>', rsfed_report.label(l.name), rsfed_report.state_mark(l.state),
			a.figure, w.figures), '' ORDER BY l.place) || '</div>'
		FROM unnest(lanes) l
		LEFT JOIN rsfed_report.age_figures(lanes, contents, length, axis) a USING (lane)
		LEFT JOIN rsfed_report.work_of_lanes(runs, lanes, axis) w USING (lane)
		WHERE a.figure IS NOT NULL OR w.figures IS NOT NULL), '<p class="note">No relation had content or runs in the period.</p>') || '</section>'
$$;
COMMENT ON FUNCTION rsfed_report.cards(rsfed_report.run[], rsfed_report.lane[], rsfed_report.content[], double precision, text) IS
'Section: age against max_age, and duration and rows of the first relations';
