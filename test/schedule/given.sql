-- src/schedule/clock.c and backoff.c with given times and chances: prints each
-- case that differs and fails if there is one.  :library names the module.
\set ON_ERROR_STOP on
SET timezone = 'UTC';
BEGIN;
CREATE FUNCTION pg_temp.after_clock(text, text, timestamptz, timestamptz, timestamptz) RETURNS timestamptz
	LANGUAGE c STRICT AS :'library', 'schedule_oracle_after_clock';
CREATE FUNCTION pg_temp.next_time(text, text, timestamptz, timestamptz) RETURNS timestamptz
	LANGUAGE c STRICT AS :'library', 'schedule_oracle_next';
CREATE FUNCTION pg_temp.missed(timestamptz, timestamptz) RETURNS boolean
	LANGUAGE c STRICT AS :'library', 'schedule_oracle_missed';
CREATE FUNCTION pg_temp.backoff(bigint, bigint, bigint, integer, integer, double precision) RETURNS bigint
	LANGUAGE c STRICT AS :'library', 'schedule_oracle_backoff';

CREATE TEMP TABLE differ (test text, got text, expected text);

-- the next time that is kept; the anchor of intervals is 2030-01-01 00:00
INSERT INTO differ
SELECT test, got::text, expected::text
FROM (VALUES
	('nothing happened', '0 3 * * *', '2030-01-10 03:00', '2030-01-09 03:00:01', '2030-01-10 03:00'),
	('a day''s time was served, then the clock was set back an hour', '0 3 * * *', '2030-01-10 03:00', '2030-01-09 02:30', '2030-01-10 03:00'),
	('set back an hour before the day''s time', '0 3 * * *', '2030-01-10 03:00', '2030-01-10 01:59', '2030-01-10 03:00'),
	('set forward an hour: it is due', '0 3 * * *', '2030-01-10 03:00', '2030-01-10 03:40', '2030-01-10 03:00'),
	('set back over two days', '0 3 * * *', '2030-01-10 03:00', '2030-01-07 12:00', '2030-01-08 03:00'),
	('each minute, set back an hour', '* * * * *', '2030-01-10 03:01', '2030-01-10 02:00:30', '2030-01-10 02:01'),
	('each minute, set back a minute', '* * * * *', '2030-01-10 03:01', '2030-01-10 02:59:30', '2030-01-10 03:01'),
	('each hour, set back three hours', '0 * * * *', '2030-01-10 04:00', '2030-01-10 00:30', '2030-01-10 01:00'),
	('each hour, set back an hour: that time was served', '0 * * * *', '2030-01-10 04:00', '2030-01-10 02:30', '2030-01-10 04:00'),
	('30 seconds, set back an hour', '30 seconds', '2030-01-10 03:00:30', '2030-01-10 02:00:10', '2030-01-10 02:00:30'),
	('30 seconds, nothing happened', '30 seconds', '2030-01-10 03:00:30', '2030-01-10 03:00:10', '2030-01-10 03:00:30'),
	('24 hours, set back an hour after it ran', '24 hours', '2030-01-10 00:00', '2030-01-08 23:30', '2030-01-10 00:00'),
	('24 hours, set back before the anchor', '24 hours', '2030-01-10 00:00', '2029-12-01 12:00', '2029-12-02 00:00'),
	('stopped', '* * * * *', 'infinity', '2030-01-10 02:00:30', 'infinity'))
	AS c (test, schedule, next_run_at, at, expected),
	LATERAL pg_temp.after_clock(schedule, 'UTC', '2030-01-01', next_run_at::timestamptz, at::timestamptz) AS got
WHERE got IS DISTINCT FROM expected::timestamptz;

-- A day is neither doubled nor dropped: a daily schedule looked at each quarter
-- of an hour, while the clock jumps by an hour at one moment of three days.
CREATE FUNCTION pg_temp.runs_over_jump(jump interval, at integer) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	wall timestamptz := '2030-01-08 00:07';
	next timestamptz := '2030-01-08 03:00';
	days text := '';
BEGIN
	FOR turn IN 1..300 LOOP
		wall := wall + interval '15 min';
		IF turn = at THEN
			wall := wall + jump;
			next := pg_temp.after_clock('0 3 * * *', 'UTC', wall, next, wall);
		END IF;
		IF wall >= next AND wall < '2030-01-11 00:00' THEN
			days := days || to_char(wall, 'DD ');
			next := pg_temp.next_time('0 3 * * *', 'UTC', wall, wall);
		END IF;
	END LOOP;
	RETURN days;
END $$;
INSERT INTO differ
SELECT format('jump by %s at turn %s', jump, at), got, '08 09 10 '
FROM unnest('{-1 hour,1 hour,-59 min,61 min}'::interval[]) AS jump, generate_series(5, 280) AS at,
	LATERAL pg_temp.runs_over_jump(jump, at) AS got
WHERE got <> '08 09 10 ';

INSERT INTO differ
SELECT test, got::text, expected::text
FROM (VALUES
	('on time', '2030-01-10 03:00', '2030-01-10 03:00', false),
	('a minute late', '2030-01-10 03:00', '2030-01-10 03:01', false),
	('more than a minute late', '2030-01-10 03:00', '2030-01-10 03:01:00.000001', true))
	AS c (test, due, at, expected), LATERAL pg_temp.missed(due::timestamptz, at::timestamptz) AS got
WHERE got <> expected;

INSERT INTO differ
SELECT format('back-off %s %s %s %s, attempt %s, %s', delay, factor, longest, jitter, attempt, chance), got::text, expected::text
FROM (VALUES
	(30000, 2, 900000, 0, 1, 0.0, 30000),
	(30000, 2, 900000, 0, 2, 0.5, 60000),
	(30000, 2, 900000, 0, 5, 0.5, 480000),
	(30000, 2, 900000, 0, 6, 0.5, 900000),
	(30000, 2, 900000, 0, 30000, 0.5, 900000),
	(30000, 2, 900000, 20, 1, 0.0, 30000),
	(30000, 2, 900000, 20, 1, 0.5, 27000),
	(30000, 2, 900000, 20, 6, 0.999999999, 720001),
	(30000, 1, 900000, 0, 7, 0.5, 30000),
	(30000, 2, 10000, 0, 1, 0.5, 10000),
	(0, 2, 900000, 100, 3, 0.5, 0),
	(86400000, 100, 86400000, 100, 100, 0.0, 86400000))
	AS c (delay, factor, longest, jitter, attempt, chance, expected),
	LATERAL pg_temp.backoff(delay, factor, longest, jitter, attempt, chance) AS got
WHERE got <> expected;

TABLE differ;
DO $$ BEGIN ASSERT NOT EXISTS (SELECT FROM differ), 'src/schedule differs from what is given'; END $$;
ROLLBACK;
