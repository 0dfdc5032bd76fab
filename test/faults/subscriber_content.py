"""The published rollups in the rounds of a subscriber, and the content of each version.

Every row is a function of the version v of the warehouse and of a number d in the
definition, and one row contains both.  So a reader of a table knows which version
it must be entirely, and the times of freshness show which one it should be.
"""

import bisect
import functools
import hashlib

ROWS = 60
DAYS = 10
SERVER = "warehouse"

# unchanged in most updates, and stored out of line
LONG = "".join(hashlib.md5(str(i).encode()).hexdigest() for i in range(1, 201))
NAME = f"(CASE WHEN k = 1 THEN '{LONG}' ELSE 'name ' || k || repeat('x', k % 40) END)::varchar(8000)"
ALL = f"""SELECT k, {NAME} AS name, k * 7 + {{v}} * (k % 4) AS amount, CASE WHEN k = 0 THEN {{v}} ELSE 0 END AS v
	FROM generate_series(0, {ROWS - 1}) AS k WHERE k <= 1 OR (k + {{v}}) % 7 <> 0"""
# the last three days differ between versions
DAY = f"""SELECT timestamp '{{base}}' - interval '1 day' * ({DAYS} - k % {DAYS}) AS day, k, {NAME} AS name,
	k * 7 + CASE WHEN k % {DAYS} >= {DAYS - 3} THEN {{v}} ELSE 0 END AS amount, CASE WHEN k = 9 THEN {{v}} ELSE 0 END AS v
	FROM generate_series(0, {ROWS - 1}) AS k WHERE k % {DAYS} < {DAYS - 3} OR k = 9 OR (k + {{v}}) % 7 <> 0"""

# On the subscriber: the content of a table, by version, definition's number and all
# rows; and the number of rows that have a value, and of those that have the right
# one, in the column that is added and removed.  A refusal is an answer, too.
FUNCTIONS = r"""
CREATE SCHEMA IF NOT EXISTS faults;
CREATE OR REPLACE FUNCTION faults.content(relid oid) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
	result text;
BEGIN
	EXECUTE format($q$
		SELECT concat_ws('/', count(*), max(v), max(amount::bigint) FILTER (WHERE v > 0),
			md5(string_agg(concat_ws('|', COALESCE(k::text, '-'), name, amount, v), ';' ORDER BY COALESCE(k, 0))),
			count(more), count(*) FILTER (WHERE more = amount::bigint * 2))
		FROM (SELECT *, (to_jsonb(t) ->> 'more')::bigint AS more FROM (SELECT * FROM %s) AS t) AS x$q$,
		relid::regclass) INTO result;
	RETURN result;
END $$;
CREATE OR REPLACE FUNCTION faults.refused(relid oid) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN NOT rsfed.require_fresh(relid::regclass, interval '1 hour');
EXCEPTION WHEN object_not_in_prerequisite_state THEN
	RETURN true;
END $$;
"""


class Rollup:
    """A published rollup, under its current name."""

    def __init__(self, base, kind="all", key="k", method="merge", options="{}"):
        self.base = base         # its first name
        self.name = base
        self.kind = kind
        self.key = key
        self.method = method
        self.options = options
        self.d = 0
        self.type = "integer"
        self.more = False        # has it the column that is added and removed?
        self.more_checked = False

    def query(self):
        if self.kind == "day":
            return ("SELECT date_trunc('day', day) AS day, k, max(name) AS name, sum(amount) AS amount, sum(v) AS v FROM pub_day "
                    "WHERE day >= {from} AND day < {to} GROUP BY 1, 2")
        value = "amount" if self.method == "replace" else "sum(amount)"
        amount = f"{value} + {self.d}" if self.type == "integer" else f"CAST({value} + {self.d} AS {self.type})"
        if self.method == "replace":
            return f"SELECT k, name, {amount} AS amount, v FROM pub_all"
        k = "CASE WHEN k = 0 THEN NULL ELSE k END AS k" if self.kind == "null" else "k"
        more = f", (sum(amount) + {self.d}) * 2 AS more" if self.more else ""
        return f"SELECT {k}, max(name) AS name, {amount} AS amount, sum(v) AS v{more} FROM pub_all GROUP BY 1"

    def define(self, base):
        key = "" if self.method == "replace" or self.kind == "day" else f", key => '{{{self.key}}}'"
        return (f"SELECT rsfed.define_rollup('{self.base}', '{SERVER}', $q$ {self.query()} $q${key}, "
                f"method => '{self.method}', max_age => '1 hour', options => '{self.options.replace('BASE', base)}', if_not_exists => true)")

    def alter(self):
        return f"SELECT rsfed.alter_rollup('{self.name}', query => $q$ {self.query()} $q$)"


def rollups():
    not_null = '{"not_null": ["k"]}'
    return [
        Rollup("merged", options=not_null),
        Rollup("nulls", kind="null"),
        Rollup("bare", method="replace"),
        Rollup("windowed", kind="day", method="window", options='{"bucket": "1 day", "lookback": "4 days", "start": "BASE"}'),
        Rollup("one", options=not_null),
        Rollup("two", options=not_null),
    ]


@functools.lru_cache(maxsize=None)
def expected(kind, v, d):
    """Count, version, d and checksum of a table's content, as faults.content() writes them."""
    rows = []
    for k in range(ROWS):
        name = LONG if k == 1 else f"name {k}" + "x" * (k % 40)
        if kind == "day":
            late = k % DAYS >= DAYS - 3
            if late and k != 9 and (k + v) % 7 == 0:
                continue
            amount, own_v = k * 7 + (v if late else 0), v if k == 9 else 0
        else:
            if k > 1 and (k + v) % 7 == 0:
                continue
            amount, own_v = k * 7 + v * (k % 4), v if k == 0 else 0
        rows.append(f"{'-' if kind == 'null' and k == 0 else k}|{name}|{amount + d}|{own_v}")
    marked = 9 * 7 + v if kind == "day" else 0
    return f"{len(rows)}/{v}/{marked + d}/{hashlib.md5(';'.join(rows).encode()).hexdigest()}"


class Versions:
    """The versions of the warehouse by time."""

    def __init__(self, warehouse, base):
        self.warehouse = warehouse
        self.base = base
        self.v = 0
        self.began = []          # when it began to become version 1, 2, ...
        self.ended = []

    def create(self):
        self.warehouse.direct.run(
            "ALTER ROLE CURRENT_USER SET synchronous_commit = on",
            "DROP TABLE IF EXISTS pub_all, pub_day",
            "CREATE TABLE pub_all (k integer, name varchar(8000), amount integer, v integer)",
            "CREATE TABLE pub_day (day timestamp, k integer, name varchar(8000), amount integer, v integer)")

    def bump(self, clock):
        """The next version.  No statement may run in the warehouse meanwhile."""
        v = self.v + 1
        began = clock()
        self.warehouse.direct.run(
            "BEGIN; DELETE FROM pub_all; DELETE FROM pub_day; "
            f"INSERT INTO pub_all (k, name, amount, v) {ALL.format(v=v)}; "
            f"INSERT INTO pub_day (day, k, name, amount, v) {DAY.format(v=v, base=self.base)}; COMMIT")
        self.began.append(began)
        self.ended.append(clock())
        self.v = v

    def at(self, moment):
        """The version that a statement sent at that time read; None if that is not known."""
        number = bisect.bisect_right(self.began, moment)
        return number if number and self.ended[number - 1] <= moment else None
