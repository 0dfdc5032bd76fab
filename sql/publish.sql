-- Publishing rollups: surface, errors, privileges, and changes of what is published.
-- test/t/050_aurora.pl has subscribers.
\i test/include/warehouse.psql
SET search_path = public;
SET client_min_messages = error;
SELECT rsfed.drop_rollup(rollup) FROM rsfed.rollups \g /dev/null
SELECT rsfed.define_rollup('pub_keyed', 'wh', 'SELECT k, max(s) AS s, sum(n) AS n FROM kv WHERE k IS NOT NULL GROUP BY k', options => '{"not_null": ["k"]}') \g /dev/null
SELECT rsfed.define_rollup('pub_nulls', 'wh', 'SELECT k, sum(n) AS n FROM kv GROUP BY k', max_age => '1 hour') \g /dev/null
SELECT rsfed.define_rollup('"Pub "" bare"', 'wh', 'SELECT s FROM kv', method => 'replace') \g /dev/null
SELECT rsfed.define_set('pub set', ARRAY['pub_keyed', 'pub_nulls']::regclass[]);
CREATE TABLE pub_table (k integer);
RESET client_min_messages;
\set state '\\echo SQLSTATE :SQLSTATE'
CREATE VIEW pub AS SELECT p.publication, p.relation, p.columns,
	(SELECT c.relreplident FROM pg_class c WHERE c.oid = p.relation) AS identity
FROM rsfed.publications p ORDER BY 1, 2;
GRANT SELECT ON pub TO PUBLIC;

-- errors
SELECT rsfed.publish(NULL);
:state
SELECT rsfed.publish(ARRAY[NULL]::regclass[]);
:state
SELECT rsfed.publish(ARRAY['pub_table']::regclass[]);
:state
SELECT rsfed.publish(ARRAY['pub_keyed']::regclass[], NULL);
:state
SELECT rsfed.publish(ARRAY['pub_keyed']::regclass[], options => '{"set": ["pub set"]}');
:state
SELECT rsfed.publish('{}', options => '{"sets": ["no set"]}');
:state
SELECT rsfed.unpublish(ARRAY['pub_keyed']::regclass[]);
:state
SELECT rsfed.subscriber_script();
:state
SET client_min_messages = error;
CREATE PUBLICATION everything FOR ALL TABLES;
RESET client_min_messages;
SELECT rsfed.publish(ARRAY['pub_keyed']::regclass[], 'everything');
:state
-- with FOR ALL TABLES, a refresh and a change of the key work
SET client_min_messages = error;
SELECT action FROM rsfed.alter_rollup('pub_nulls', query => 'SELECT s, sum(n) AS n FROM kv GROUP BY s', key => ARRAY['s']) WHERE action <> 'refresh';
SELECT action FROM rsfed.alter_rollup('pub_nulls', query => 'SELECT k, sum(n) AS n FROM kv GROUP BY k', key => ARRAY['k']) WHERE action <> 'refresh';
DROP PUBLICATION everything;
RESET client_min_messages;
SELECT * FROM pub;

-- privileges: the database, the tables, the publication
CREATE ROLE pub_owner;
GRANT CREATE, USAGE ON SCHEMA public TO pub_owner;
SET ROLE pub_owner;
SELECT rsfed.publish(ARRAY['pub_keyed']::regclass[]);
:state
SELECT rsfed.publish('{}', 'pub_owned');
:state
RESET ROLE;
SELECT format('GRANT CREATE ON DATABASE %I TO pub_owner', current_database()) \gexec
ALTER TABLE "Pub "" bare" OWNER TO pub_owner;
SET ROLE pub_owner;
SELECT rsfed.publish(ARRAY['"Pub "" bare"']::regclass[], 'pub_owned');
SELECT * FROM pub;
SELECT pubname, pg_get_userbyid(pubowner) FROM pg_publication;
SELECT split_part(rsfed.subscriber_script('pub_owned'), E'\n', 1);
RESET ROLE;
SELECT rsfed.publish(ARRAY['pub_keyed', 'pub_keyed']::regclass[]);
SET ROLE pub_owner;
SELECT rsfed.publish('{}', 'rsfed');
:state
SELECT rsfed.subscriber_script();
:state
SELECT rsfed.unpublish(ARRAY['"Pub "" bare"']::regclass[], 'rsfed');
:state
SELECT count(*) FROM rsfed.subscribers;
SELECT * FROM pub;
RESET ROLE;

