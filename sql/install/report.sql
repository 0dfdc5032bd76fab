-- rsfed.report(): one page of HTML about problems and recent runs.  The schema
-- rsfed_report contains its parts: the data of the page (this file), the drawing
-- of figures, and a function for each section.  All of it runs with the rights of
-- the caller, over views that show what the caller may see, and writes nothing, so
-- that it works on replicas.
--
-- Times in figures are positions: 0 is the beginning of the period, 1 its end.
-- Data becomes HTML only through rsfed_report.html().

CREATE SCHEMA rsfed_report;
COMMENT ON SCHEMA rsfed_report IS 'rsfed: the sections of rsfed.report()';
GRANT USAGE ON SCHEMA rsfed_report TO PUBLIC;

-- Without the order of rsfed.runs, which a report of many runs does not need.
CREATE VIEW rsfed_report.visible_run WITH (security_barrier = true) AS
SELECT r.run_id, r.relation_id AS lane, r.schema_name, r.relation_name, r.status, r.trigger, r.set_run_id, r.requested_at,
	GREATEST(r.due_at, r.not_before) AS due_at, r.started_at, r.finished_at, r.as_of, r.server, r.query_id,
	r.rows_received, r.rows_inserted + r.rows_updated + r.rows_deleted AS rows_changed, r.sqlstate, r.message
FROM rsfed_catalog.run r
WHERE rsfed_catalog.may_see_runs(r.relation_id);
COMMENT ON VIEW rsfed_report.visible_run IS
'What a report needs of rsfed.runs, in no order; for the owner of the relation and pg_monitor';

CREATE VIEW rsfed_report.visible_lane WITH (security_barrier = true) AS
SELECT f.relation_id AS lane, f.name, f.state, f.age, f.max_age, f.as_of
FROM rsfed_catalog.relation_freshness f
UNION ALL
SELECT c.set_id, 'set ' || pg_catalog.quote_ident(s.name), s.state, s.age, NULL, s.as_of
FROM rsfed.sets s
JOIN rsfed_catalog.set_class c ON c.set_name = s.name;
COMMENT ON VIEW rsfed_report.visible_lane IS
'Relations and sets as rsfed.freshness and rsfed.sets show them';

CREATE VIEW rsfed_report.run_price WITH (security_barrier = true) AS
SELECT p.run_id, p.server, p.ended_at, p.s3_bytes, p.execution_ms, p.price
FROM rsfed_catalog.run_price p;
COMMENT ON VIEW rsfed_report.run_price IS
'What single runs have read and taken in the warehouse; for the owner of the relation and pg_monitor';

GRANT SELECT ON rsfed_report.visible_run, rsfed_report.visible_lane, rsfed_report.run_price TO PUBLIC;

CREATE TYPE rsfed_report.run AS (
	run_id bigint,
	lane integer,
	status text COLLATE "C",
	by_worker boolean,
	due double precision,
	begun double precision,
	ended double precision,
	seconds double precision,
	as_of double precision,
	started_at timestamptz,
	rows_received bigint,
	rows_changed bigint,
	server text COLLATE "C",
	query_id bigint,
	failure text COLLATE "C");
COMMENT ON TYPE rsfed_report.run IS
'A run as figures place it; by_worker says whether it takes a worker, which a run by CALL and a member of a set do not';

CREATE TYPE rsfed_report.lane AS (
	place bigint,
	lane integer,
	name text,
	state text,
	age double precision,
	max_age double precision,
	now_as_of double precision,
	run_count bigint,
	failed bigint,
	busy double precision,
	median double precision,
	longest double precision,
	rows_received bigint,
	rows_changed bigint);
COMMENT ON TYPE rsfed_report.lane IS
'A relation or set with its state now and the sum of its runs in the period; place 1 needs attention most';

CREATE TYPE rsfed_report.content AS (
	lane integer,
	as_of double precision,
	first double precision,
	last double precision);
COMMENT ON TYPE rsfed_report.content IS
'What a relation had from first to last, before the next content came';

