"""Queries made at random over the tables of rows.py.

Results that PostgreSQL does not define are avoided: which of two equal rows a
LIMIT returns, which of 1.0 and 1.00 represents a group, in which order floats are
added.
"""

import random

import block

INTEGERS = ("id", "k", "i2", "i4", "i8", "tag")
NUMBERS = ("n", "m", "n38")
TEXTS = ("t", "u", "tb", "c")
TIMES = ("d", "ts", "tz")
# columns of an inner and an outer side that are compared; most have one type
LINKS = [(name, name) for name in INTEGERS + NUMBERS + TEXTS + TIMES + ("b", "f")] + [
    ("k", "i2"), ("i4", "i8"), ("i8", "k"), ("n", "m"), ("n38", "n"), ("n", "k"), ("t", "c"), ("c", "t"), ("t", "tb"), ("u", "t"), ("ts", "d"), ("d", "ts")]
# the tables of a query, the first ones more often
TABLES = (("small", "facts", "dims"),) * 5 + (("small", "facts", "dims", "none"), ("small", "facts", "near_only"),
                                              ("small", "dims", "parted_whole", "parted_mixed"),
                                              ("parted_whole", "family", "dims"))
CONSTANTS = {
    "integer": ("0", "1", "2", "3", "7", "-1", "10", "32767", "-32768", "2147483647", "-2147483648"),
    "bigint": ("9::bigint", "1000000000000", "-5::bigint"),
    "numeric": ("0.0", "1.5", "-1.50", "0.0001", "2.25", "1000000.5", "99999999.9999", "'NaN'::numeric"),
    "text": ("'a'", "'A'", "''", "'B'", "'Zürich'", "'it''s \\ \"x\"'", "'a '", "'ab cd'", "'日本'"),
    "date": ("date '2024-01-31'", "date '1970-01-01'", "date '0044-03-15 BC'", "date 'infinity'", "current_date", "date '2023-12-25' + 1"),
    "timestamp": ("timestamp '2024-01-31'", "timestamp '2024-02-29 00:00:00.5'", "timestamp '-infinity'", "localtimestamp"),
    "timestamptz": ("timestamptz '2024-03-31 01:00:00+00'", "timestamptz '2023-10-29 02:30:00+02'", "now()"),
    "boolean": ("true", "false"),
}
OPERATORS = ("=", "<>", "<", "<=", ">", ">=")
SETTINGS = ("SET enable_hashjoin = off", "SET enable_mergejoin = off", "SET enable_nestloop = off",
            "SET enable_hashagg = off", "SET enable_sort = off", "SET enable_partitionwise_join = on",
            "SET enable_partitionwise_aggregate = on", "SET enable_material = off", "SET work_mem = '64kB'",
            "SET join_collapse_limit = 1", "SET geqo_threshold = 2", "SET TimeZone = 'America/New_York'", "SET TimeZone = 'Asia/Kolkata'")
LOOPS = ["SET enable_hashjoin = off", "SET enable_mergejoin = off"]
ALL_SETTINGS = ("enable_hashjoin", "enable_mergejoin", "enable_nestloop", "enable_hashagg", "enable_sort",
                "enable_partitionwise_join", "enable_partitionwise_aggregate", "enable_material", "work_mem",
                "join_collapse_limit", "geqo_threshold", "timezone", "plan_cache_mode")


