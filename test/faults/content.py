"""The content of the warehouse in each version, and the required content of served tables.

The whole content of the warehouse is a function of its version number, written
here in SQL for both sides.  So the rows that a relation must serve are known, and
a fingerprint shows whether it contains exactly one version.
"""

from servers import Failed

ROWS = 3000
DAYS = 30
SERVER = "warehouse"

# k, name, amount of version V: most amounts differ between versions, some rows are
# added and removed, row 0 is always there.
ALL = f"""SELECT k, ('name ' || k || repeat('x', k % 40))::varchar(80) AS name,
	(k * 7 + {{v}} * (k % 4) + (CASE WHEN k = 0 THEN {{v}} ELSE 0 END))::numeric(12,2) AS amount
	FROM generate_series(0, {ROWS - 1}) AS k WHERE k = 0 OR (k + {{v}}) % 7 <> 0"""

# The same by day; only the last three days differ between versions.
DAY = f"""SELECT timestamp '{{base}}' - interval '1 day' * ({DAYS} - k % {DAYS}) AS day, k,
	('day ' || k)::varchar(80) AS name,
	(k * 3 + (CASE WHEN k % {DAYS} >= {DAYS - 3} THEN {{v}} ELSE 0 END))::numeric(12,2) AS amount
	FROM generate_series(0, {ROWS - 1}) AS k WHERE k % {DAYS} < {DAYS - 3} OR (k + {{v}}) % 7 <> 0"""

QUERY_ALL = "SELECT k, max(name) AS name, sum(amount) AS amount FROM fault_all GROUP BY k"
QUERY_DAY = ("SELECT date_trunc('day', day) AS day, k, max(name) AS name, sum(amount) AS amount FROM fault_day "
             "WHERE day >= {from} AND day < {to} GROUP BY 1, 2")
COLUMNS = {"all": "k, name, amount", "day": "day, k, name, amount"}

# relation: (which of the two it serves, how it is created)
RELATIONS = {
    "merged": ("all", f"SELECT rsfed.define_rollup('merged', '{SERVER}', $$ {QUERY_ALL} $$)"),
    # its query has an ORDER BY: the rows are sorted here
    "sorted": ("all", f"SELECT rsfed.define_rollup('sorted', '{SERVER}', $$ {QUERY_ALL} ORDER BY 2 $$, key => '{{name,k}}')"),
    "windowed": ("day", f"SELECT rsfed.define_rollup('windowed', '{SERVER}', $$ {QUERY_DAY} $$, method => 'window', "
                 "options => '{\"bucket\": \"1 day\", \"lookback\": \"4 days\", \"start\": \"BASE\"}')"),
    "replaced": ("all", f"SELECT rsfed.define_rollup('replaced', '{SERVER}', "
                 "$$ SELECT k, name, amount FROM fault_all $$, method => 'replace')"),
    "matview": ("all", "CREATE MATERIALIZED VIEW matview AS SELECT * FROM rsfed.query('warehouse', "
                "$$ SELECT k, name, amount FROM fault_all $$) AS t (k integer, name text, amount numeric); "
                "CREATE UNIQUE INDEX ON matview (k)"),
    "parted": ("all", f"SELECT rsfed.define_rollup('parted', '{SERVER}', $$ {QUERY_ALL} $$)"),
}
# rollups that are also refreshed together
SET, SET_MEMBERS = "together", ("merged", "windowed", "replaced")
# changes of QUERY_ALL by alter_rollup: query, further arguments, what changes
ALTERED = [
    ("SELECT k, max(name) AS name, sum(amount) + 5 AS amount FROM fault_all GROUP BY k", "", "values"),
    ("SELECT k, sum(amount) AS amount, count(*) AS n FROM fault_all GROUP BY k", "", "columns"),
    ("SELECT k, max(name) AS name, sum(amount) + 7 AS amount FROM fault_all GROUP BY k", ", key => '{k,name}'", "the key"),
]
PART = "k < 40 AND k >= 0"
PART_KEYS = '{"k": [' + ", ".join(str(k) for k in range(40)) + "]}"


class Content:
    """Versions of the warehouse, and the fingerprints of their content."""

    def __init__(self, warehouse, base):
        self.warehouse = warehouse
        self.base = base         # today's date in the warehouse, at the start
        self.version = 0
        self.prints = {}

    def create(self):
        self.warehouse.direct.run(
            "DROP TABLE IF EXISTS fault_all, fault_day",
            "CREATE TABLE fault_all (k integer, name varchar(80), amount decimal(12,2))",
            "CREATE TABLE fault_day (day timestamp, k integer, name varchar(80), amount decimal(12,2))")
        self.bump()

    def rows_of(self, which, version):
        return (ALL if which == "all" else DAY).format(v=version, base=self.base)

    def bump(self):
        """The next version, in one transaction, which a warehouse that is killed
        afterwards must not lose."""
        self.version += 1
        self.warehouse.direct.run(
            "BEGIN; SET LOCAL synchronous_commit = on; DELETE FROM fault_all; DELETE FROM fault_day; "
            f"INSERT INTO fault_all {self.rows_of('all', self.version)}; "
            f"INSERT INTO fault_day (day, k, name, amount) {self.rows_of('day', self.version)}; COMMIT")

    def expected(self, sql, which, version, condition="true"):
        """The fingerprint of a version, computed by the server that serves it."""
        key = (which, version, condition)
        if key not in self.prints:
            self.prints[key] = sql.value("SELECT " + self.fingerprint(
                f"({self.rows_of(which, version)})", which, condition))
        return self.prints[key]

    @staticmethod
    def fingerprint(relation, which, condition="true"):
        return ("(SELECT count(*) || '/' || md5(coalesce(string_agg(r, '|' ORDER BY r COLLATE \"C\"), '')) "
                f"FROM (SELECT ROW({COLUMNS[which]})::text AS r FROM {relation} AS t WHERE {condition}) AS x)")

    def differences(self, sql, relation, version):
        """For a report: rows that are in one and not in the other."""
        which = RELATIONS[relation][0] if relation in RELATIONS else "day"
        columns = COLUMNS[which]
        try:
            rows = sql.run(
                f"WITH e AS (SELECT {columns} FROM ({self.rows_of(which, version)}) t), s AS (SELECT {columns} FROM {relation}) "
                "SELECT 'missing', x.* FROM (TABLE e EXCEPT ALL TABLE s) x UNION ALL "
                "SELECT 'extra', x.* FROM (TABLE s EXCEPT ALL TABLE e) x ORDER BY 2, 3, 1 LIMIT 12")
        except Failed as error:
            return str(error)
        return "; ".join(" ".join(row) for row in rows)
