-- rsfed: from 0.1.0 to 0.2.0
--
-- The changes of sql/install since 0.1.0: a change there must also be made here.
-- test/t/016_release.pl compares the results of an update and of CREATE EXTENSION.

-- complain if script is sourced in psql, rather than via ALTER EXTENSION
\echo Use "ALTER EXTENSION rsfed UPDATE TO '0.2.0'" to load this file. \quit

-- rsfed.report(): names with marks of direction, no empty sections, two figures that
-- were written twice

-- Marks of direction in a name must not reorder what stands beside it.
CREATE FUNCTION rsfed_report.label(name text)
RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
SELECT '<bdi>' || rsfed_report.html(name) || '</bdi>'
$$;
COMMENT ON FUNCTION rsfed_report.label(text) IS
'A name as it is written in HTML beside other text';

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

CREATE OR REPLACE FUNCTION rsfed_report.style()
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
-- The colors are distinguishable for color-blind readers (after Okabe and Ito), and
-- have a contrast of at least 3:1 to the page, texts 4.5:1.
AS $$
SELECT $css$
:root{color-scheme:light dark;--page:#fff;--text:#1b2127;--soft:#57606a;--line:#d5dade;--panel:#f5f7f9;
--published:#075f9c;--unchanged:#6f8ea6;--failed:#c43d0b;--refused:#7b3fa0;--cancelled:#8a6d00;--skipped:#7d858c;--running:#007a5a;--light:#5896c8;--ok:#00704f}
@media screen and (prefers-color-scheme:dark){:root{--page:#10151a;--text:#e5e9ec;--soft:#9da7b0;--line:#323a42;--panel:#181f26;
--published:#52aee6;--unchanged:#7d99ae;--failed:#ff8352;--refused:#c99bea;--cancelled:#d6b33c;--skipped:#8b949c;--running:#35c79d;--light:#3c769e;--ok:#41c997}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",sans-serif;font-variant-numeric:tabular-nums}
main,header,footer{max-width:1240px;margin:0 auto;padding:0 20px}
header{padding-top:28px}
h1{font-size:26px;line-height:1.2;margin:0 0 4px;letter-spacing:-.01em}
h2{font-size:18px;margin:36px 0 10px;line-height:1.3}
h3{font-size:14px;margin:0 0 8px;overflow-wrap:anywhere}
p{margin:0 0 10px}
.note,header p,footer{color:var(--soft);font-size:13px}
nav{display:flex;flex-wrap:wrap;gap:4px 18px;margin:14px 0 0;padding:8px 0;border-block:1px solid var(--line);font-size:14px}
a{color:var(--published)}
code{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;white-space:pre-wrap;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%;font-size:14px}
th,td{text-align:left;padding:6px 12px 6px 0;border-bottom:1px solid var(--line);vertical-align:top}
thead th{color:var(--soft);font-weight:600;font-size:12px;vertical-align:bottom}
tbody th{font-weight:600;overflow-wrap:anywhere}
.scroll{overflow-x:auto}
ol{padding-left:22px}ol code{display:block;background:var(--panel);padding:6px 9px;border-radius:5px;margin:2px 0 10px}
.s{display:inline-block;padding:0 7px;border-radius:9px;font-size:12px;line-height:18px;font-weight:600;border:1px solid;white-space:nowrap;color:var(--soft)}
.s.fresh,.s.ok,.s.published{color:var(--ok)}.s.unchanged{color:var(--soft)}
.s.error,.s.failing,.s.failed,.s.late{color:var(--failed)}
.s.refused,.s.held{color:var(--refused)}
.s.warning,.s.cancelled{color:var(--cancelled)}
.bad,.bad b{color:var(--failed);font-weight:600}
.ok{background:var(--panel);border-left:4px solid var(--ok);padding:10px 14px}
.ok b{color:var(--ok)}
.found{table-layout:fixed}.found td{overflow-wrap:anywhere}.found th:first-child{width:112px}.found th:nth-child(2){width:19%}.found th:last-child{width:43%}
.errors th:first-child{width:24%}.errors th:nth-child(2){width:70px}.errors th:nth-child(3){width:19%}
.found code{display:block;background:var(--panel);padding:6px 9px;border-radius:5px}
.tiles{display:grid;grid-template-columns:repeat(6,1fr);gap:10px;margin-top:20px}
.tile{background:var(--panel);border-radius:8px;padding:10px 14px}
.tile.wide{grid-column:1/-1}
.tile h2{font-size:12px;font-weight:600;color:var(--soft);margin:0}
.tile p{margin:0}.tile b{font-size:22px;font-weight:600}
.states{display:flex;flex-wrap:wrap;gap:2px 20px}.states>span{display:inline-flex;align-items:center;gap:6px}
.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr));gap:22px 32px;align-items:end}
figure{margin:0;min-width:0}
figcaption{display:flex;flex-wrap:wrap;justify-content:space-between;gap:0 14px;font-size:13px;margin-bottom:4px}
.l{display:inline-flex;flex-wrap:wrap;gap:2px 14px;color:var(--soft);font-size:12px}
.l>span{display:inline-flex;align-items:center;gap:5px}
.l svg{display:block}.l em{width:10px;height:10px;border-radius:2px}em.k1,em.published{background:var(--published)}em.k3{background:var(--light)}em.unchanged{background:var(--unchanged)}
em.failed{background:var(--failed)}em.refused{background:var(--refused)}em.cancelled{background:var(--cancelled)}em.skipped{background:var(--skipped)}em.running{background:var(--running)}
section>.l{margin-bottom:8px}
.p{display:flex;height:130px}
.p svg{display:block;flex:1;min-width:0;height:100%}
.p i{flex:none;width:70px;white-space:nowrap;padding-right:7px;display:flex;flex-direction:column;justify-content:space-between;text-align:right;font-style:normal;font-size:11px;line-height:11px;color:var(--soft)}
.p i::after{content:"0"}figure .x{margin-left:70px}
.x{display:flex;justify-content:space-between;font-size:11px;color:var(--soft);margin-top:2px;white-space:nowrap;font-weight:400}
.g{stroke:var(--line);fill:none;vector-effect:non-scaling-stroke;stroke-width:1}
.b{fill:none;stroke-width:8}.a{fill:none;stroke:var(--published);stroke-width:1.5;vector-effect:non-scaling-stroke}
.m{fill:none;stroke:var(--failed);stroke-width:1.5;stroke-dasharray:5 4;vector-effect:non-scaling-stroke}
.k1{stroke:var(--published)}.k2{stroke:var(--refused)}.k3{stroke:var(--light)}
.o{fill:none}path.published{stroke:var(--published)}path.unchanged{stroke:var(--unchanged)}path.failed{stroke:var(--failed)}
path.refused{stroke:var(--refused)}path.cancelled{stroke:var(--cancelled)}path.skipped{stroke:var(--skipped)}path.running{stroke:var(--running)}
.o.published,.o.running{stroke-width:8}.o.unchanged{stroke-width:3}.o.failed{stroke-width:16}.o.refused{stroke-width:9}.o.cancelled{stroke-width:4}.o.skipped{stroke-width:2}
.lanes{table-layout:fixed}
.lanes th,.lanes td{padding:3px 0 3px 12px;text-align:right}
.lanes th:first-child{width:25%;text-align:left;padding-left:0}.lanes th:nth-child(2),.lanes td:nth-child(2){text-align:left}
.lanes thead th:nth-child(n+3){width:80px}.lanes tbody td{font-size:13px;white-space:nowrap}.lanes tbody th{font-size:13px;line-height:18px}
.t{display:block;width:100%;height:16px;margin-top:2px;background:var(--panel);border-radius:2px}
.v{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}
summary{cursor:pointer;padding:10px 0;font-weight:600;color:var(--published)}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,350px),1fr));gap:16px;margin-top:18px}
.card{background:var(--panel);border-radius:8px;padding:14px 16px;min-width:0;--page:var(--panel)}
.card .p{height:56px}.card figure+figure{margin-top:10px}.card .x span:nth-child(even){display:none}
.figures td:nth-child(n+2){white-space:nowrap}.figures:not(.slowest) td:nth-child(2){white-space:normal}
.share{width:64px;height:8px;vertical-align:middle}.share path{stroke:var(--line);stroke-width:8;fill:none}.share .k1{stroke:var(--published)}
footer{padding-top:20px;padding-bottom:40px;margin-top:36px;border-top:1px solid var(--line)}
@media screen and (max-width:760px){
main,header,footer{padding-left:14px;padding-right:14px}
.tiles{grid-template-columns:repeat(2,1fr)}
.found,.found tbody,.found tr,.found td,.found th{display:block;border:0;padding:0}.found thead{display:none}
.found tr{border-bottom:1px solid var(--line);padding:10px 0}.found td,.found th{padding:2px 0}
.lanes,.lanes thead,.lanes tbody{display:block}.lanes tr{display:grid;grid-template-columns:repeat(5,1fr);gap:1px 6px;border-bottom:1px solid var(--line);padding:5px 0}
.lanes th,.lanes td{border:0;padding:0;text-align:left}.lanes th:first-child,.lanes th:nth-child(2),.lanes td:nth-child(2){grid-column:1/-1;width:auto}
.lanes td:nth-child(n+3){font-size:12px;color:var(--soft)}.lanes thead th:nth-child(n+3){width:auto}.x span:nth-child(even){display:none}}
@media print{@page{margin:12mm}:root{color-scheme:light}body{font-size:11px}nav{display:none}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
main,header,footer{padding-left:0;padding-right:0}header{padding-top:0}h2{margin-top:24px}
table,code,figcaption,.lanes tbody td,.lanes tbody th{font-size:10.5px}th,td{padding:4px 9px 4px 0}tbody th{min-width:110px}
.tile{padding:7px 9px}.tile b{font-size:16px}.two,.cards{grid-template-columns:1fr 1fr;gap:16px 20px}.lanes thead th:nth-child(n+3){width:62px}thead th{font-size:10px}.x span:nth-child(even){display:none}
figure,.card,tr,.tile{break-inside:avoid}h2,h2+.note,h2+.l,figcaption{break-after:avoid}.scroll{overflow:visible}a{color:inherit;text-decoration:none}}
$css$::text
$$;

