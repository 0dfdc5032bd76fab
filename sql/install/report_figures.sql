-- The drawing of figures.  A figure is stretched to the available width, so texts
-- are next to it, not in it.  Bars are strokes: a path of them is short, and a lane
-- is one path for each outcome.

CREATE FUNCTION rsfed_report.axis(from_at timestamptz, to_at timestamptz)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
SELECT '<div class="x" aria-hidden="true">' || string_agg(format('<span>%s</span>', to_char(from_at + (to_at - from_at) * n / 4,
	CASE WHEN to_at - from_at <= interval '10 min' THEN 'HH24:MI:SS'
		WHEN to_at - from_at <= interval '36 h' THEN 'HH24:MI'
		WHEN to_at - from_at <= interval '14 d' THEN 'MM-DD HH24:MI'
		ELSE 'YYYY-MM-DD' END)), '' ORDER BY n) || '</div>'
FROM generate_series(0, 4) n
$$;
COMMENT ON FUNCTION rsfed_report.axis(timestamptz, timestamptz) IS
'The times below a figure';

-- The style sheet has the matching thickness.
CREATE FUNCTION rsfed_report.height_of(kind text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
SELECT CASE kind WHEN 'published' THEN '10' WHEN 'unchanged' THEN '13' WHEN 'failed' THEN '8' WHEN 'refused' THEN '5'
	WHEN 'cancelled' THEN '2' WHEN 'skipped' THEN '15' ELSE '10' END
$$;
COMMENT ON FUNCTION rsfed_report.height_of(text) IS
'Where in a lane of 16 units an outcome is drawn, so that it is told by its shape, too';

CREATE FUNCTION rsfed_report.legend(kinds text[])
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
SELECT '<span class="l">' || string_agg(format(
	'<span><svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path class="o %s" d="M2 %sh12"/></svg>%s</span>',
	kind, rsfed_report.height_of(kind), kind), '' ORDER BY n) || '</span>'
FROM unnest(kinds) WITH ORDINALITY k (kind, n)
$$;
COMMENT ON FUNCTION rsfed_report.legend(text[]) IS
'What the colours and shapes of outcomes mean';

CREATE FUNCTION rsfed_report.figure(title text, most text, described text, drawing text, axis text, legend text DEFAULT '')
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
SELECT '<figure><figcaption><b>' || title || '</b>' || COALESCE(legend, '') || '</figcaption><div class="p"><i>' || COALESCE(most, '') || '</i>'
	|| '<svg viewBox="0 0 960 200" preserveAspectRatio="none" role="img" aria-label="' || described || '">'
	|| '<path class="g" d="M0 1H960M0 100H960M0 199H960"/>' || COALESCE(drawing, '') || '</svg></div>' || axis || '</figure>'
$$;
COMMENT ON FUNCTION rsfed_report.figure(text, text, text, text, text, text) IS
'A figure: what it shows, the value at its top, the same in words, the drawing, the times below it';

-- Bars of equal width from the ground, one for each piece of the period.
CREATE FUNCTION rsfed_report.bars(class text, pieces integer[], heights double precision[], most double precision)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
SELECT format('<path class="b %s" d="%s"/>', class,
	string_agg(format('M%s 200V%s', piece * 10 + 5, round(200 - 196 * height / most)), ''))
FROM unnest(pieces, heights) u (piece, height)
WHERE height > 0 AND most > 0
$$;
COMMENT ON FUNCTION rsfed_report.bars(text, integer[], double precision[], double precision) IS
'Bars of a figure in 96 pieces; the greatest possible height is most';

CREATE FUNCTION rsfed_report.piece(place double precision, pieces integer)
RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
SELECT floor(GREATEST(0.0, LEAST(0.999999, place)) * pieces)::integer
$$;
COMMENT ON FUNCTION rsfed_report.piece(double precision, integer) IS
'The piece of the period that a position lies in';

-- Outcomes over time, stacked.
CREATE FUNCTION rsfed_report.outcomes_figure(runs rsfed_report.run[], axis text)
RETURNS text
LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp
AS $$
WITH counted AS (
	SELECT rsfed_report.piece(r.ended, 96) AS piece, k.kind, k.place, count(*) AS n
	FROM unnest(runs) r JOIN unnest('{published,unchanged,refused,failed,cancelled,skipped}'::text[]) WITH ORDINALITY k (kind, place) ON k.kind = r.status
	GROUP BY 1, 2, 3),
stacked AS (SELECT *, sum(n) OVER (PARTITION BY piece ORDER BY place) AS top FROM counted),
most AS (SELECT max(top) AS most FROM stacked),
drawn AS (
	SELECT place, kind, sum(n) AS n, format('<path class="b %s" d="%s"><title>%s: %s</title></path>', kind,
		string_agg(format('M%s %sV%s', piece * 10 + 5, round(200 - 196 * (top - n) / most), round(200 - 196 * top / most)), '' ORDER BY piece),
		kind, sum(n)) AS path
	FROM stacked CROSS JOIN most GROUP BY place, kind)
SELECT rsfed_report.figure('Runs by outcome', rsfed_report.amount((SELECT most FROM most)),
	COALESCE('Runs by outcome: ' || string_agg(n || ' ' || kind, ', ' ORDER BY place), 'No run ended'),
	string_agg(path, '' ORDER BY place), axis,
	'<span class="l">' || string_agg(format('<span><em class="%s"></em>%s</span>', kind, kind), '' ORDER BY place) || '</span>')
FROM drawn
$$;
COMMENT ON FUNCTION rsfed_report.outcomes_figure(rsfed_report.run[], text) IS
'Figure: runs by outcome over time';

-- Workers in use, and runs that wait for one, as averages over each piece of the
-- period.  The scale ends at 1 or above, so that a wait of seconds is a low bar.
CREATE FUNCTION rsfed_report.queue_figures(runs rsfed_report.run[], axis text)
RETURNS text
LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp
AS $$
WITH spans AS (
	SELECT s.what, s.a, s.b FROM unnest(runs) r
	CROSS JOIN LATERAL (VALUES ('busy', r.begun, r.ended),
		('waiting', GREATEST(r.due, 0), CASE WHEN r.status NOT IN ('skipped') THEN COALESCE(r.begun, r.ended) END)) s (what, a, b)
	WHERE r.by_worker AND s.b > s.a AND s.a < 1 AND s.b > 0),
means AS (
	SELECT s.what, s.piece, sum(LEAST(s.b * 96, s.piece + 1) - GREATEST(s.a * 96, s.piece)) AS mean
	FROM (SELECT what, a, b, generate_series(rsfed_report.piece(a, 96), rsfed_report.piece(b, 96)) AS piece FROM spans) s
	GROUP BY 1, 2),
tops AS (SELECT GREATEST(max(mean) FILTER (WHERE what = 'busy'), current_setting('rsfed.max_workers', true)::float8) AS busy,
		max(mean) FILTER (WHERE what = 'busy') AS busiest,
		max(mean) FILTER (WHERE what = 'waiting') AS waiting, GREATEST(max(mean) FILTER (WHERE what = 'waiting'), 1) AS waiting_top,
		current_setting('rsfed.max_workers', true)::float8 AS workers FROM means)
SELECT rsfed_report.figure('Workers in use', COALESCE(rsfed_report.amount(round(t.busy::numeric, 1)), '0'),
		format('Workers in use: at most %s of %s on average in an interval', COALESCE(round(t.busiest::numeric, 1), 0), COALESCE(t.workers::text, 'unknown')),
		(SELECT rsfed_report.bars('k1', array_agg(piece), array_agg(mean), t.busy) FROM means WHERE what = 'busy')
			|| COALESCE(format('<path class="m" d="M0 %sH960"><title>rsfed.max_workers: %s</title></path>', round(200 - 196 * t.workers / t.busy), t.workers), ''),
		axis, '<span class="l"><span>line: rsfed.max_workers</span></span>')
	|| rsfed_report.figure('Runs waiting for a worker', rsfed_report.amount(round(t.waiting_top::numeric, 1)),
		format('Runs waiting for a worker: at most %s on average in an interval', COALESCE(round(t.waiting::numeric, 1), 0)),
		(SELECT rsfed_report.bars('k2', array_agg(piece), array_agg(mean), t.waiting_top) FROM means WHERE what = 'waiting'), axis)
FROM tops t
$$;
COMMENT ON FUNCTION rsfed_report.queue_figures(rsfed_report.run[], text) IS
'Figures: workers in use, and the queue';

CREATE FUNCTION rsfed_report.paired_figure(title text, most_text text, described text, pieces integer[],
	behind double precision[], front double precision[], behind_name text, front_name text, axis text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
SELECT rsfed_report.figure(title, most_text, described,
	COALESCE(rsfed_report.bars('k3', pieces, behind, m.most), '') || COALESCE(rsfed_report.bars('k1', pieces, front, m.most), ''), axis,
	format('<span class="l"><span><em class="k3"></em>%s</span><span><em class="k1"></em>%s</span></span>', behind_name, front_name))
FROM (SELECT max(GREATEST(b, f)) AS most FROM unnest(behind, front) u (b, f)) m
$$;
COMMENT ON FUNCTION rsfed_report.paired_figure(text, text, text, integer[], double precision[], double precision[], text, text, text) IS
'Figure: two values for each piece of the period, one in front of the other';

CREATE FUNCTION rsfed_report.rows_figure(pieces integer[], received double precision[], changed double precision[], axis text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
SELECT rsfed_report.paired_figure('Rows', COALESCE(rsfed_report.amount(GREATEST(max(r), max(c))::numeric), '0'),
	format('Rows: %s received, %s changed', COALESCE(rsfed_report.amount(sum(r)::numeric), '0'), COALESCE(rsfed_report.amount(sum(c)::numeric), '0')),
	pieces, received, changed, 'received', 'changed', axis)
FROM unnest(received, changed) u (r, c)
$$;
COMMENT ON FUNCTION rsfed_report.rows_figure(integer[], double precision[], double precision[], text) IS
'Figure: rows that came from the warehouse and that changed here';

CREATE FUNCTION rsfed_report.work_figures(runs rsfed_report.run[], axis text)
RETURNS text
LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp
AS $$
WITH pieces AS (
	SELECT rsfed_report.piece(r.ended, 96) AS piece,
		percentile_cont('{0.5,0.95}'::float8[]) WITHIN GROUP (ORDER BY r.seconds) AS within,
		sum(r.rows_received)::float8 AS received, sum(r.rows_changed)::float8 AS changed
	FROM unnest(runs) r WHERE r.status IN ('published', 'unchanged') AND r.seconds IS NOT NULL
	GROUP BY 1),
gathered AS (
	SELECT array_agg(piece) AS pieces, array_agg(within[1]) AS medians, array_agg(within[2]) AS p95s, array_agg(received) AS received,
		array_agg(changed) AS changed, COALESCE(rsfed_report.duration(max(within[1])), '0') AS median,
		COALESCE(rsfed_report.duration(max(within[2])), '0') AS p95
	FROM pieces)
SELECT rsfed_report.paired_figure('Duration of successful runs', p95,
		format('Duration of successful runs by interval: 95th percentile at most %s, median at most %s', p95, median),
		pieces, p95s, medians, '95th percentile', 'median', axis)
	|| rsfed_report.rows_figure(pieces, received, changed, axis)
FROM gathered
$$;
COMMENT ON FUNCTION rsfed_report.work_figures(rsfed_report.run[], text) IS
'Figures: duration and rows of runs over time';