-- publish() adds rollups and sets, to several publications, and can be repeated
SELECT rsfed.publish('{}', options => '{"sets": ["pub set"], "messages": true}');
SELECT rsfed.publish(ARRAY['pub_nulls']::regclass[]);
SELECT rsfed.publish(ARRAY['pub_keyed']::regclass[], 'Pub "2"''');
SELECT * FROM pub;
SELECT publication, version, messages FROM rsfed_catalog.publication ORDER BY 1;
SELECT publication, relation_name, copy_number, definition, max_age, as_of IS NOT NULL AS as_of FROM rsfed_catalog.published_freshness ORDER BY 1, 2;

-- publications follow changes of rollups and sets
CREATE VIEW pub_same AS SELECT count(*) FILTER (WHERE (p.as_of, p.changed_at, p.failures, p.refused, p.definition) IS NOT DISTINCT FROM (n.as_of, n.changed_at, n.failures, n.refused, n.definition)) AS same,
	count(*) AS published, count(p.message) AS messages, count(p.paused_until) AS paused
FROM rsfed_catalog.published_freshness p JOIN rsfed_catalog.publishable_freshness n USING (relation_id);
CALL rsfed.refresh('pub_keyed') \g /dev/null
SELECT * FROM pub_same;
SELECT rsfed.pause('pub_keyed');
SELECT * FROM pub_same;
SELECT rsfed.resume('pub_keyed');
SELECT rsfed.pause_all();
SELECT * FROM pub_same;
SELECT rsfed.resume_all();
SELECT rsfed.alter_rollup('pub_nulls', options => '{"min_rows": 1000}', populate => false);
CALL rsfed.refresh('pub_nulls');
SELECT * FROM pub_same;
SELECT rsfed.alter_rollup('pub_nulls', options => '{"min_rows": null}', populate => false);
CALL rsfed.refresh('pub_nulls') \g /dev/null
SELECT * FROM pub_same;

-- the script names its objects, and contains no query
SELECT count(*) AS tables, bool_or(x[1] ~ 'FROM kv') AS query FROM regexp_matches(rsfed.subscriber_script(), 'SELECT rsfed_catalog\.take_table\([^\\]*\\gset', 'g') x;
SELECT regexp_replace(m[1], 'relation_id => \d+|\{\d+\}', '<id>', 'g') AS script FROM regexp_matches(rsfed.subscriber_script('Pub "2"'''), '(-- public\.pub_keyed.*?forget_others[^\\]*\\gset rsfed_)', 's') m;

-- changes of published tables: columns in column lists
SELECT * FROM rsfed.alter_rollup('pub_keyed', query => 'SELECT k, max(s) AS s, sum(n) AS n, min(n) AS low FROM kv WHERE k IS NOT NULL GROUP BY k') WHERE action <> 'refresh';
SELECT * FROM pub WHERE relation = 'pub_keyed'::regclass;
SELECT rsfed.publish(ARRAY['pub_keyed']::regclass[]);
SELECT * FROM pub WHERE relation = 'pub_keyed'::regclass;
SELECT * FROM rsfed.alter_rollup('pub_keyed', query => 'SELECT k, sum(n) AS n, min(n) AS low FROM kv WHERE k IS NOT NULL GROUP BY k') WHERE action <> 'refresh';
SELECT * FROM pub WHERE relation = 'pub_keyed'::regclass;
SELECT count(*) FROM rsfed.alter_rollup('pub_keyed', query => 'SELECT k, CAST(sum(n) AS varchar(20)) AS n, min(n) AS low FROM kv WHERE k IS NOT NULL GROUP BY k');
:state
SELECT count(*) FROM rsfed.alter_rollup('pub_keyed', query => 'SELECT s AS k, sum(n) AS n, min(n) AS low FROM kv WHERE s IS NOT NULL GROUP BY s', key => ARRAY['k', 'n'], options => '{"not_null": null}');
:state
SET rsfed.alter_published = on;
SELECT * FROM rsfed.alter_rollup('pub_keyed', query => 'SELECT k, CAST(sum(n) AS varchar(20)) AS n, min(n) AS low FROM kv WHERE k IS NOT NULL GROUP BY k') WHERE action <> 'refresh';
RESET rsfed.alter_published;
SELECT * FROM pub WHERE relation = 'pub_keyed'::regclass;
ALTER TABLE pub_keyed DROP COLUMN low;
:state
ALTER TABLE pub_keyed RENAME COLUMN low TO lowest;
:state
SET rsfed.alter_published = on;
ALTER TABLE pub_keyed RENAME COLUMN low TO lowest;
RESET rsfed.alter_published;
SELECT * FROM pub WHERE relation = 'pub_keyed'::regclass;