CREATE OR REPLACE FUNCTION rsfed_report.head(found jsonb, from_at timestamptz, to_at timestamptz)
RETURNS text
LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp
AS $$
SELECT '<!DOCTYPE html>' || E'\n<html lang="en"><head><meta charset="' || rsfed_report.charset() || '"/>'
	|| '<meta http-equiv="Content-Security-Policy" content="default-src ''none''; style-src ''unsafe-inline''; base-uri ''none''; form-action ''none''"/>'
	|| '<meta name="viewport" content="width=device-width, initial-scale=1"/><title>' || rsfed_report.html(format('rsfed: %s, %s', current_database(), to_char(to_at, 'YYYY-MM-DD HH24:MI')))
	|| '</title><style>' || rsfed_report.style() || '</style></head><body><header><h1>'
	|| CASE WHEN n.errors + n.warnings = 0 THEN 'All is well'
		ELSE concat_ws(', ', CASE WHEN n.errors > 0 THEN n.errors || CASE n.errors WHEN 1 THEN ' error' ELSE ' errors' END END,
			CASE WHEN n.warnings > 0 THEN n.warnings || CASE n.warnings WHEN 1 THEN ' warning' ELSE ' warnings' END END) END
	|| ' in database ' || rsfed_report.label(quote_ident(current_database())) || '</h1><p>'
	|| rsfed_report.html(format('%s to %s, time zone %s. Created at %s on %s, PostgreSQL %s, rsfed %s, by role %s.',
		rsfed_report.moment(from_at), rsfed_report.moment(to_at), current_setting('TimeZone'), rsfed_report.moment(now()),
		CASE WHEN pg_is_in_recovery() THEN 'a replica' ELSE 'the primary' END,
		split_part(current_setting('server_version'), ' ', 1), (SELECT e.extversion FROM pg_extension e WHERE e.extname = 'rsfed'), quote_ident(current_user)))
	|| CASE WHEN to_at < now() - interval '1 min' THEN ' Problems and states are the current ones, not those of the period.' ELSE '' END
	|| '</p>'