CREATE FUNCTION rsfed_report.html(content text)
RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
-- control characters are not allowed in HTML, and are visible as blanks
AS $$
SELECT pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(
	pg_catalog.translate(content, E'\x01\x02\x03\x04\x05\x06\x07\x08\x0b\x0c\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f\x7f',
		'                             '), '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), '"', '&quot;'), '''', '&#39;')
$$;
COMMENT ON FUNCTION rsfed_report.html(text) IS
'Text as it is written in HTML, in attributes too';

-- Marks of direction in a name must not reorder what stands beside it.
CREATE FUNCTION rsfed_report.label(name text)
RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
SELECT '<bdi>' || rsfed_report.html(name) || '</bdi>'
$$;
COMMENT ON FUNCTION rsfed_report.label(text) IS
'A name as it is written in HTML beside other text';

-- Without SET and STRICT, like all functions that are called for each run, so that it
-- is inlined; the caller sets the search_path.
CREATE FUNCTION rsfed_report.duration(seconds double precision)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
SELECT CASE
	WHEN seconds IS NULL THEN NULL
	WHEN seconds < 0.9995 THEN round(seconds * 1000) || ' ms'
	WHEN seconds < 59.95 THEN round(seconds::numeric, 1) || ' s'
	WHEN seconds < 3600 THEN concat_ws(' ', div(seconds::numeric, 60) || ' min', NULLIF(div(seconds::numeric, 1) % 60, 0) || ' s')
	WHEN seconds < 172800 THEN concat_ws(' ', div(seconds::numeric, 3600) || ' h', NULLIF(div(seconds::numeric, 60) % 60, 0) || ' min')
	WHEN seconds < 1e12 THEN concat_ws(' ', div(seconds::numeric, 86400) || ' d', NULLIF(div(seconds::numeric, 3600) % 24, 0) || ' h')
	ELSE 'for ever' END
$$;
COMMENT ON FUNCTION rsfed_report.duration(double precision) IS
'Seconds as people write them, by their two greatest units';

CREATE FUNCTION rsfed_report.amount(number numeric)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
SELECT CASE
	WHEN number IS NULL THEN NULL
	WHEN abs(number) < 1e6 THEN to_char(number, CASE WHEN number = trunc(number) THEN 'FM999,990' ELSE 'FM999,990.0' END)
	WHEN abs(number) < 1e9 THEN to_char(number / 1e6, 'FM990.0') || ' M'
	ELSE to_char(number / 1e9, 'FM999,999,990.0') || ' bn' END
$$;
COMMENT ON FUNCTION rsfed_report.amount(numeric) IS
'A number, short: 12,345 or 1.2 M';

CREATE FUNCTION rsfed_report.moment(at timestamptz)
RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
SELECT CASE WHEN isfinite(at) THEN to_char(at, 'YYYY-MM-DD HH24:MI:SS') ELSE at::text END
$$;
COMMENT ON FUNCTION rsfed_report.moment(timestamptz) IS
'A time in the time zone of the session';

-- A day has 24 hours and a month 30 days, as in comparisons of intervals.
CREATE FUNCTION rsfed_report.seconds(length interval)
RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
SELECT CASE WHEN length IS NULL THEN NULL
	WHEN isfinite(length) AND length < interval '1000000 years' THEN ((date_part('year', length) * 12 + date_part('month', length)) * 30 + date_part('day', length)) * 86400
		+ date_part('hour', length) * 3600 + date_part('minute', length) * 60 + date_part('second', length)
	ELSE 1e13 END
$$;
COMMENT ON FUNCTION rsfed_report.seconds(interval) IS
'The length of an interval in seconds';

-- 200,000 are more than figures can show, and limit the cost of a report; they
-- are chosen by their numbers, so that nothing has to be sorted and older history
-- is not read.
CREATE FUNCTION rsfed_report.runs(from_at timestamptz, to_at timestamptz)
RETURNS rsfed_report.run[]
LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp
AS $$
SELECT COALESCE(array_agg(ROW(r.run_id, r.lane, r.status,
		r.trigger IN ('schedule', 'request') AND r.set_run_id IS NULL,
		(date_part('epoch', r.due_at) - s.zero) / s.length,
		(date_part('epoch', r.started_at) - s.zero) / s.length,
		(date_part('epoch', COALESCE(r.finished_at, LEAST(now(), to_at))) - s.zero) / s.length,
		date_part('epoch', r.finished_at - r.started_at),
		(date_part('epoch', r.as_of) - s.zero) / s.length,
		r.started_at, r.rows_received, r.rows_changed, r.server, r.query_id,
		CASE WHEN r.sqlstate IS NOT NULL OR r.message IS NOT NULL THEN left(concat_ws(': ', r.sqlstate, r.message), 400) END
	)::rsfed_report.run), '{}')
FROM (SELECT * FROM rsfed_report.visible_run v
	WHERE v.requested_at < to_at AND (v.finished_at >= from_at OR v.finished_at IS NULL)
		AND v.run_id > (SELECT n.run_id - 200000 FROM rsfed_report.visible_run n ORDER BY n.run_id DESC LIMIT 1)) r
CROSS JOIN (SELECT date_part('epoch', from_at) AS zero, date_part('epoch', to_at) - date_part('epoch', from_at) AS length) s
$$;
COMMENT ON FUNCTION rsfed_report.runs(timestamptz, timestamptz) IS
'The runs of a period that the caller may see, of the newest 200,000';

CREATE FUNCTION rsfed_report.lanes(runs rsfed_report.run[], from_at timestamptz, to_at timestamptz)
RETURNS rsfed_report.lane[]
LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp
AS $$
WITH summed AS (
	SELECT r.lane, max(r.run_id) AS last, count(*) AS run_count,
		count(*) FILTER (WHERE r.status IN ('failed', 'refused')) AS failed,
		sum(r.seconds) AS busy,
		percentile_cont(0.5) WITHIN GROUP (ORDER BY r.seconds) FILTER (WHERE r.status IN ('published', 'unchanged')) AS median,
		max(r.seconds) AS longest, sum(r.rows_received)::bigint AS rows_received, sum(r.rows_changed)::bigint AS rows_changed
	FROM unnest(runs) r GROUP BY r.lane),
together AS (
	SELECT lane, COALESCE(p.name, (SELECT COALESCE(NULLIF(quote_ident(v.schema_name), '""') || '.', 'set ') || quote_ident(v.relation_name)
			FROM rsfed_report.visible_run v WHERE v.run_id = s.last)) AS name, COALESCE(p.state, 'dropped') AS state, date_part('epoch', p.age) AS age,
		rsfed_report.seconds(p.max_age) AS max_age,
		(date_part('epoch', p.as_of) - date_part('epoch', from_at)) / (date_part('epoch', to_at) - date_part('epoch', from_at)) AS now_as_of,
		COALESCE(s.run_count, 0) AS run_count, COALESCE(s.failed, 0) AS failed, s.busy, s.median, s.longest, s.rows_received, s.rows_changed
	FROM rsfed_report.visible_lane p FULL JOIN summed s USING (lane))
SELECT COALESCE(array_agg(ROW(t.*)::rsfed_report.lane ORDER BY t.place), '{}')
FROM (SELECT row_number() OVER (ORDER BY
		CASE WHEN state IN ('failing', 'refused') THEN 1 WHEN state = 'late' THEN 2 WHEN state = 'held' THEN 3 WHEN failed > 0 THEN 4
			WHEN state IN ('never', 'paused') THEN 5 WHEN state = 'dropped' THEN 7 ELSE 6 END,
		failed DESC, busy DESC NULLS LAST, name COLLATE "C") AS place, together.* FROM together) t
$$;
COMMENT ON FUNCTION rsfed_report.lanes(rsfed_report.run[], timestamptz, timestamptz) IS
'Relations and sets that the caller may see, with the runs of the period; those first that need attention';
