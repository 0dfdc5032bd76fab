-- Method window: the ranges that are read, the rows that are kept, and the watermark.
\i test/include/warehouse.psql
\getenv wh_direct_port WAREHOUSE_DIRECT_PORT
SELECT set_config('test.wh_owner', format('host=%s port=%s dbname=%s user=rdsdb password=%s',
	:'wh_host', :'wh_direct_port', :'wh_dbname', :'wh_password'), false) AS set_owner \gset
SET search_path = public;
SET client_min_messages = error;
-- Redshift's clock stands at an instant
CREATE OR REPLACE FUNCTION clock_at(at text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM public.dblink_exec(current_setting('test.wh_owner'), format(
		'CREATE OR REPLACE FUNCTION pg_catalog.getdate() RETURNS timestamp LANGUAGE sql STABLE RETURN %L::timestamptz::timestamp', at));
END $$;
RESET client_min_messages;
-- without workers that interfere
ALTER SYSTEM SET rsfed.scheduler = off;
SELECT pg_reload_conf();
CREATE VIEW state AS SELECT f.state, f.data_through, w.filled_from, w.filled_to, w.backfilling
FROM rsfed.freshness f JOIN rsfed_catalog.relation r ON r.relation_name = f.relation::text
JOIN rsfed_catalog.watermark w USING (relation_id);
SET TIME ZONE 'UTC';
SET datestyle = 'ISO';

SELECT rsfed.execute('wh', 'CREATE TABLE sale_log AS SELECT * FROM trade WHERE saletime < ''2008-02-29 10:00''');

-- errors
\set q 'SELECT date_trunc(''day'', saletime) AS day, sellerid, count(*) AS n FROM sale_log WHERE saletime >= {from} AND saletime < {to} GROUP BY 1, 2'
SELECT error_of($$SELECT rsfed.define_rollup('w', 'wh', 'SELECT sellerid, count(*) AS n FROM sale_log WHERE saletime >= ''{from}'' GROUP BY 1', method => 'window')$$);
SELECT error_of($$SELECT rsfed.define_rollup('w', 'wh', 'SELECT sellerid, count(*) AS n FROM sale_log WHERE saletime >= {from} GROUP BY 1', method => 'window')$$);
SELECT error_of($$SELECT rsfed.define_rollup('w', 'wh', 'SELECT sellerid, count(*) AS n FROM sale_log WHERE saletime >= {since} GROUP BY 1', method => 'window')$$);
SELECT error_of(format('SELECT rsfed.define_rollup(%L, %L, %L)', 'w', 'wh', :'q'));
SELECT error_of($$SELECT rsfed.define_rollup('w', 'wh', 'SELECT sellerid, count(*) AS n FROM sale_log WHERE saletime >= {from} AND saletime < {to} GROUP BY 1', method => 'window')$$);
SELECT error_of(format('SELECT rsfed.define_rollup(%L, %L, %L, method => %L, options => %L)', 'w', 'wh', :'q', 'window', o))
FROM unnest(ARRAY['{"bucket": "7 hours"}', '{"bucket": 5}', '{"bucket": "0 days"}', '{"bucket": "1 parsec"}', '{"batch": "1 day"}',
	'{"lookback": 3}', '{"start": "soon"}', '{"window_column": "n"}', '{"window_column": "sellerid", "bucket": 1, "tail": "open"}', '{"tail": "ajar"}']) o;
SELECT column_name, data_type FROM rsfed.describe('wh', :'q');
SELECT rsfed.columns('wh', :'q');
-- the range is separated from adjacent text
SELECT column_name, data_type FROM rsfed.describe('wh', 'SELECT count(*) AS n FROM sale_log WHERE saletime>={from}AND saletime<{to}AND sellerid>0');

-- a backfill, newest first: the first batch, and the others
SELECT clock_at('2008-02-28 05:30+00');
SELECT rsfed.define_rollup('by_day', 'wh', :'q', method => 'window', options => '{"start": "2008-01-01", "batch": "20 days", "lookback": "2 days"}');
SELECT min(day), max(day), sum(n) FROM by_day;
TABLE state;
CALL rsfed.refresh('by_day') \gset
\echo :status :rows_changed
SELECT min(day), max(day), sum(n) FROM by_day;
TABLE state;
SELECT status, rows_received, note FROM rsfed.runs WHERE run_id = :run_id;

-- the tail: from the watermark minus the lookback, and nothing else is written
SELECT rsfed.execute('wh', 'UPDATE sale_log SET saletime = ''2008-01-05'' WHERE salesid = 100');
SELECT rsfed.execute('wh', 'DELETE FROM sale_log WHERE saletime >= ''2008-02-27'' AND saletime < ''2008-02-27 01:00''');
SELECT clock_at('2008-02-29 00:00:01+00');
CALL rsfed.refresh('by_day') \gset
\echo :status :rows_changed
SELECT rows_received, rows_inserted, rows_updated, rows_deleted, note FROM rsfed.runs WHERE run_id = :run_id;
TABLE state;
-- a probe that finds no change: no query, and no range in the run
SELECT actions.action FROM rsfed.alter_rollup('by_day', options => '{"probe": "SELECT 1"}', populate => false) actions;
CALL rsfed.refresh('by_day') \gset
SELECT status, rows_received > 0 AS asked, note FROM rsfed.runs WHERE run_id = :run_id;
CALL rsfed.refresh('by_day') \gset
SELECT status, rows_received > 0 AS asked, note FROM rsfed.runs WHERE run_id = :run_id;
SELECT actions.action FROM rsfed.alter_rollup('by_day', options => '{"probe": null}', populate => false) actions;
-- without a new bucket and lookback: no query
SELECT actions.action FROM rsfed.alter_rollup('by_day', options => '{"lookback": null}', populate => false) actions;
CALL rsfed.refresh('by_day') \gset
\echo :status :rows_changed
SELECT rows_received, note FROM rsfed.runs WHERE run_id = :run_id;

-- a range again; a merge finds late rows
CALL rsfed.refresh('by_day', since => '2008-01-02', until => '2008-01-03 12:00') \gset
\echo :status :rows_changed
CALL rsfed.refresh('by_day', since => '2008-01-02', until => '2008-01-06') \gset
\echo :status :rows_changed
SELECT note FROM rsfed.runs WHERE run_id = :run_id;
SELECT rsfed.execute('wh', 'DELETE FROM sale_log WHERE salesid = 200');
CALL rsfed.refresh('by_day') \gset
\echo :status :rows_changed
SELECT kind, key, local, remote FROM rsfed.compare('by_day', since => '2008-01-02', until => '2008-01-05');
SELECT local, remote FROM rsfed.compare('by_day', part => '{"sellerid": [1, 2]}') WHERE kind = 'summary';
CALL rsfed.refresh('by_day', method => 'merge') \gset
\echo :status :rows_changed
SELECT note FROM rsfed.runs WHERE run_id = :run_id;
CALL rsfed.refresh('by_day', method => 'merge') \gset
\echo :status :rows_changed
CALL rsfed.refresh('by_day', since => '3 days ago') \gset
SELECT note FROM rsfed.runs WHERE run_id = :run_id;
TABLE state;
SELECT error_of($$CALL rsfed.refresh('by_day', since => '2007-12-31')$$);
SELECT error_of($$CALL rsfed.refresh('by_day', since => 'yestermorn')$$);
SELECT error_of($$CALL rsfed.refresh('by_day', since => '2008-02-02', until => '2008-02-01')$$);
SELECT error_of($$CALL rsfed.refresh('by_day', method => 'replace', since => '2008-02-02')$$);

-- impossible schedules are refused when they are made
CREATE MATERIALIZED VIEW native AS SELECT 1 AS a;
CREATE UNIQUE INDEX ON native (a);
SELECT rsfed.define_rollup('whole', 'wh', 'SELECT sellerid, count(*) AS n FROM sale_log GROUP BY 1');
SELECT error_of(format('SELECT rsfed.schedule_refresh(%L, %L, options => %L)', r, '@daily', o)) FROM unnest(ARRAY['native', 'whole', 'by_day']) r,
	unnest(ARRAY['{"since": "3 days ago"}', '{"until": "yestermorn"}']) o ORDER BY r, o;
SELECT error_of($$SELECT rsfed.schedule_refresh('whole', '@daily', method => 'window')$$);
SELECT error_of($$SELECT rsfed.schedule_refresh('by_day', '@daily', method => 'replace', options => '{"since": "3 days ago"}')$$);
SELECT rsfed.schedule_refresh('native', '@daily'), rsfed.schedule_refresh('whole', '@daily');
SELECT error_of(format('SELECT rsfed.alter_schedule(%L, %L, options => %L)', r, 'refresh', '{"since": "3 days ago"}')) FROM unnest(ARRAY['native', 'whole']) r;
SELECT relation, options FROM rsfed.schedules WHERE relation IN ('native'::regclass, 'whole'::regclass, 'by_day'::regclass) ORDER BY relation::text;
SELECT rsfed.unschedule_refresh(relation) FROM rsfed.schedules WHERE relation IN ('native'::regclass, 'whole'::regclass, 'by_day'::regclass);
DROP MATERIALIZED VIEW native;
SELECT rsfed.drop_rollup('whole');

-- rows that are changed in a batch that fails stay as they were
SELECT rsfed.execute('wh', 'UPDATE sale_log SET saletime = ''2008-02-28 10:00'' WHERE salesid = 4999');
SELECT count(*), sum(n) FROM by_day;
SELECT actions.action FROM rsfed.alter_rollup('by_day', options => '{"lookback": "2 days"}', populate => false) actions;
SELECT standin('FAULT cut_after_rows 20');
CALL rsfed.refresh('by_day');
SELECT standin('RESET');
SELECT count(*), sum(n) FROM by_day;
TABLE state;

-- schedules that need the window after its removal
BEGIN;
SELECT rsfed.schedule_refresh('by_day', '@yearly', name => 'the last days', options => '{"since": "3 days ago"}');
SELECT rsfed.schedule_refresh('by_day', '@yearly', name => 'by window', method => 'window');
SELECT rsfed.schedule_refresh('by_day', '@yearly', name => 'all', method => 'merge');
SELECT action, detail FROM rsfed.alter_rollup('by_day', 'SELECT saletime::date AS day, sellerid, count(*) AS n FROM sale_log GROUP BY 1, 2', method => 'merge',
	options => '{"start": null, "batch": null, "lookback": null}', populate => false);
ROLLBACK;

-- retain: older rows are deleted, and do not return
SELECT actions.action FROM rsfed.alter_rollup('by_day', options => '{"retain": "30 days"}', populate => false) actions;
CALL rsfed.refresh('by_day') \gset
\echo :status
SELECT min(day), max(day) FROM by_day;
TABLE state;
SELECT clock_at('2008-03-02 00:00:00+00');
CALL rsfed.refresh('by_day') \gset
SELECT min(day), max(day) FROM by_day;
CALL rsfed.refresh('by_day', method => 'merge') \gset
\echo :status :rows_changed
SELECT error_of($$CALL rsfed.refresh('by_day', since => '2008-01-15')$$);

-- inside a transaction that is rolled back
BEGIN;
SELECT rsfed.execute('wh', 'DELETE FROM sale_log WHERE saletime >= ''2008-02-29''');
CALL rsfed.refresh('by_day') \gset
\echo :status
TABLE state;
ROLLBACK;
TABLE state;
SELECT rsfed.drop_rollup('by_day');

-- an open tail is published and read again; the watermark stays before it
SELECT clock_at('2008-02-10 10:20:00+00');
SELECT rsfed.define_rollup('by_hour', 'wh', 'SELECT date_trunc(''hour'', saletime) AS hour, count(*) AS n FROM sale_log WHERE saletime >= {from} AND saletime < {to} GROUP BY 1',
	method => 'window', options => '{"start": "2008-02-09", "bucket": "1 hour", "tail": "open", "settle": "30 min"}');
SELECT max(hour), sum(n) FROM by_hour;
TABLE state;
SELECT clock_at('2008-02-10 10:40:00+00');
CALL rsfed.refresh('by_hour') \gset
SELECT note FROM rsfed.runs WHERE run_id = :run_id;
TABLE state;
-- oldest first, in the rollup's time zone; another bucket; dates
SELECT rsfed.drop_rollup('by_hour');
SELECT clock_at('2008-02-10 23:30:00+00');
SELECT rsfed.define_rollup('by_date', 'wh', 'SELECT trunc(saletime) AS d, sellerid, count(*) AS n FROM sale_log WHERE saletime >= {from} AND saletime < {to} GROUP BY d, sellerid',
	key => '{sellerid,d}', method => 'window', timezone => 'Europe/Berlin', options => '{"start": "2008-01-30", "bucket": "1 week", "batch": "1 day", "batch_order": "oldest", "batch_pause": "10ms"}');
SELECT min(d), max(d) FROM by_date;
TABLE state;
CALL rsfed.refresh('by_date') \gset
SELECT note FROM rsfed.runs WHERE run_id = :run_id;
SELECT min(d), max(d) FROM by_date;
TABLE state;
SELECT rsfed.drop_rollup('by_date');

-- a batch as long as the open tail contains a complete bucket; otherwise it would be repeated forever
SELECT clock_at('2008-02-10 10:20:00+00');
\set d 'SELECT trunc(saletime) AS d, count(*) AS n FROM sale_log WHERE saletime >= {from} AND saletime < {to} GROUP BY 1'
SELECT rsfed.define_rollup('by_date', 'wh', :'d', method => 'window', options => '{"start": "2008-02-05", "tail": "open", "batch": "1 day"}', populate => false);
CALL rsfed.refresh('by_date') \gset
SELECT note FROM rsfed.runs WHERE run_id = :run_id;
TABLE state;
SELECT min(d), max(d) FROM by_date;
-- a date with a time of day is after the day's beginning
CALL rsfed.refresh('by_date', since => '2008-02-06 12:00', until => '2008-02-07 12:00') \gset
SELECT note FROM rsfed.runs WHERE run_id = :run_id;
SELECT rsfed.drop_rollup('by_date');
-- and oldest first, if all data is in the open tail
SELECT rsfed.define_rollup('by_date', 'wh', :'d', method => 'window', options => '{"start": "2008-02-08", "tail": "open", "settle": "4 days", "batch": "1 day", "batch_order": "oldest"}');
TABLE state;
SELECT min(d), max(d) FROM by_date;
SELECT rsfed.drop_rollup('by_date');

-- rows outside of the range
SELECT error_of($$SELECT rsfed.define_rollup('w', 'wh', 'SELECT date_trunc(''month'', saletime) AS month, count(*) AS n FROM sale_log WHERE saletime >= {from} AND saletime < {to} GROUP BY 1', method => 'window', options => '{"start": "2008-01-10"}')$$);

-- integers have no clock: the window starts at the greatest bucket
SELECT rsfed.define_rollup('by_id', 'wh', 'SELECT salesid / 100 * 100 AS id, count(*) AS n FROM sale_log WHERE salesid >= {from} AND salesid < {to} GROUP BY 1',
	method => 'window', options => '{"window_column": "id", "bucket": 100, "lookback": 200}');
SELECT window_column, value_type, filled_from, filled_to FROM rsfed_catalog.watermark;
SELECT rsfed.execute('wh', 'INSERT INTO sale_log (salesid, saletime) VALUES (7000, ''2008-02-01'')');
SELECT rsfed.execute('wh', 'DELETE FROM sale_log WHERE salesid = 4850 OR salesid = 4700');
CALL rsfed.refresh('by_id') \gset
\echo :status :rows_changed
SELECT note FROM rsfed.runs WHERE run_id = :run_id;
SELECT filled_from, filled_to, backfilling FROM rsfed_catalog.watermark;
SELECT rsfed.execute('wh', 'DELETE FROM sale_log WHERE salesid = 7000');
-- another query: everything is read again
SELECT action, detail FROM rsfed.alter_rollup('by_id', query => 'SELECT salesid / 100 * 100 AS id, count(*) + 1 AS n FROM sale_log WHERE salesid >= {from} AND salesid < {to} GROUP BY 1') WHERE action <> 'refresh';
SELECT count(*), sum(n) FROM by_id;
-- method merge: the watermark is removed
SELECT action, detail FROM rsfed.alter_rollup('by_id', query => 'SELECT salesid / 100 * 100 AS id, count(*) AS n FROM sale_log GROUP BY 1', method => 'merge') WHERE action <> 'refresh';
SELECT count(*) FROM rsfed_catalog.watermark;
SELECT error_of($$CALL rsfed.refresh('by_id', method => 'window')$$);
SELECT error_of($$CALL rsfed.refresh('by_id', since => '2')$$);
SELECT rsfed.drop_rollup('by_id');

SELECT rsfed.define_rollup('by_big', 'wh', 'SELECT salesid::bigint / 100 * 100 AS id, count(*) AS n FROM sale_log WHERE salesid::bigint - {from} >= 0 AND salesid < {to} AND salesid > 9000 GROUP BY 1',
	method => 'window', options => '{"window_column": "id", "bucket": 100, "lookback": 200, "start": "-100"}');
SELECT rsfed.execute('wh', 'INSERT INTO sale_log (salesid, saletime) VALUES (9150, ''2008-02-01'')');
CALL rsfed.refresh('by_big') \gset
\echo :status :rows_changed
SELECT note FROM rsfed.runs WHERE run_id = :run_id;
SELECT filled_from, filled_to, backfilling FROM rsfed_catalog.watermark;
-- a schedule that repeats the newest days
SELECT rsfed.schedule_refresh('by_big', '@daily', options => '{"since": "9000", "until": "9100"}');
SELECT error_of($$SELECT rsfed.schedule_refresh('by_big', '@daily', name => 'x', options => '{"sinse": "9000"}')$$);
SELECT rsfed.drop_rollup('by_big');

-- instants in a night of 25 hours: the repeated hour is two buckets
SELECT rsfed.execute('wh', $$CREATE TABLE instant_log AS SELECT '2024-10-26 20:00+00'::timestamptz + salesid * interval '5 minutes' AS at FROM trade WHERE salesid BETWEEN 201 AND 300 OR salesid <= 100$$);
SELECT clock_at('2024-10-26 23:30+00');
SELECT rsfed.define_rollup('by_instant', 'wh', 'SELECT date_trunc(''hour'', at) AS h, count(*) AS n FROM instant_log WHERE at >= {from} AND at < {to} GROUP BY 1',
	method => 'window', timezone => 'Europe/Berlin', options => '{"bucket": "1 hour", "start": "2024-10-26 22:00", "batch": "2 hours"}');
TABLE state;
CALL rsfed.refresh('by_instant') \gset
TABLE state;
SELECT clock_at('2024-10-27 01:30+00');
CALL rsfed.refresh('by_instant') \gset
SELECT note FROM rsfed.runs WHERE run_id = :run_id;
SELECT clock_at('2024-10-27 05:10+00');
CALL rsfed.refresh('by_instant') \gset
TABLE state;
SELECT h, h AT TIME ZONE 'Europe/Berlin' AS wall, n FROM by_instant ORDER BY h;
SELECT key FROM rsfed.compare('by_instant', max_rows => 0);
SELECT rsfed.drop_rollup('by_instant');
SELECT rsfed.execute('wh', 'DROP TABLE instant_log');

DROP VIEW state;
ALTER SYSTEM RESET rsfed.scheduler;
SELECT pg_reload_conf();
SELECT dblink_exec(current_setting('test.wh_owner'), 'CREATE OR REPLACE FUNCTION pg_catalog.getdate() RETURNS timestamp LANGUAGE sql STABLE RETURN date_trunc(''second'', "absent.statement_timestamp"())::timestamp');
SELECT rsfed.execute('wh', 'DROP TABLE sale_log');
DROP FUNCTION clock_at;