FROM (SELECT count(*) FILTER (WHERE f.severity = 'error') AS errors, count(*) FILTER (WHERE f.severity = 'warning') AS warnings
	FROM jsonb_to_recordset(found) f (severity text)) n
$$;

CREATE OR REPLACE FUNCTION rsfed_report.first_steps()
RETURNS text
LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp
AS $$
SELECT '<section id="runs"><h2>What to do next</h2><p>Role ' || rsfed_report.label(quote_ident(current_user))
	|| ' can see no relation that rsfed refreshes, and no run in the period.</p><ol><li>Register a Redshift server: <code>'
	|| rsfed_report.html($step$SELECT rsfed.register_server('warehouse', 'cluster.abc.eu-west-1.redshift.amazonaws.com', 'dev', 'etl', 'password');$step$)
	|| '</code></li><li>Define a rollup: <code>'
	|| rsfed_report.html($step$SELECT rsfed.define_rollup('by_month', 'warehouse', 'SELECT month, sum(price) AS revenue FROM sales GROUP BY month', max_age => '1 hour');$step$)
	|| '</code></li><li>Schedule its refreshes: <code>' || rsfed_report.html($step$SELECT rsfed.schedule_refresh('by_month', '15 minutes');$step$)
	|| '</code></li></ol><p class="note">If relations are defined already: their runs are visible to their owners and to members of pg_monitor, their state to roles with SELECT on them.</p></section>'