-- and without column lists
SELECT count(*) FROM rsfed.alter_rollup('pub_nulls', query => 'SELECT k, sum(n) AS n, max(s) AS s FROM kv GROUP BY k');
:state
SELECT count(*) FROM rsfed.alter_rollup('pub_nulls', query => 'SELECT k FROM kv GROUP BY k');
:state
SET rsfed.alter_published = on;
SELECT * FROM rsfed.alter_rollup('pub_nulls', query => 'SELECT k, sum(n) AS n, max(s) AS s FROM kv GROUP BY k') WHERE action <> 'refresh';
SELECT count(*) FROM rsfed.alter_rollup('pub_nulls', query => 'SELECT k FROM kv GROUP BY k');
:state
RESET rsfed.alter_published;
-- a key without NULLs is the replica identity, whatever its index is
SELECT rsfed.unpublish(ARRAY['pub_nulls']::regclass[]);
DELETE FROM pub_nulls WHERE k IS NULL;
ALTER TABLE pub_nulls ALTER COLUMN k SET NOT NULL;
SELECT rsfed.publish(ARRAY['pub_nulls']::regclass[]);
SELECT * FROM pub WHERE relation = 'pub_nulls'::regclass;

-- names
ALTER TABLE pub_keyed RENAME TO pub_renamed;
SELECT publication, relation_name FROM rsfed_catalog.published_freshness ORDER BY 1, 2;
SELECT publication, version FROM rsfed_catalog.publication ORDER BY 1;

-- ALTER PUBLICATION RENAME: its rows follow; other publications are not followed
SELECT tablename, rowfilter FROM pg_publication_tables WHERE pubname = 'rsfed' AND schemaname = 'rsfed_catalog' ORDER BY 1;
ALTER PUBLICATION rsfed RENAME TO "Pub 'renamed";
SELECT publication, relation_name FROM rsfed_catalog.published_freshness ORDER BY 1, 2;
SELECT publication, version FROM rsfed_catalog.publication ORDER BY 1;
SELECT tablename, rowfilter FROM pg_publication_tables WHERE pubname = 'Pub ''renamed' AND schemaname = 'rsfed_catalog' ORDER BY 1;
SELECT publication, relation FROM pub ORDER BY 1, 2;
SELECT rsfed.publish('{}', 'Pub ''renamed');
SELECT pg_catalog.strpos(rsfed.subscriber_script('Pub ''renamed'), 'pub_renamed') > 0 AS has_table;
ALTER PUBLICATION "Pub 'renamed" RENAME TO rsfed;
SELECT publication, version FROM rsfed_catalog.publication ORDER BY 1;
SET client_min_messages = error;
CREATE PUBLICATION pub_stranger;
RESET client_min_messages;
ALTER PUBLICATION pub_stranger RENAME TO pub_stranger_2;
DROP PUBLICATION pub_stranger_2;
SELECT publication FROM rsfed_catalog.publication ORDER BY 1;

-- doctor(): nobody can subscribe unless wal_level is logical
SELECT severity, subject, problem, remedy FROM rsfed.doctor() WHERE subject ~* '^publication|pub_|Pub ' AND problem !~ 'schedule' ORDER BY 1, 2, 3;

-- rsfed's own tables were removed, and are added again
SET client_min_messages = error;
ALTER PUBLICATION rsfed DROP TABLE rsfed_catalog.publication;
SELECT severity, problem, remedy FROM rsfed.doctor() WHERE subject = 'publication rsfed' AND severity = 'error' AND problem !~ 'wal_level';
SELECT rsfed.publish('{}', 'rsfed');
SELECT severity, problem, remedy FROM rsfed.doctor() WHERE subject = 'publication rsfed' AND severity = 'error' AND problem !~ 'wal_level';
RESET client_min_messages;

-- tables removed by hand, dropped, kept; and a dropped publication
ALTER PUBLICATION rsfed DROP TABLE pub_nulls;
SELECT publication, relation FROM pub;
SELECT rsfed.drop_rollup('pub_renamed', keep_table => true);
SELECT publication, relation FROM pub;
SELECT pubname, tablename FROM pg_publication_tables WHERE schemaname = 'public' ORDER BY 1, 2;
SELECT rsfed.drop_rollup('"Pub "" bare"');
SELECT count(*) FROM rsfed_catalog.published_freshness;
DROP PUBLICATION "Pub ""2""'";
SELECT publication FROM rsfed_catalog.publication ORDER BY 1;
DROP PUBLICATION rsfed, pub_owned;
SELECT publication FROM rsfed_catalog.publication;

SET client_min_messages = error;
DROP VIEW pub, pub_same;
SELECT rsfed.drop_rollup(rollup) FROM rsfed.rollups \g /dev/null
DROP TABLE pub_table, pub_renamed;
SELECT format('REVOKE ALL ON DATABASE %I FROM pub_owner', current_database()) \gexec
DROP OWNED BY pub_owner;
DROP ROLE pub_owner;
