-- rsfed.compare(): the changes that a refresh would make, without making them.
\i test/include/warehouse.psql
SET search_path = public;
SELECT rsfed.execute('wh', 'CREATE TABLE cmp (k integer, name varchar(20), v decimal(8,2), d date)');
SELECT rsfed.execute('wh', 'INSERT INTO cmp VALUES (1, ''one'', 1.50, ''2024-01-01'')');
SELECT rsfed.execute('wh', 'INSERT INTO cmp VALUES (2, ''two'', 2.50, NULL)');
SELECT rsfed.execute('wh', 'INSERT INTO cmp VALUES (3, ''three'', 3.50, ''2024-03-03'')');
SELECT rsfed.execute('wh', 'INSERT INTO cmp VALUES (NULL, ''none'', NULL, NULL)');
SELECT rsfed.define_rollup('cmp', 'wh', 'SELECT k, max(name) AS name, sum(v) AS v, max(d) AS d FROM cmp GROUP BY k');

-- no difference
SELECT * FROM rsfed.compare('cmp');

-- missing, extra and different rows; of the latter only the columns that differ
SELECT rsfed.execute('wh', 'DELETE FROM cmp WHERE k = 1');
SELECT rsfed.execute('wh', 'UPDATE cmp SET v = 2.75, d = ''2024-02-29'' WHERE k = 2');
SELECT rsfed.execute('wh', 'UPDATE cmp SET name = NULL WHERE k IS NULL');
SELECT rsfed.execute('wh', 'INSERT INTO cmp VALUES (4, ''vier "äöü"'', 4, ''2024-04-04'')');
SELECT * FROM rsfed.compare('cmp');
SELECT kind, key FROM rsfed.compare('cmp', max_rows => 2);
SELECT kind, key, local, remote FROM rsfed.compare('cmp', max_rows => 0);
SELECT count(*) FROM rsfed.compare('cmp', max_rows => NULL);

-- it writes nothing, takes only the lock of a reader, and makes no run
SELECT trigger, status FROM rsfed.runs WHERE relation_name = 'public.cmp';
TABLE cmp ORDER BY k;
BEGIN TRANSACTION READ ONLY;
SELECT kind, key FROM rsfed.compare('cmp', max_rows => 1);
SELECT DISTINCT mode FROM pg_locks
WHERE pid = pg_backend_pid() AND locktype IN ('relation', 'object', 'advisory');
ROLLBACK;

-- a refresh makes exactly these changes
CALL rsfed.refresh('cmp') \gset
\echo :status :rows_changed
SELECT * FROM rsfed.compare('cmp');

-- another query: its columns are matched by name, in any order
SELECT * FROM rsfed.compare('cmp', query => 'SELECT max(d) AS d, k, sum(v) * 2 AS v, max(name) AS name FROM cmp WHERE k > 2 GROUP BY k');
SELECT * FROM rsfed.compare('cmp', query => 'SELECT k, max(name) AS name FROM cmp GROUP BY k');
SELECT * FROM rsfed.compare('cmp', query => 'SELECT k, max(name) AS name, sum(v) AS v, max(d) AS d, 1 AS more FROM cmp GROUP BY k');
SELECT * FROM rsfed.compare('cmp', query => 'SELECT k, max(name) AS name, max(d) AS v, max(d) AS d FROM cmp GROUP BY k');
SELECT * FROM rsfed.compare('cmp', query => 'SELECT 1 AS k, name, v, d FROM cmp');
SELECT * FROM rsfed.compare('cmp', query => 'DELETE FROM cmp');
SELECT * FROM rsfed.compare('cmp', query => 'SELECT 1; SELECT 2');
SELECT query FROM rsfed.rollups WHERE rollup = 'cmp'::regclass;

-- another source
SET client_min_messages = error;
SELECT rsfed.register_server('wh2', :'wh_host', :'wh_dbname', :'wh_user', :'wh_password', :'wh_port');
RESET client_min_messages;
SELECT * FROM rsfed.compare('cmp', source => 'wh2');
SELECT * FROM rsfed.compare('cmp', source => 'nowhere');
SELECT rsfed.drop_server('wh2');