class Query(block.Blocks):
    """One query: text, is_ordered, prepared (types or None), given, settings."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.types = []
        self.given = []
        self.is_prepared = self.chance.random() < 0.15
        # half of the queries consist mostly of expressions that Redshift may
        # compute
        self.is_simple = self.chance.random() < 0.5
        self.tables = self.pick(*TABLES)
        self.depth = 0
        self.names = 0
        self.is_ordered = False
        self.is_looped = False
        self.text = self.statement()
        self.settings = [f"RESET {name}" for name in ALL_SETTINGS]
        if self.is_looped and self.chance.random() < 0.6:
            self.settings += LOOPS
        elif self.chance.random() < 0.4:
            self.settings += self.chance.sample(SETTINGS, self.chance.randint(1, 3))
        self.settings.append("SET plan_cache_mode = " + self.pick("force_generic_plan", "force_custom_plan"))
        self.prepared = ", ".join(self.types) if self.types else None

    def pick(self, *choices):
        return self.chance.choice(choices)

    def maybe(self, share):
        return self.chance.random() < share

    def name(self, prefix):
        self.names += 1
        return f"{prefix}{self.names}"

    def constant(self, kind):
        value = self.pick(*CONSTANTS[kind])
        if self.is_prepared and self.maybe(0.5):
            self.types.append(kind)
            self.given.append("NULL" if self.maybe(0.1) else value)
            return f"${len(self.types)}"
        return f"{value}" if not value.startswith("-") else f"({value})"

    def column(self, tables, names):
        return f"{self.pick(*tables)}.{self.pick(*names)}"

    # expressions

    def texts(self):
        return ("t", "t", "c", "u") if self.is_simple else TEXTS

    def floats(self):
        return ("n", "m") if self.is_simple else ("f",)

    def integer(self, tables, depth=2):
        kind = self.chance.randint(0, 15) if depth > 0 else self.chance.randint(0, 4)

        def more():
            return self.integer(tables, depth - 1)
        if kind <= 3:
            return self.column(tables, INTEGERS)
        if kind == 4:
            return self.constant(self.pick("integer", "integer", "bigint"))
        if kind == 5:
            return f"({self.column(tables, ('id', 'k', 'tag'))} {self.pick('+', '-', '*')} {self.column(tables, ('id', 'k', 'tag', 'i2'))})"
        if kind == 6:
            return f"({more()} {self.pick('%', '/')} {self.pick('2', '3', '7', '(-4)')})"
        if kind == 7:
            return f"({self.pick('k', 'id').join((self.pick(*tables) + '.', ''))} + {self.constant('integer')})"
        if kind == 8:
            return f"CASE WHEN {self.condition(tables, depth - 1)} THEN {more()} ELSE {more()} END"
        if kind == 9:
            return f"CASE WHEN {self.condition(tables, depth - 1)} THEN {more()} END"
        if kind == 10:
            return f"coalesce({more()}, {more()})"
        if kind == 11:
            return f"({self.column(tables, ('d',))} - {self.column(tables, ('d',))})"
        if kind == 12:
            return f"{self.pick('abs', '-')}({self.column(tables, ('id', 'k', 'i8'))})"
        if kind == 13:
            return f"({self.column(tables, ('i2', 'k'))})::{self.pick('bigint', 'integer')}"
        if kind == 14:
            return self.pick(f"nullif({more()}, {more()})", f"{self.pick('greatest', 'least')}({more()}, {more()})",
                             f"length({self.column(tables, self.texts())})" if not self.is_simple else f"nullif({more()}, {self.constant('integer')})")
        return f"CASE {self.column(tables, ('k', 'i2'))} WHEN {self.constant('integer')} THEN {more()} WHEN 2 THEN 5 ELSE {more()} END"

    def number(self, tables, depth=2):
        kind = self.chance.randint(0, 9) if depth > 0 else self.chance.randint(0, 3)
        if self.is_simple and kind == 7:
            return f"- {self.column(tables, NUMBERS)}"

        def more():
            return self.number(tables, depth - 1)
        if kind <= 2:
            return self.column(tables, NUMBERS)
        if kind == 3:
            return self.constant("numeric")
        if kind == 4:
            return f"({more()} {self.pick('+', '-', '*')} {more()})"
        if kind == 5:
            return f"({more()} * {self.integer(tables, 0)})"
        if kind == 6:
            return f"CASE WHEN {self.condition(tables, depth - 1)} THEN {more()} ELSE {more()} END"
        if kind == 7:
            return self.pick(f"- {self.column(tables, NUMBERS)}", f"coalesce({more()}, {more()})", f"({more()} / 3)",
                             f"round({more()}, 1)", f"({self.column(tables, NUMBERS)})::numeric(40,1)")
        if kind == 8:
            return f"({self.column(tables, NUMBERS)} {self.pick('+', '-', '*')} {self.column(tables, NUMBERS)})"
        return f"({self.column(tables, ('k', 'i4', 'i8'))})::numeric"

    def string(self, tables, depth=1):
        kind = self.chance.randint(0, 8) if depth > 0 else self.chance.randint(0, 4)
        if kind <= 3 or (self.is_simple and kind == 8):
            return self.column(tables, self.texts())
        if kind == 4:
            return self.constant("text")

        def more():
            return self.string(tables, depth - 1)
        if kind == 5:
            return f"coalesce({more()}, {more()})"
        if kind == 6:
            return f"CASE WHEN {self.condition(tables, depth - 1)} THEN {more()} ELSE {more()} END"
        if kind == 7:
            return f"{self.column(tables, ('t', 'u', 'c'))} COLLATE \"C\""
        return self.pick(f"upper({more()})", f"({more()} || {more()})", f"substr({more()}, 2)")

    def moment(self, kind, tables, depth=1):
        column = {"date": "d", "timestamp": "ts", "timestamptz": "tz"}[kind]
        choice = self.chance.randint(0, 7) if depth > 0 else self.chance.randint(0, 3)
        if choice <= 2:
            return self.column(tables, (column,))
        if choice == 3:
            return self.constant(kind)

        def more():
            return self.moment(kind, tables, depth - 1)
        if choice == 4:
            return f"coalesce({more()}, {more()})"
        if choice == 5 and kind == "date":
            return f"({self.column(tables, ('d',))} {self.pick('+', '-')} {self.column(tables, ('k', 'tag'))})"
        if choice == 5:
            return f"date_trunc('{self.pick('month', 'week', 'day', 'year', 'quarter', 'hour', 'decade')}', {more()})"
        if choice == 6:
            return f"CASE WHEN {self.condition(tables, 0)} THEN {more()} ELSE {more()} END"
        if kind == "date":
            return f"({self.column(tables, ('ts',))})::date"
        if kind == "timestamp":
            return f"({self.column(tables, ('d',))})::timestamp"
        return self.column(tables, ("tz",))

    def field(self, tables):
        return f"extract({self.pick('year', 'month', 'day', 'dow', 'doy', 'quarter', 'week', 'hour')} FROM {self.column(tables, ('ts',))})"

    def condition(self, tables, depth=2):
        if depth > 0 and self.maybe(0.4):
            return f"({self.condition(tables, depth - 1)} {self.pick('AND', 'OR', 'OR')} {self.condition(tables, depth - 1)})"
        if depth > 0 and self.maybe(0.1):
            return f"(NOT {self.condition(tables, depth - 1)})"
        if depth > 0 and self.depth < 2 and self.maybe(0.12):
            return self.subquery_condition(tables)
        kind = self.chance.randint(0, 19)
        operator = self.pick(*OPERATORS)
        if kind <= 3:
            return f"({self.integer(tables, depth)} {operator} {self.integer(tables, depth)})"
        if kind <= 5:
            return f"({self.number(tables, depth)} {operator} {self.pick(self.number(tables, depth), self.integer(tables, 0))})"
        if kind <= 8:
            return f"({self.string(tables, depth)} {operator} {self.string(tables, 0)})"
        if kind == 9:
            return f"({self.moment('date', tables, depth)} {operator} {self.moment(self.pick('date', 'timestamp', 'timestamptz'), tables, 0)})"
        if kind == 10:
            return f"({self.moment('timestamp', tables, depth)} {operator} {self.moment(self.pick('date', 'timestamp', 'timestamptz'), tables, 0)})"
        if kind == 11:
            return f"({self.moment('timestamptz', tables, depth)} {operator} {self.moment('timestamptz', tables, 0)})"
        if kind == 12:
            column = self.column(tables, INTEGERS + NUMBERS + self.texts() + TIMES + ("b",) + self.floats())
            return f"({column} IS {self.pick('', 'NOT ')}NULL)"
        if kind == 13:
            return self.pick(f"{self.column(tables, ('b',))}", f"(NOT {self.column(tables, ('b',))})",
                             f"({self.column(tables, ('b',))} IS {self.pick('', 'NOT ')}{self.pick('TRUE', 'FALSE', 'UNKNOWN')})",
                             f"({self.column(tables, ('b',))} {self.pick('=', '<>')} {self.constant('boolean')})")
        if kind == 14:
            listed = self.pick(("integer", INTEGERS), ("text", self.texts()), ("numeric", NUMBERS), ("date", ("d",)))
            values = ", ".join([self.constant(listed[0]) for _ in range(self.chance.randint(1, 4))] + self.pick([], ["NULL"], []))
            return f"({self.column(tables, listed[1])} {self.pick('', 'NOT ')}IN ({values}))"
        if kind == 15:
            return self.pick(f"({self.integer(tables, 0)} IS {self.pick('', 'NOT ')}DISTINCT FROM {self.integer(tables, 0)})",
                             f"({self.string(tables, 0)} IS {self.pick('', 'NOT ')}DISTINCT FROM {self.string(tables, 0)})")
        if kind == 16:
            pattern = self.pick("'a%'", "'%a%'", "'ab%'", "'%'", "'_%'", "'%d'", "'Z_r%'", "'it%'", "'%\\\\%'")
            return f"({self.column(tables, self.texts())} {self.pick('LIKE', 'NOT LIKE', 'ILIKE')} {pattern})"
        if kind == 17:
            return f"({self.column(tables, self.floats())} {operator} {self.pick('0', '0.1', self.column(tables, self.floats()))})"
        if kind == 18:
            return f"({self.field(tables)} {operator} {self.pick('1', '6', '12', '2024')})"
        return f"({self.integer(tables, 0)} BETWEEN {self.constant('integer')} AND {self.constant('integer')})"

    def subquery_condition(self, outer):
        self.depth += 1
        inner = self.name("s")
        table = self.pick("small", "dims", "near_only")
        link = self.pick("k", "i2", "t", "tb", "d", "n", "id", "c", "u")
        other = link if self.maybe(0.7) else {"k": "id", "id": "i2", "i2": "k", "t": "c", "c": "t"}.get(link, link)
        joined = f"{inner}.{link} {'=' if self.maybe(0.85) else self.pick(*OPERATORS)} {self.pick(*outer)}.{other}"
        where = self.condition([inner], 1)
        kind = self.chance.randint(0, 6)
        if kind <= 1:
            text = f"{self.pick('EXISTS', 'NOT EXISTS')} (SELECT FROM {table} {inner} WHERE {joined} AND {where})"
        elif kind == 2:
            text = f"{self.pick(*outer)}.{link} {self.pick('IN', 'NOT IN')} (SELECT {inner}.{link} FROM {table} {inner} WHERE {where})"
        elif kind == 3:
            text = f"{self.pick(*outer)}.k {self.pick(*OPERATORS)} (SELECT {self.pick('max', 'min', 'avg', 'sum', 'count')}({inner}.k) FROM {table} {inner} WHERE {where})"
        elif kind == 4:
            text = f"{self.pick(*outer)}.n {self.pick(*OPERATORS)} (SELECT {self.pick('max', 'min', 'avg', 'sum')}({inner}.n) FROM {table} {inner} WHERE {joined})"
        elif kind == 5:
            text = f"{self.pick(*outer)}.k {self.pick('= ANY', '> ALL', '<> ALL')} (SELECT {inner}.k FROM {table} {inner} WHERE {joined} AND {where})"
        else:
            text = f"(SELECT count(*) FROM {table} {inner} WHERE {joined}) {self.pick(*OPERATORS)} {self.pick('0', '1', '2')}"
        self.depth -= 1
        return f"({text})"

    def aggregate(self, tables):
        kind = self.chance.randint(0, 12)
        suffix = f" FILTER (WHERE {self.condition(tables, 1)})" if self.maybe(0.2) else ""
        if kind == 0:
            return "count(*)" + suffix
        if kind == 1:
            return f"count({self.column(tables, INTEGERS + NUMBERS + self.texts() + TIMES + ('b',) + self.floats())}){suffix}"
        if kind == 2:
            return f"count(DISTINCT {self.column(tables, INTEGERS + NUMBERS + self.texts() + TIMES + ('b',))}){suffix}"
        if kind <= 5:
            return f"{self.pick('sum', 'avg', 'min', 'max')}({self.integer(tables, 1)}){suffix}"
        if kind <= 7:
            return f"{self.pick('sum', 'avg')}({self.number(tables, 1)}){suffix}"
        if kind == 8:
            return f"{self.pick('min', 'max')}({self.column(tables, NUMBERS + TIMES + self.floats())}){suffix}"
        if kind == 9:
            return f"{self.pick('min', 'max')}({self.column(tables, self.texts())}){suffix}"
        if kind == 10:
            return f"{self.pick('bool_and', 'bool_or', 'every')}({self.pick(self.column(tables, ('b',)), self.condition(tables, 1))}){suffix}"
        if kind == 11 and self.maybe(0.6):
            spread = self.pick('stddev', 'stddev_samp', 'stddev_pop', 'variance', 'var_samp', 'var_pop')
            distinct = self.pick('', '', '', 'DISTINCT ')
            return self.pick(f"{spread}({self.pick('', '', '', '', 'DISTINCT ')}{self.column(tables, INTEGERS + NUMBERS)}){suffix}",
                             f"{spread}({self.integer(tables, 1)}){suffix}", f"{spread}({self.number(tables, 1)}){suffix}",
                             f"{self.pick('sum', 'avg', 'max')}({distinct}{self.column(tables, INTEGERS + NUMBERS)}){suffix}",
                             f"{self.pick('bit_and', 'bit_or')}({distinct}{self.column(tables, INTEGERS)}){suffix}")
        if kind == 11 and not self.is_simple:
            return self.pick(f"sum(DISTINCT {self.column(tables, ('k', 'i2'))})",
                             f"string_agg({self.column(tables, self.texts())}, ',' ORDER BY {self.pick(*tables)}.id)" if len(tables) == 1 else "count(*)")
        return f"{self.pick('sum', 'avg', 'max')}({self.column(tables, NUMBERS)}){suffix} + {self.pick('1', 'count(*)')}"

    def key(self, tables):
        """An expression to group by: equal values have the same text."""
        kind = self.chance.randint(0, 9)
        if kind <= 5:
            return self.column(tables, INTEGERS + NUMBERS + self.texts() + TIMES + ("b",))
        if kind == 6:
            return self.integer(tables, 1)
        if kind == 7:
            return self.string(tables, 1)
        if kind == 8:
            return self.moment(self.pick("date", "timestamp"), tables, 1)
        return self.pick(f"({self.condition(tables, 0)})", self.field(tables))

    def value(self, tables):
        kind = self.chance.randint(0, 5)
        if kind <= 1:
            return self.column(tables, INTEGERS + NUMBERS + self.texts() + TIMES + ("b",) + self.floats())
        if kind == 2:
            return self.integer(tables)
        if kind == 3:
            return self.number(tables)
        if kind == 4:
            return self.string(tables)
        return self.pick(self.moment("timestamp", tables), self.field(tables), f"({self.condition(tables, 1)})")

    # FROM

    def table(self):
        """A table, or an item in its place that has its columns."""
        name = self.pick(*self.tables)
        if self.depth < 1 and self.maybe(0.12):
            self.depth += 1
            inner = self.name("d")
            where = self.condition([inner], 1)
            rest = self.pick("", "", f" ORDER BY {inner}.id LIMIT {self.pick('3', '10', '0')}", " OFFSET 0")
            text = f"(SELECT {inner}.* FROM {name} {inner} WHERE {where}{rest})"
            self.depth -= 1
            return text
        return name

    def source(self):
        """(text, aliases) of a FROM clause."""
        tables = ["a"]
        text = f"{self.table()} a"
        count = self.pick(1, 1, 1, 2, 2, 3)
        for alias in ("b", "c")[:count - 1]:
            kind = self.pick("JOIN", "JOIN", "LEFT JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "LATERAL")
            other = self.pick(*tables)
            link = self.pick("id", "k", "i2", "t", "c", "d", "n", "tb", "u", "ts")
            on = f"{other}.{link} = {alias}.{link}"
            if self.maybe(0.2):
                on = self.pick(f"{other}.id = {alias}.k", f"{other}.k = {alias}.i2", f"{other}.t = {alias}.c", f"{other}.i4 = {alias}.i8")
            if kind == "LATERAL":
                inner = self.name("l")
                text += (f" {self.pick('CROSS JOIN LATERAL', 'LEFT JOIN LATERAL')} (SELECT {inner}.* FROM {self.pick('small', 'dims')} {inner}"
                         f" WHERE {inner}.{link} = {other}.{link} ORDER BY {inner}.id LIMIT 2) {alias}")
                if text.count("LEFT JOIN LATERAL") > text.count("ON true"):
                    text += " ON true"
                tables.append(alias)
                continue
            if self.maybe(0.4):
                on += f" AND {self.condition([alias] if kind == 'FULL JOIN' or self.maybe(0.5) else tables + [alias], 1)}"
                if kind == "FULL JOIN":
                    on = on.split(" AND ", 1)[0]
            text += f" {kind} {self.table()} {alias} ON {on}"
            tables.append(alias)
        return text, tables

    # whole statements

    def where(self, tables):
        return f" WHERE {self.condition(tables, self.pick(0, 1, 1, 2))}" if self.maybe(0.65) else ""

    def first_rows(self, order):
        """ORDER BY with expressions that make the order of all rows unique, with LIMIT."""
        self.is_ordered = True
        words = ("", " DESC", " NULLS FIRST", " DESC NULLS LAST", " ASC NULLS LAST")
        limit = self.count("1", "3", "5", "20", "0", "NULL")
        text = " ORDER BY " + ", ".join(f"{item}{self.pick(*words)}" for item in order)
        return text + self.pick("", f" LIMIT {limit}", f" LIMIT {limit}", f" LIMIT {limit} OFFSET {self.count('1', '2', '0', 'NULL')}",
                                f" OFFSET {self.pick('0', '3')}")

    def count(self, *choices):
        """A number for LIMIT or OFFSET, as a parameter if there are any."""
        value = self.pick(*choices)
        if not self.is_prepared or self.maybe(0.4):
            return value
        self.types.append("bigint")
        self.given.append("-1" if self.maybe(0.05) else value)
        return f"${len(self.types)}"

    def plain(self):
        source, tables = self.source()
        items = [self.value(tables) for _ in range(self.chance.randint(1, 4))]
        listed = ", ".join(f"{item} AS x{i}" for i, item in enumerate(items))
        text = f"SELECT {listed} FROM {source}{self.where(tables)}"
        if self.maybe(0.4):
            text += self.first_rows([self.key(tables)] * self.pick(0, 1) + [f"{alias}.id" for alias in tables])
        return text

    def grouped(self, top=True):
        source, tables = self.source()
        keys = [self.key(tables) for _ in range(self.pick(0, 1, 1, 1, 2))]
        items = [self.aggregate(tables) for _ in range(self.chance.randint(1, 3))]
        listed = ", ".join([f"{key} AS g{i}" for i, key in enumerate(keys)] + [f"{item} AS x{i}" for i, item in enumerate(items)])
        text = f"SELECT {listed} FROM {source}{self.where(tables)}"
        if keys:
            numbers = ", ".join(str(i + 1) for i in range(len(keys)))
            text += " GROUP BY " + (f"ROLLUP ({numbers})" if self.maybe(0.05) else numbers)
        if self.maybe(0.3):
            text += " HAVING " + self.pick("count(*) > 1", f"{self.pick('sum', 'avg', 'max')}({self.column(tables, ('k', 'n', 'm', 'i2'))}) > {self.constant('integer')}",
                                           f"min({self.column(tables, ('t', 'u', 'tb'))}) > 'a'", f"count(DISTINCT {self.column(tables, ('k', 't'))}) = 2",
                                           f"bool_or({self.condition(tables, 1)})", f"NOT (count(*) < 2 OR max({self.column(tables, self.floats())}) > 1)")
        if top and keys and "ROLLUP" not in text and self.maybe(0.35):
            text += self.first_rows([f"x{self.chance.randrange(len(items))}"] * self.pick(0, 1) + [f"g{i}" for i in range(len(keys))])
        return text

    def distinct(self):
        source, tables = self.source()
        items = [self.key(tables) for _ in range(self.chance.randint(1, 3))]
        listed = ", ".join(f"{item} AS x{i}" for i, item in enumerate(items))
        text = f"SELECT DISTINCT {listed} FROM {source}{self.where(tables)}"
        if self.maybe(0.4):
            text += self.first_rows([f"x{i}" for i in range(len(items))])
        return text

    def distinct_on(self):
        source, tables = self.source()
        key = self.key(tables)
        order = ", ".join(f"{alias}.id" for alias in tables)
        return f"SELECT DISTINCT ON ({key}) {self.value(tables)} AS x, {key} AS y FROM {source}{self.where(tables)} ORDER BY {key}, {order}"

    def windowed(self):
        source, tables = self.source()
        order = ", ".join(f"{alias}.id" for alias in tables)
        over = f"OVER ({self.pick('', 'PARTITION BY ' + self.key(tables) + ' ')}ORDER BY {order})"
        call = self.pick("row_number()", "count(*)", f"sum({self.column(tables, ('k', 'n'))})", f"lag({self.column(tables, ('t', 'd'))})", f"max({self.column(tables, ('ts', 'i4'))})")
        return f"SELECT {self.value(tables)} AS x, {call} {over} AS w FROM {source}{self.where(tables)}"

    def nested(self):
        inner = self.grouped(top=False)
        return self.pick(f"SELECT count(*), max(q.x0) FROM ({inner}) q",
                         f"SELECT q.*, rank() OVER (ORDER BY q.x0) FROM ({inner}) q",
                         f"WITH w AS {self.pick('', 'MATERIALIZED', 'NOT MATERIALIZED')} ({inner}) SELECT * FROM w WHERE x0 IS NOT NULL",
                         f"WITH w AS ({inner}) SELECT count(*) FROM w v JOIN w ON v.x0 = w.x0" if "bool" not in inner else f"SELECT q.* FROM ({inner}) q",
                         f"SELECT s.id, q.x0 FROM small s LEFT JOIN ({inner}) q ON {self.pick('s.k > 2', 's.id < 5')}")

    def combined(self):
        def side():
            alias = self.name("e")
            return f"SELECT {alias}.{column} FROM {self.pick(*self.tables)} {alias}{self.where([alias])}"
        column = self.pick("k", "t", "d", "n", "b", "tb", "id", "ts")
        return f"{side()} {self.pick('UNION', 'UNION ALL', 'INTERSECT', 'EXCEPT', 'EXCEPT ALL', 'INTERSECT ALL')} {side()}"

    def scalar(self):
        source, tables = self.source()
        inner = self.name("s")
        return (f"SELECT {self.value(tables)} AS x, (SELECT {self.pick('max', 'count', 'sum', 'avg')}({inner}.k) FROM {self.pick('small', 'dims')} {inner}"
                f" WHERE {inner}.{self.pick('k', 'id', 't', 'd')} IS NOT NULL AND {inner}.k = {self.pick(*tables)}.{self.pick('k', 'id')}) AS y FROM {source}{self.where(tables)}")

    def linked(self, inner, outer):
        """A condition between a column of one side and an expression of the other."""
        here, there = self.pick(*LINKS)
        value = f"{outer}.{there}"
        if self.maybe(0.3):
            kind = next((kind for kind, names in (("integer", INTEGERS), ("number", NUMBERS), ("text", TEXTS), ("date", ("d",))) if there in names), None)
            value = {"integer": self.pick(f"({value} % 5 + 1)", f"coalesce({value}, 2)", f"(CASE WHEN {outer}.b THEN {value} END)"),
                     "number": self.pick(f"({value} * 2)", f"coalesce({value}, 'NaN')", f"({value} / 3)"),
                     "text": self.pick(f"({value} || ' ')", f"lower({value})", f"coalesce({value}, '')", f"({value} || chr(9))"),
                     "date": self.pick(f"({value} + 1)", f"coalesce({value}, 'infinity')"), None: value}[kind]
        operator = "=" if self.maybe(0.75) else self.pick(*OPERATORS, "IS NOT DISTINCT FROM")
        return f"{inner}.{here} {operator} {value}" if self.maybe(0.7) else f"{value} {operator} {inner}.{here}"

    def looped(self):
        """An item that a nested loop or a correlated subquery scans repeatedly."""
        self.is_looped = True
        outer = self.pick("near_only", "near_only", "(SELECT * FROM near_only WHERE id = 3)", "(SELECT * FROM near_only WHERE id IN (1, 2, 7))",
                          "(SELECT * FROM facts WHERE id < 8 OFFSET 0)", "(SELECT n.* FROM near_only n, generate_series(1, 2))")
        inner = self.pick(*self.tables)
        on = " AND ".join(self.linked("a", "o") for _ in range(self.pick(1, 1, 1, 2)))
        more = f" AND {self.condition(['a'], 1)}" if self.maybe(0.4) else ""
        kind = self.chance.randint(0, 5)
        if kind <= 1:
            join = self.pick("JOIN", "JOIN", "LEFT JOIN")
            return f"SELECT o.id AS y, {self.value(['a'])} AS x FROM {outer} o {join} {inner} a ON {on}{more}{self.where(['a', 'o'])}"
        if kind == 2:
            return f"SELECT o.id AS y, (SELECT {self.aggregate(['a'])} FROM {inner} a WHERE {on}{more}) AS x FROM {outer} o"
        if kind == 3:
            limit = self.pick(self.count("1", "2"), "o.k", "coalesce(o.i2, 2)")
            return (f"SELECT o.id AS y, a.x FROM {outer} o CROSS JOIN LATERAL (SELECT {self.value(['a'])} AS x FROM {inner} a"
                    f" WHERE {on}{more} ORDER BY a.id LIMIT {limit}) a")
        if kind == 4:
            other = self.pick("small", "dims")
            return (f"SELECT o.id AS y, {self.value(['a', 'c'])} AS x FROM {outer} o JOIN {inner} a ON {on}{more}"
                    f" {self.pick('JOIN', 'LEFT JOIN')} {other} c ON {self.linked('c', self.pick('a', 'o'))}")
        return f"SELECT o.id AS y FROM {outer} o WHERE {self.pick('', 'NOT ')}EXISTS (SELECT FROM {inner} a WHERE {on}{more}) OR o.k = 2"

    def statement(self):
        return self.pick(self.looped, self.looped, self.plain, self.plain, self.plain, self.grouped, self.grouped, self.grouped, self.distinct,
                         self.distinct_on, self.windowed, self.nested, self.combined, self.scalar, self.block, self.block, self.block, self.block, self.mixed, self.mixed, self.mixed)()