$$;

-- Workers in use, and runs that wait for one, as averages over each piece of the
-- period.  The scale ends at 1 or above, so that a wait of seconds is a low bar.
CREATE OR REPLACE FUNCTION rsfed_report.queue_figures(runs rsfed_report.run[], axis text)
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

CREATE OR REPLACE FUNCTION rsfed_report.work_figures(runs rsfed_report.run[], axis text)
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

CREATE OR REPLACE FUNCTION rsfed_report.late_figure(lanes rsfed_report.lane[], contents rsfed_report.content[], length double precision, axis text)
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

CREATE OR REPLACE FUNCTION rsfed_report.work_of_lanes(runs rsfed_report.run[], lanes rsfed_report.lane[], axis text)
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

-- Neighboring pieces with the same outcome are one stroke, so that a lane is
-- short regardless of its number of runs.
CREATE OR REPLACE FUNCTION rsfed_report.time_line(runs rsfed_report.run[], lanes rsfed_report.lane[], axis text)
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

CREATE OR REPLACE FUNCTION rsfed_report.cards(runs rsfed_report.run[], lanes rsfed_report.lane[], contents rsfed_report.content[],
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

CREATE OR REPLACE FUNCTION rsfed_report.findings(found jsonb)
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

CREATE OR REPLACE FUNCTION rsfed_report.warehouses(runs rsfed_report.run[], from_at timestamptz, to_at timestamptz)
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

CREATE OR REPLACE FUNCTION rsfed_report.worst(runs rsfed_report.run[], lanes rsfed_report.lane[])
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

CREATE OR REPLACE FUNCTION rsfed.report(since interval DEFAULT '1 day', until timestamptz DEFAULT now())
RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp SET datestyle = 'ISO' SET intervalstyle = 'postgres'
-- these queries run once: compiling them would take longer
SET jit = off
AS $$
DECLARE
	from_at timestamptz;
	found jsonb;
	runs rsfed_report.run[];
	lanes rsfed_report.lane[];
	contents rsfed_report.content[];
	length float8;
	axis text;
	page text;
BEGIN
	IF until IS NULL OR NOT isfinite(until) THEN
		RAISE EXCEPTION 'end of a report must be a finite time' USING ERRCODE = 'invalid_parameter_value',
			DETAIL = format('Argument until is %s.', COALESCE(until::text, 'NULL')),
			HINT = 'Omit the argument to create a report up to now.';
	END IF;
	-- an interval is compared as if months had 30 days, but begins where the calendar says
	IF since IS NULL OR NOT isfinite(since) OR since < interval '1 second' OR since > interval '1000 years' OR until - since >= until THEN
		RAISE EXCEPTION 'period of a report must be between 1 second and 1000 years' USING ERRCODE = 'invalid_parameter_value',
			DETAIL = format('Argument since is %s.', COALESCE(since::text, 'NULL')),
			HINT = 'Specify how long before its end the report begins, for example rsfed.report(since => ''7 days'').';
	END IF;
	from_at := until - since;
	length := date_part('epoch', until) - date_part('epoch', from_at);

	SELECT COALESCE(jsonb_agg(to_jsonb(d)), '[]') INTO found FROM rsfed.doctor() d;
	runs := rsfed_report.runs(from_at, until);
	lanes := rsfed_report.lanes(runs, from_at, until);
	axis := rsfed_report.axis(from_at, until);
	page := rsfed_report.head(found, from_at, until);
	IF cardinality(lanes) = 0 THEN
		page := page || '</header><main>' || rsfed_report.findings(found) || rsfed_report.first_steps();
	ELSE
		contents := rsfed_report.contents(runs, lanes, from_at, until);
		page := page || '<nav aria-label="Sections"><a href="#problems">Problems</a><a href="#work">Work</a><a href="#runs">Time line</a><a href="#age">Age</a>'
			|| '<a href="#warehouses">Warehouses</a><a href="#worst">Slowest and failing</a></nav></header><main>' || E'\n'
			|| rsfed_report.findings(found) || rsfed_report.tiles(runs, lanes)
			|| '<section id="work"><h2>Work</h2>'
			|| CASE cardinality(runs) WHEN 0 THEN '<p class="note">No run in the period.</p><div class="two">'
				ELSE '<div class="two">' || rsfed_report.outcomes_figure(runs, axis) || rsfed_report.queue_figures(runs, axis) || rsfed_report.work_figures(runs, axis) END
			|| CASE WHEN cardinality(runs) > 0 OR EXISTS (SELECT FROM unnest(lanes) l WHERE l.max_age IS NOT NULL)
				THEN rsfed_report.late_figure(lanes, contents, length, axis) ELSE '' END || '</div></section>'
			|| rsfed_report.time_line(runs, lanes, axis)
			|| rsfed_report.cards(runs, lanes, contents, length, axis)
			|| rsfed_report.warehouses(runs, from_at, until)
			|| rsfed_report.worst(runs, lanes);
	END IF;
	RETURN page || '</main><footer>'
		|| 'The report covers runs of relations that the role owns, or all runs if the role is a member of pg_monitor. It covers runs that are still in the history '
		|| '(rsfed.history_runs, rsfed.history_time), the newest 200,000 at most. '
		|| 'The same data in SQL: rsfed.doctor(), rsfed.freshness, rsfed.runs, rsfed.groups, rsfed.costs.</footer></body></html>';
END
$$;

-- rsfed.doctor() on manual pauses.  The topic schedule reports schedules that paused
-- themselves, and the topic relation reports paused relations that are late.

CREATE VIEW rsfed_doctor.pause WITH (security_barrier = true) AS
SELECT v.severity, v.subject,
	pg_catalog.format('%s since %s by %s, %s%s', v.what, pg_catalog.date_trunc('second', v.paused_at), v.paused_by,
		CASE WHEN pg_catalog.isfinite(v.paused_until) THEN 'until ' || v.paused_until ELSE 'without an end' END,
		COALESCE(': ' || v.pause_reason, '.')) AS problem,
	v.remedy, true AS on_primary, v.problem_of_many, v.remedy_of_many
FROM (
	SELECT CASE WHEN pg_catalog.isfinite(p.paused_until) THEN 'notice' ELSE 'warning' END AS severity,
		pg_catalog.format('database %I', pg_catalog.current_database()) AS subject,
		'All schedules are paused' AS what, p.paused_at, p.paused_until, p.paused_by, p.pause_reason,
		CASE WHEN pg_catalog.has_function_privilege('rsfed.resume_all()', 'EXECUTE') THEN 'SELECT rsfed.resume_all();'
			ELSE 'SELECT relation, set_name, paused_by, paused_until, pause_reason FROM rsfed.schedules WHERE paused;' END AS remedy,
		NULL AS problem_of_many, NULL AS remedy_of_many
	FROM rsfed_catalog.pause p
	WHERE pg_catalog.pg_has_role('pg_monitor', 'USAGE')
		OR EXISTS (SELECT FROM rsfed_catalog.relation_class c WHERE c.may_see_all)
	UNION ALL
	SELECT 'notice', c.full_name, 'Its schedules are paused', r.paused_at, r.paused_until, r.paused_by, r.pause_reason,
		pg_catalog.format('SELECT rsfed.resume(%L);', c.full_name),
		'Schedules of %s relations are paused.',
		'SELECT DISTINCT relation, paused_by, paused_until, pause_reason FROM rsfed.schedules WHERE paused AND relation IS NOT NULL;'
	FROM rsfed_catalog.relation r
	JOIN rsfed_catalog.relation_class c USING (relation_id)
	WHERE r.paused_at IS NOT NULL AND c.may_see_all
		AND EXISTS (SELECT FROM rsfed_catalog.schedule s WHERE s.relation_id = r.relation_id)
	UNION ALL
	SELECT 'notice', pg_catalog.format('set %I', c.set_name), 'Its schedules are paused', r.paused_at, r.paused_until, r.paused_by, r.pause_reason,
		pg_catalog.format('SELECT rsfed.resume_set(%L);', c.set_name),
		'Schedules of %s sets are paused.',
		'SELECT DISTINCT set_name, paused_by, paused_until, pause_reason FROM rsfed.schedules WHERE paused AND set_name IS NOT NULL;'
	FROM rsfed_catalog.relation r
	JOIN rsfed_catalog.set_class c ON c.set_id = r.relation_id
	WHERE r.paused_at IS NOT NULL AND c.may_see_all
		AND EXISTS (SELECT FROM rsfed_catalog.schedule s WHERE s.relation_id = r.relation_id)
) v
WHERE v.paused_until IS NULL OR v.paused_until > pg_catalog.now();
COMMENT ON VIEW rsfed_doctor.pause IS
'Pauses that somebody made: of all schedules, and of those of a relation or a set';
GRANT SELECT ON rsfed_doctor.pause TO PUBLIC;

CREATE OR REPLACE FUNCTION rsfed.doctor(remote boolean DEFAULT false)
RETURNS TABLE (severity text, subject text, problem text, remedy text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp SET datestyle = 'ISO' SET intervalstyle = 'postgres'
-- these queries run once: compiling them would take longer
SET jit = off
AS $$
DECLARE
	topics name[];
	topic name;
	here jsonb;
	rows jsonb := '[]';
	is_replica boolean := pg_is_in_recovery();
BEGIN
	-- the views of the extension, not what somebody put beside them
	SELECT array_agg(c.relname ORDER BY c.relname) INTO topics
	FROM pg_class c
	JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
	WHERE c.relnamespace = 'rsfed_doctor'::regnamespace AND c.relkind = 'v';

	FOREACH topic IN ARRAY topics LOOP
		BEGIN
			EXECUTE format('SELECT jsonb_agg(to_jsonb(t)) FROM rsfed_doctor.%I t', topic) INTO here;
		EXCEPTION WHEN OTHERS THEN
			here := jsonb_build_array(jsonb_build_object('severity', 'warning', 'subject', 'rsfed.doctor()',
				'problem', format('It could not look at the topic %s: %s.', topic, SQLERRM),
				'remedy', 'SELECT library_version, extension_version FROM rsfed.scheduler;'));
		END;
		rows := rows || COALESCE(here, '[]');
	END LOOP;

	IF remote THEN
		FOR topic IN SELECT s.server FROM rsfed.servers s
			WHERE s.may_use AND EXISTS (SELECT FROM rsfed.credentials m
				WHERE m.server = s.server AND m.for_role IN (current_user, 'public'))
		LOOP
			BEGIN
				SELECT jsonb_agg(jsonb_build_object('severity',
					-- of a member of a group with its name before it
					CASE WHEN i.item ~ '(^|: )(name resolution|TCP|log-in|session|credentials)$' THEN 'error' ELSE 'warning' END,
					'subject', format('server %I', topic), 'problem', format('%s: %s', i.item, i.detail),
					'remedy', format('SELECT * FROM rsfed.check_server(%L);', topic))) INTO here
				FROM rsfed.check_server(topic) i WHERE NOT i.ok;
			EXCEPTION WHEN OTHERS THEN
				here := jsonb_build_array(jsonb_build_object('severity', 'error', 'subject', format('server %I', topic),
					'problem', format('It could not be checked: %s.', SQLERRM),
					'remedy', format('SELECT * FROM rsfed.servers WHERE server = %L;', topic)));
			END;
			rows := rows || COALESCE(here, '[]');
		END LOOP;
	END IF;

	IF rows = '[]' THEN
		rows := jsonb_build_array(jsonb_build_object('severity', 'ok', 'subject', format('database %I', current_database()),
			'problem', format('Nothing found%s. Looked at: %s%s.',
				CASE WHEN pg_has_role('pg_monitor', 'USAGE') THEN '' ELSE format(' in what role %I may see', current_user) END,
				array_to_string(topics, ', '), CASE WHEN remote THEN '; asked the servers' ELSE '' END)));
	END IF;
	RETURN QUERY
		WITH found AS (SELECT *
			FROM jsonb_to_recordset(rows) AS r (severity text, subject text, problem text, remedy text, on_primary boolean,
				problem_of_many text, remedy_of_many text)),
		-- one problem of many is one row
		many AS (SELECT f.severity, array_to_string((array_agg(f.subject ORDER BY f.subject COLLATE "C"))[:5], ', ')
					|| CASE WHEN count(*) > 5 THEN format(' and %s more', count(*) - 5) ELSE '' END AS subject,
				format(f.problem_of_many, count(*)) AS problem,
				format(f.remedy_of_many, string_agg(f.subject, ', ' ORDER BY f.subject COLLATE "C")) AS remedy,
				f.on_primary, f.problem_of_many, f.remedy_of_many
			FROM found f
			WHERE f.problem_of_many IS NOT NULL
			GROUP BY f.severity, f.problem_of_many, f.remedy_of_many, f.on_primary
			HAVING count(*) >= 5)
		SELECT r.severity, r.subject,
			r.problem || CASE WHEN is_replica AND r.on_primary THEN ' Run the remedy on the primary.' ELSE '' END, r.remedy
		FROM (SELECT m.* FROM many m
			UNION ALL
			SELECT f.* FROM found f
			WHERE NOT EXISTS (SELECT FROM many m WHERE (m.severity, m.problem_of_many, m.remedy_of_many, m.on_primary)
				= (f.severity, f.problem_of_many, f.remedy_of_many, f.on_primary))) r
		ORDER BY array_position(ARRAY['error', 'warning', 'notice', 'ok'], r.severity), r.subject, r.problem;
END
$$;

CREATE OR REPLACE FUNCTION rsfed_catalog.subscriber_table(publication name, version integer, relid oid, relation_id integer, copy_number integer, tables boolean)
RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $body$
	WITH t AS (SELECT c.oid, n.nspname, c.relname, c.relowner, obj_description(c.oid, 'pg_class') AS comment, c.relacl,
			rsfed_catalog.published_columns(publication, c.oid) AS named
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = relid),
	a AS (SELECT a.attname, a.attnum, a.attnotnull, format_type(a.atttypid, a.atttypmod) AS type,
			CASE WHEN a.attcollation NOT IN (0, y.typcollation) THEN format(' COLLATE %I.%I', cn.nspname, co.collname) ELSE '' END AS coll
		FROM t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
			AND (t.named IS NULL OR a.attname = ANY (t.named)
				-- not published yet: it is once this is there
				OR a.attname IN (SELECT x.value ->> 'name' FROM rsfed_catalog.rollup u, jsonb_array_elements(u.columns) x
					WHERE u.relation_id = subscriber_table.relation_id))
		JOIN pg_type y ON y.oid = a.atttypid
		LEFT JOIN pg_collation co ON co.oid = a.attcollation
		LEFT JOIN pg_namespace cn ON cn.oid = co.collnamespace),
	k AS (SELECT i.indexrelid, bool_and(a.attnotnull) AS is_primary, array_agg(a.attname ORDER BY x.n) AS columns
		FROM t JOIN pg_index i ON i.indrelid = t.oid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
		CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY x (attnum, n)
		JOIN a ON a.attnum = x.attnum
		GROUP BY i.indexrelid
		HAVING array_agg(a.attname::text ORDER BY a.attname) = (SELECT array_agg(c ORDER BY c COLLATE "C") FROM rsfed_catalog.rollup u, unnest(u.key_columns) c
			WHERE u.relation_id = subscriber_table.relation_id)
		ORDER BY bool_and(a.attnotnull) DESC, i.indexrelid LIMIT 1)
	SELECT concat_ws(E'\n',
		-- psql ends a comment at \n and at \r, and names may contain both
		'-- ' || regexp_replace(concat_ws(E'\n', format('%I.%I', t.nspname, t.relname),
			CASE WHEN NOT tables THEN format(E'It must contain, made by whoever owns the schema:\n  CREATE TABLE %I.%I (%s);%s', t.nspname, t.relname,
				(SELECT string_agg(format('%I %s%s', a.attname, a.type, a.coll), ', ' ORDER BY a.attnum) FROM a),
				(SELECT CASE WHEN k.is_primary THEN format(E'\n  ALTER TABLE %I.%I ADD PRIMARY KEY (%s);', t.nspname, t.relname, l.list)
					ELSE format(E'\n  CREATE UNIQUE INDEX ON %I.%I (%s) NULLS NOT DISTINCT;', t.nspname, t.relname, l.list) END
					FROM k CROSS JOIN LATERAL (SELECT string_agg(quote_ident(c), ', ' ORDER BY n) AS list FROM unnest(k.columns) WITH ORDINALITY x (c, n)) l)) END),
			'[\n\r]', E'\n-- ', 'g'),
		format(E'SELECT rsfed_catalog.take_table(publication => %L, version => %s, relation_id => %s, copy_number => %s, tables => %L,\n'
			'\tschema_name => %L, relation_name => %L,\n\tcolumns => ARRAY[%s],\n\tkey => %L, is_primary => %L) \\gset rsfed_',
			publication, version, relation_id, copy_number, tables, t.nspname, t.relname,
			(SELECT string_agg(format(E'\n\t\tARRAY[%L, %L]', a.attname, a.type || a.coll), ',' ORDER BY a.attnum) FROM a),
			(SELECT k.columns FROM k), COALESCE((SELECT k.is_primary FROM k), false)),
		CASE WHEN tables THEN (SELECT string_agg(regexp_replace(pg_get_indexdef(i.indexrelid), '^CREATE INDEX ', 'CREATE INDEX IF NOT EXISTS ') || ';', E'\n'
				ORDER BY i.indexrelid)
			FROM pg_index i WHERE i.indrelid = t.oid AND NOT i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
				AND NOT EXISTS (SELECT FROM unnest(i.indkey) x (attnum) WHERE x.attnum NOT IN (SELECT a.attnum FROM a))) END,
		CASE WHEN tables AND t.comment IS NOT NULL THEN format('COMMENT ON TABLE %I.%I IS %L;', t.nspname, t.relname, t.comment) END,
		CASE WHEN tables THEN (SELECT string_agg(CASE WHEN x.grantee = 0 THEN format('GRANT SELECT ON %I.%I TO PUBLIC;', t.nspname, t.relname)
					ELSE format('SELECT rsfed_catalog.grant_select(%L, %L, %L) \gset rsfed_', t.nspname, t.relname, pg_get_userbyid(x.grantee)) END, E'\n' ORDER BY x.grantee)
			FROM aclexplode(t.relacl) x WHERE x.privilege_type = 'SELECT' AND x.grantee <> t.relowner) END,
		'')
	FROM t
$body$;

CREATE OR REPLACE FUNCTION rsfed_catalog.subscriber_script(publication name, tables boolean)
RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
	SELECT replace(replace(replace(replace(replace(replace(rsfed_catalog.subscriber_template(),
		'@kit@', quote_literal(md5(rsfed_catalog.subscriber_template()))),
		-- the template has it in a comment and in a body of DO, too
		'@publication@', CASE WHEN b.publication::text ~ '[\n\r$@]'
			THEN format('U&''%s''', replace(replace(replace(replace(replace(replace(b.publication::text, E'\\', E'\\\\'), '''', ''''''),
				E'\n', E'\\000a'), E'\r', E'\\000d'), '$', E'\\0024'), '@', E'\\0040'))
			ELSE quote_literal(b.publication) END),
		'@slot_prefix@', quote_literal(rsfed_catalog.slot_prefix(b.publication))),
		'@version@', b.version::text),
		'@failover@', (current_setting('server_version_num')::int4 >= 170000)::text),
		'@tables@', COALESCE((SELECT string_agg(rsfed_catalog.subscriber_table(p.publication, b.version, k.relid, p.relation_id, p.copy_number, tables),
				E'\n' ORDER BY p.schema_name, p.relation_name)
			FROM rsfed_catalog.published_freshness p JOIN rsfed_catalog.present_relation k USING (relation_id)
			WHERE p.publication = b.publication), '-- none is published')
		|| format(E'\nSELECT rsfed_catalog.forget_others(%L, %L) \\gset rsfed_', b.publication,
			ARRAY(SELECT p.relation_id FROM rsfed_catalog.published_freshness p WHERE p.publication = b.publication ORDER BY 1)))
	FROM rsfed_catalog.publication b WHERE b.publication = subscriber_script.publication
$$;

COMMENT ON FUNCTION rsfed.wait(bigint, interval) IS
'Waits until a run has ended (on a replica: until that has arrived there) and returns its status; after the timeout the status that it has then. Only for roles that requested it or may read its relation';
COMMENT ON SCHEMA rsfed_catalog IS 'rsfed: tables and internals; read the views of schema rsfed';