-- triggers prevent a refresh, but not a comparison
CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER nothing BEFORE UPDATE ON cmp FOR EACH ROW EXECUTE FUNCTION nothing();
CALL rsfed.refresh('cmp');
SELECT kind, key FROM rsfed.compare('cmp');
DROP TRIGGER nothing ON cmp;

-- additional columns of the owner do not count; a manual change does
ALTER TABLE cmp ADD COLUMN mine text DEFAULT 'mine';
UPDATE cmp SET mine = 'other', v = 0 WHERE k = 3;
SELECT * FROM rsfed.compare('cmp');

-- without a key: rows as with EXCEPT ALL
SELECT rsfed.define_rollup('bag', 'wh', 'SELECT v, k FROM dup', method => 'replace');
UPDATE bag SET v = 10 WHERE v = 11;
DELETE FROM bag WHERE k = 2;
SELECT * FROM rsfed.compare('bag');
CALL rsfed.refresh('bag') \gset
SELECT * FROM rsfed.compare('bag');
SELECT * FROM rsfed.compare('bag', query => 'SELECT k, v FROM dup UNION ALL SELECT k, v FROM dup WHERE k = 2');
-- a type without an order
SELECT rsfed.define_rollup('unsorted', 'wh', 'SELECT k, s FROM kv', method => 'replace', columns => 'k integer, s json', populate => false);
SELECT * FROM rsfed.compare('unsorted');

-- every type
SELECT rsfed.define_rollup('all_types', 'wh', 'SELECT * FROM shapes', key => ARRAY['n']);
SELECT * FROM rsfed.compare('all_types');
DELETE FROM all_types WHERE n = 1;
SET TimeZone = 'Asia/Tokyo';
SET DateStyle = 'German';
SELECT kind, c.key, local, e.key AS name, left(e.value::text, 60) AS value
FROM rsfed.compare('all_types') AS c, jsonb_each(remote) AS e;
RESET TimeZone;
RESET DateStyle;
SELECT rsfed.define_rollup('all_types_bag', 'wh', 'SELECT * FROM shapes', method => 'replace');
SELECT * FROM rsfed.compare('all_types_bag');

-- errors
SELECT * FROM rsfed.compare(NULL);
SELECT * FROM rsfed.compare('pg_class');
SELECT * FROM rsfed.compare('cmp', max_rows => -1);
SELECT * FROM rsfed.compare('cmp', since => '2024-01-01');
SELECT * FROM rsfed.compare('cmp', until => '2024-01-01');
SELECT * FROM rsfed.compare('cmp', part => '{"k": [1]}');

-- Roles that may refresh may compare; only roles that may read the table see rows.  The
-- credentials of the owner are used for another query only by the owner.
SET ROLE rsfed_stranger;
SELECT * FROM rsfed.compare('cmp');
RESET ROLE;
GRANT SELECT ON cmp TO rsfed_stranger;
SET ROLE rsfed_stranger;
SELECT * FROM rsfed.compare('cmp');
SELECT * FROM rsfed.compare('cmp', query => 'SELECT 1');
RESET ROLE;
GRANT CREATE ON SCHEMA public TO rsfed_owner;
GRANT USAGE ON FOREIGN SERVER wh TO rsfed_owner;
SELECT rsfed.set_credentials('wh', :'wh_user', :'wh_password', for_role => 'rsfed_owner');
SET ROLE rsfed_owner;
SELECT rsfed.define_rollup('owned', 'wh', 'SELECT k, sum(n) AS n FROM kv GROUP BY k');
RESET ROLE;
GRANT rsfed_owner TO rsfed_analyst;
SET ROLE rsfed_analyst;
SELECT kind, key FROM rsfed.compare('owned');
SELECT kind, key FROM rsfed.compare('owned', query => 'SELECT k, n FROM kv WHERE k = 1');
ALTER TABLE owned ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
SELECT kind, key FROM rsfed.compare('owned');
SELECT kind, key FROM rsfed.compare('owned', max_rows => 0);
RESET ROLE;
REVOKE rsfed_owner FROM rsfed_analyst;

SELECT rsfed.drop_rollup('owned');
DROP OWNED BY rsfed_owner;
DROP TABLE cmp, bag, unsorted, all_types, all_types_bag;
DROP FUNCTION nothing;
SELECT rsfed.execute('wh', 'DROP TABLE cmp');
