-- Where buckets begin, over both changes of the clock; no warehouse needed.
SET TIME ZONE 'UTC';
SET datestyle = 'ISO';
-- the buckets of a few hours, one after the other
CREATE FUNCTION pg_temp.walk(first timestamptz, last timestamptz, bucket interval, zone text)
RETURNS TABLE (utc timestamptz, wall timestamp, length interval) LANGUAGE plpgsql AS $$
DECLARE
	next timestamptz;
BEGIN
	utc := rsfed_catalog.bucket_start(first, bucket, zone);
	WHILE utc < last LOOP
		next := rsfed_catalog.bucket_end(utc, bucket, zone);
		wall := utc AT TIME ZONE zone;
		length := next - utc;
		RETURN NEXT;
		utc := next;
	END LOOP;
END $$;
-- Berlin: from 02:00 to 03:00, and from 03:00 to 02:00
SELECT * FROM pg_temp.walk('2024-03-30 23:00', '2024-03-31 03:00', '1 hour', 'Europe/Berlin');
SELECT * FROM pg_temp.walk('2024-10-26 23:00', '2024-10-27 03:00', '1 hour', 'Europe/Berlin');
SELECT * FROM pg_temp.walk('2024-03-30 11:00', '2024-03-31 22:00', '6 hours', 'Europe/Berlin');
SELECT * FROM pg_temp.walk('2024-10-26 11:00', '2024-10-27 23:00', '6 hours', 'Europe/Berlin');
SELECT * FROM pg_temp.walk('2024-03-30 12:00', '2024-04-01 12:00', '1 day', 'Europe/Berlin');
SELECT * FROM pg_temp.walk('2024-10-26 12:00', '2024-10-28 12:00', '1 day', 'Europe/Berlin');
-- New York, the same in the opposite order; Lord Howe changes by half an hour
SELECT * FROM pg_temp.walk('2024-03-10 05:00', '2024-03-10 09:00', '1 hour', 'America/New_York');
SELECT * FROM pg_temp.walk('2024-11-03 04:00', '2024-11-03 08:00', '1 hour', 'America/New_York');
SELECT * FROM pg_temp.walk('2024-03-09 12:00', '2024-03-12 12:00', '1 day', 'America/New_York');
SELECT * FROM pg_temp.walk('2024-10-05 14:00', '2024-10-05 18:00', '1 hour', 'Australia/Lord_Howe');
SELECT * FROM pg_temp.walk('2024-04-06 13:00', '2024-04-06 18:00', '1 hour', 'Australia/Lord_Howe');
SELECT * FROM pg_temp.walk('2024-04-06 14:00', '2024-04-06 17:00', '30 min', 'Australia/Lord_Howe');
SELECT * FROM pg_temp.walk('2024-04-05 12:00', '2024-04-07 12:00', '1 day', 'Australia/Lord_Howe');
-- a midnight that does not exist, and one that exists twice
SELECT * FROM pg_temp.walk('2018-11-03 12:00', '2018-11-05 12:00', '1 day', 'America/Sao_Paulo');
SELECT * FROM pg_temp.walk('2024-11-02 12:00', '2024-11-04 12:00', '1 day', 'America/Havana');
-- the clock goes back over midnight: one bucket contains two days, and no value is in two buckets
SELECT * FROM pg_temp.walk('2004-10-29 12:00', '2004-11-02 12:00', '1 day', 'America/St_Johns');
SELECT * FROM pg_temp.walk('2004-10-29 12:00', '2004-11-02 12:00', '24 hours', 'America/St_Johns');
SELECT count(*) AS checked, count(*) FILTER (WHERE NOT (s <= t AND t < e AND s >= before)) AS wrong
FROM (SELECT t, s, e, lag(s, 1, s) OVER (PARTITION BY b ORDER BY t) AS before
	FROM unnest('{15 min,1 hour,24 hours,1 day,1 week}'::interval[]) b,
		generate_series('2004-10-30 00:00'::timestamptz, '2004-11-02 00:00', '30 s') t,
		LATERAL (SELECT rsfed_catalog.bucket_start(t, b, 'America/St_Johns'), rsfed_catalog.bucket_end(t, b, 'America/St_Johns')) AS r (s, e)) x;
-- weeks begin on Mondays, months and years by the calendar
SELECT to_char(wall, 'Dy YYYY-MM-DD') AS week, length FROM pg_temp.walk('2024-03-25', '2024-04-15', '1 week', 'Europe/Berlin');
SELECT wall::date, length FROM pg_temp.walk('2023-12-15', '2024-04-15', '1 month', 'Europe/Berlin');
SELECT wall::date FROM pg_temp.walk('2023-12-15', '2024-12-15', '3 months', 'America/New_York');
SELECT wall::date FROM pg_temp.walk('1999-06-01', '2001-06-01', '1 year', 'UTC');
-- in all time zones: a bucket contains its start, ends after it, and date_trunc does not leave it
SELECT unit, count(*) AS checked, count(*) FILTER (WHERE NOT (s <= t AND t < e AND rsfed_catalog.bucket_start(s, b, z) = s
	AND rsfed_catalog.bucket_end(s, b, z) = e AND date_trunc(unit, t, z) >= s AND date_trunc(unit, t, z) < e)) AS wrong
FROM unnest(ARRAY['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'America/Sao_Paulo', 'America/Havana', 'Asia/Kathmandu', 'UTC']) z,
	(VALUES ('1 hour'::interval, 'hour'), ('1 day', 'day'), ('1 week', 'week'), ('1 month', 'month'), ('1 year', 'year')) AS k (b, unit),
	unnest(ARRAY['2018-02-17', '2018-11-03', '2024-03-09', '2024-03-30', '2024-04-06', '2024-10-05', '2024-10-26', '2024-11-02']::timestamptz[]) d,
	generate_series(d, d + interval '3 days', '10 min') t,
	LATERAL (SELECT rsfed_catalog.bucket_start(t, b, z), rsfed_catalog.bucket_end(t, b, z)) AS r (s, e)
GROUP BY unit ORDER BY unit;
SELECT rsfed_catalog.bucket_start(now(), '7 hours', 'UTC');
SELECT rsfed_catalog.bucket_start(now(), '1 day', 'Mars/Olympus');
-- a bucket that is longer than the range of the type
SELECT rsfed_catalog.bucket_start('1970-01-01', '2000000000 days', 'UTC');
SELECT rsfed_catalog.bucket_start('294000-01-01', '2000000000 months', 'UTC');
SELECT rsfed_catalog.bucket_start('4000-01-01 BC', '20000 months', 'UTC');
