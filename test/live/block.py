"""Queries with subqueries that use only foreign tables: most of them one
statement; and queries over a local table with such subqueries."""

# columns by the kind that they can be compared with
LIKE = {"integer": ("k", "i2", "id", "i4", "i8", "tag"), "numeric": ("n", "m"), "text": ("t", "u", "c"), "date": ("d",), "timestamp": ("ts",),
        "timestamptz": ("tz",)}
TABLES = ("small", "small", "facts", "dims", "dims", "none")
OPERATORS = ("=", "<>", "<", "<=", ">", ">=")


class Blocks:
    """Methods of a query; needs pick(), maybe(), name(), column() and constant()."""

    def block_test(self, alias, depth=1):
        """A condition on one table that is mostly shipped."""
        if depth > 0 and self.maybe(0.25):
            return f"({self.block_test(alias, 0)} {self.pick('AND', 'OR')} {self.block_test(alias, 0)})"
        kind = self.pick("integer", "integer", "numeric", "text", "date", "null", "boolean", "like", "list", "case")
        if kind == "null":
            return f"{alias}.{self.pick('k', 't', 'n', 'd', 'f', 'tz')} IS {self.pick('', 'NOT ')}NULL"
        if kind == "boolean":
            return f"{alias}.b IS {self.pick('', 'NOT ')}{self.pick('TRUE', 'FALSE')}"
        if kind == "like":
            return f"{alias}.{self.pick('t', 'c')} {self.pick('', 'NOT ')}LIKE {self.pick(chr(39) + 'a%' + chr(39), chr(39) + '%a' + chr(39), chr(39) + '%b _d' + chr(39), chr(39) + 'zz' + chr(39), chr(39) + '% ' + chr(39))}"
        if kind == "list":
            return f"{alias}.k {self.pick('', 'NOT ')}IN (1, 3, {self.constant('integer')})"
        if kind == "case":
            return f"CASE WHEN {alias}.k > 2 THEN {alias}.i2 ELSE 3 END {self.pick(*OPERATORS)} {alias}.k"
        operator = self.pick("=", "<>") if kind == "text" else self.pick(*OPERATORS)
        return f"{alias}.{self.pick(*LIKE[kind])} {operator} {self.constant(kind)}"

    def block_where(self, *conditions):
        listed = [c for c in conditions if c]
        return " WHERE " + " AND ".join(listed) if listed else ""

    def block_link(self, inner, outer, operator="="):
        kind = self.pick("integer", "integer", "integer", "numeric", "text", "date", "timestamp", "timestamptz")
        sides = [f"{inner}.{self.pick(*LIKE[kind])}", f"{outer}.{self.pick(*LIKE[kind])}"]
        if kind == "integer" and self.maybe(0.15):
            sides[1] = f"({sides[1]} % 5 + 1)"
        self.chance.shuffle(sides)
        return f"{sides[0]} {operator} {sides[1]}"

    def block_condition(self, outer, depth):
        """A condition with a subquery that refers to a table of the enclosing query."""
        inner = self.name("s")
        table = self.pick(*TABLES)
        link = self.block_link(inner, outer)
        test = self.block_test(inner) if self.maybe(0.6) else None
        more = self.block_condition(inner, depth - 1) if depth > 0 and self.maybe(0.3) else None
        kind = self.chance.randint(0, 13)
        if kind <= 2:
            differ = self.block_link(inner, outer, self.pick("<>", "<>", ">")) if self.maybe(0.3) else None
            return f"{self.pick('', 'NOT ')}EXISTS (SELECT {self.pick('1', '*', inner + '.k')} FROM {table} {inner}{self.block_where(link, differ, test, more)})"
        if kind <= 5:
            of = self.pick("integer", "integer", "numeric", "text", "date", "timestamp")
            left, right = self.pick(*LIKE[of]), self.pick(*LIKE[of])
            correlated = link if self.maybe(0.2) else None
            within = "IS NOT NULL" if self.maybe(0.4) else None
            return (f"{outer}.{left} {self.pick('IN', 'NOT IN', '<> ALL', '= ANY')} (SELECT {self.pick('', '', 'DISTINCT ')}{inner}.{right} FROM {table} {inner}"
                    f"{self.block_where(correlated, test, more, f'{inner}.{right} {within}' if within else None)})")
        if kind == 6:
            column = self.pick("k", "i2", "t", "d", "n")
            having = self.pick("", f" HAVING count(*) > {self.pick('0', '1', '2')}", f" HAVING sum({inner}.k) > 3", f" HAVING max({inner}.n) * 2 > 1")
            given = self.pick(f"{inner}.{column}", f"{inner}.{column}", f"max({inner}.{column})", f"count({inner}.{column})")
            left = column if "count" not in given else "k"
            return f"{outer}.{left} {self.pick('IN', 'NOT IN')} (SELECT {given} FROM {table} {inner}{self.block_where(test, more)} GROUP BY {inner}.{column}{having})"
        if kind == 7:
            other = self.name("s")
            return (f"{outer}.k IN (SELECT {inner}.k FROM {table} {inner}{self.block_where(test)} {self.pick('UNION', 'UNION ALL', 'EXCEPT', 'INTERSECT')}"
                    f" SELECT {other}.{self.pick('k', 'id')} FROM {self.pick(*TABLES)} {other})")
        if kind == 8:
            return f"{outer}.id IN (SELECT {inner}.id FROM {table} {inner}{self.block_where(test)} ORDER BY {inner}.id {self.pick('', 'DESC ')}LIMIT {self.pick('0', '3', '10')})"
        call = self.pick(f"{self.pick('min', 'max', 'sum')}({inner}.k)", f"{self.pick('min', 'max', 'sum')}({inner}.n)", f"2 * sum({inner}.n)", f"0.5 * sum({inner}.i2)",
                         f"count({inner}.k)", f"avg({inner}.n)", f"max({inner}.d)", f"sum({inner}.i8)", f"coalesce(max({inner}.k), 2)", f"sum({inner}.k) + count(*)", f"max({inner}.t)")
        left = f"{outer}.{'d' if '.d' in call else 't' if '.t' in call else self.pick('k', 'n', 'i4')}"
        operator = self.pick("=", "<>") if ".t" in call else self.pick(*OPERATORS)
        subquery = f"(SELECT {call} FROM {table} {inner}{self.block_where(link if self.maybe(0.6) else None, test, more)})"
        sides = [left, subquery]
        self.chance.shuffle(sides)
        condition = f"{sides[0]} {operator} {sides[1]}"
        return self.pick(condition, condition, condition, f"({condition} OR {outer}.k = 1)", f"NOT ({condition})")

    def block_free(self, *columns):
        """A condition with a subquery that is not correlated."""
        inner = self.name("s")
        text = f"FROM {self.pick(*TABLES)} {inner}{self.block_where(self.block_test(inner) if self.maybe(0.7) else None)}"
        return self.pick(f"{self.pick(*columns)} {self.pick('IN', 'NOT IN')} (SELECT {inner}.{self.pick('k', 'k', 'id', 'i2')} {text})", f"{self.pick('', 'NOT ')}EXISTS (SELECT 1 {text})",
                         f"{self.pick(*columns)} {self.pick(*OPERATORS)} (SELECT {self.pick('min', 'max', 'count', 'sum')}({inner}.k) {text})")

    def block_having(self, keys, number, columns):
        """HAVING, mostly with a subquery."""
        link = f" WHERE h.{keys[0].split('.')[1]} = {keys[0]}" if keys and keys[0] in ("x.k", "x.d", "x.t") else ""
        tests = [f"count(*) > {self.pick('0', '1')}", f"sum({self.pick(*columns['integer'])}) > (SELECT min(h.k) FROM small h)", f"max({number}) * 2 > (SELECT max(h.n) FROM dims h)",
                 f"count(*) {self.pick(*OPERATORS)} (SELECT {self.pick('max', 'min', 'sum')}(h.k) FROM {self.pick(*TABLES)} h{link})", self.block_free("count(*)", f"max({self.pick(*columns['integer'])})")]
        test = self.pick(*tests)
        return " HAVING " + self.pick(test, test, f"{test} AND {self.pick(*tests)}", f"({test} OR {self.pick(*tests)})")

    def block_value(self, outer):
        """A scalar subquery that is a column."""
        inner = self.name("s")
        call = self.pick(f"{self.pick('min', 'max', 'sum')}({inner}.k)", f"{self.pick('min', 'max', 'sum')}({inner}.n)", f"max({inner}.t)", f"min({inner}.d)",
                         f"sum({inner}.i8)", f"count({inner}.k)", f"avg({inner}.n)", f"2 * sum({inner}.n)")
        where = self.block_where(self.block_link(inner, outer), self.block_test(inner) if self.maybe(0.4) else None)
        return f"(SELECT {call} FROM {self.pick(*TABLES)} {inner}{where})"

    def block_table(self, depth):
        """(text, columns by kind) of an item of FROM."""
        table = self.pick(*TABLES)
        if depth == 0 or self.maybe(0.4):
            return table, {**LIKE, "boolean": ("b",), "float": ("f",)}
        inner = self.name("q")
        condition = self.block_condition(inner, depth - 1) if self.maybe(0.4) else None
        where = self.block_where(self.block_test(inner) if self.maybe(0.5) else None, condition)
        kind = self.chance.randint(0, 4)
        if kind == 0:
            return f"(SELECT {inner}.*, {inner}.k + 1 AS kk FROM {table} {inner}{where})", {**LIKE, "integer": ("k", "kk"), "boolean": ("b",), "float": ("f",)}
        if kind == 1:
            keys = self.pick("k", "t", "d", "n")
            text = (f"(SELECT {inner}.{keys} AS g, count(*) AS c, sum({inner}.k) AS s, sum({inner}.n) AS sn, max({inner}.ts) AS mt, min({inner}.t) AS mx, avg({inner}.{self.pick('k', 'n', 'i8')}) AS av, var_pop({inner}.k) AS va FROM {table} {inner}"
                    f"{where} GROUP BY {inner}.{keys}{self.pick('', f' HAVING count(*) > 1', f' HAVING sum({inner}.k) > 2')})")
            kind = {"k": "integer", "t": "text", "d": "date", "n": "numeric"}[keys]
            columns = {"integer": ("c", "s"), "numeric": ("sn",), "timestamp": ("mt",), "text": ("mx",)}
            columns[kind] = columns.get(kind, ()) + ("g",)
            # what is no key and not computed with
            columns["float"] = ("av", "va")
            if self.maybe(0.2):
                columns["numeric"] += ("av",)
            return text, columns
        if kind == 2:
            return f"(SELECT DISTINCT {inner}.k, {inner}.t, {inner}.d FROM {table} {inner}{where})", {"integer": ("k",), "text": ("t",), "date": ("d",)}
        if kind == 3:
            other, more = self.name("q"), self.name("q")
            word = self.pick("UNION", "UNION ALL", "UNION ALL", "EXCEPT", "INTERSECT", "EXCEPT ALL")
            third = f" {self.pick('UNION', 'UNION ALL', 'EXCEPT', 'INTERSECT')} SELECT {more}.k, {more}.d, 2 AS o FROM {self.pick(*TABLES)} {more}" if self.maybe(0.3) else ""
            return (f"(SELECT {inner}.k, {inner}.d, 1 AS o FROM {table} {inner}{where} {word} SELECT {other}.{self.pick('k', 'id')}, {other}.d, {other}.k FROM {self.pick(*TABLES)} {other}{third})",
                    {"integer": ("k", "o"), "date": ("d",)})
        rest = f" ORDER BY {inner}.id LIMIT {self.pick('2', '5')}"
        return f"(SELECT {inner}.id, {inner}.k, {inner}.n, {inner}.t FROM {table} {inner}{where}{rest})", {"integer": ("id", "k"), "numeric": ("n",), "text": ("t",)}

    def block_items(self, columns):
        """The tables of FROM, and their columns."""
        text, has = self.block_table(1)
        source = f"{text} x"
        columns.update({kind: [f"x.{name}" for name in names] for kind, names in has.items()})
        if self.maybe(0.5):
            text, has = self.block_table(1)
            if text.startswith("(") and self.maybe(0.2):
                text = "LATERAL " + text
            joined = self.pick("JOIN", "JOIN", "LEFT JOIN", "RIGHT JOIN")
            kind = self.pick(*[kind for kind in ("integer", "date", "text", "numeric") if kind in has and kind in columns] or ("integer",))
            source += f" {joined} {text} y ON {self.pick(*columns[kind])} = y.{self.pick(*has[kind])}"
            if not source.startswith("(") and self.maybe(0.25):
                source += f" AND {self.block_condition('x', 0)}"
            for kind, names in has.items():
                columns.setdefault(kind, []).extend(f"y.{name}" for name in names)
        return source

    def block_select(self, with_order=True):
        columns = {}
        source = self.block_items(columns)
        conditions = []
        if " x" in source and self.maybe(0.75) and not source.startswith("("):
            conditions.append(self.block_condition("x", 1))
            if self.maybe(0.3):
                conditions.append(self.block_condition("x", 1))
        if self.maybe(0.4):
            conditions.append(f"{self.pick(*columns['integer'])} {self.pick(*OPERATORS)} {self.constant('integer')}")
        if conditions and self.maybe(0.25):
            more = self.pick(f"{self.pick(*columns['integer'])} {self.pick(*OPERATORS)} {self.constant('integer')}", self.block_free(*columns["integer"]), self.block_free(*columns["integer"]))
            conditions[0] = self.pick(f"({conditions[0]} OR {more})", f"({more} OR {conditions[0]} AND {self.block_free(*columns['integer'])})", f"NOT ({conditions[0]} AND {more})")
        where = self.block_where(*conditions)
        every = [name for kind, names in columns.items() if kind != "float" for name in names]
        keys = [self.pick(*every) for _ in range(self.pick(1, 1, 2))]
        kind = self.chance.randint(0, 3)
        if kind == 0:
            picked = [self.pick(*[name for names in columns.values() for name in names]) for _ in range(self.pick(1, 2, 3))]
            listed = ", ".join(f"{name} AS v{i}" for i, name in enumerate(picked)) + f", {self.pick(*columns['integer'])} % 7 AS w"
            if not source.startswith("(") and self.maybe(0.4):
                listed += f", {self.block_value('x')} AS z"
            return f"SELECT {listed} FROM {source}{where}"
        if kind == 1 and self.maybe(0.3):
            return f"SELECT DISTINCT count(*) AS v0, {keys[0]} IS NULL AS v1 FROM {source}{where} GROUP BY {', '.join(keys)}"
        if kind == 1:
            return f"SELECT DISTINCT {', '.join(f'{name} AS v{i}' for i, name in enumerate(keys))} FROM {source}{where}"
        number = self.pick(*columns.get("numeric", columns["integer"]))
        calls = [self.pick("count(*)", f"sum({self.pick(*columns['integer'])})", f"avg({number})", f"sum({number})", f"max({number}) + 1", f"count(DISTINCT {self.pick(*every)})",
                           f"sum(CASE WHEN {self.pick(*columns['integer'])} > 2 THEN {number} ELSE 0 END)", f"100.00 * sum(CASE WHEN {self.pick(*columns['integer'])} > 1 THEN {number} ELSE 0 END) / count(*)",
                           f"sum(CASE WHEN {self.pick(*columns['integer'])} > 2 THEN {number} WHEN {self.pick(*columns['integer'])} = 1 THEN 0.5 END)"
                           f"{self.pick('', ' FILTER (WHERE ' + self.pick(*columns['integer']) + ' > 0)')}") for _ in range(2)]
        having = self.block_having(keys if kind != 2 else [], number, columns) if self.maybe(0.5) else ""
        listed = ", ".join(f"{call} AS a{i}" for i, call in enumerate(calls))
        if kind == 2:
            return f"SELECT {listed} FROM {source}{where}{having}"
        grouped = ", ".join(f"{name} AS g{i}" for i, name in enumerate(keys))
        if keys[0] == "x.k" and not source.startswith("(") and self.maybe(0.3):
            listed += f", (SELECT {self.pick('max', 'min', 'sum')}(h.{self.pick('k', 'n', 'i8')}) FROM {self.pick(*TABLES)} h WHERE h.k = x.k) AS z"
        text = f"SELECT {grouped}, {listed} FROM {source}{where} GROUP BY {', '.join(keys)}{having}"
        if with_order and self.maybe(0.3):
            text += self.first_rows([f"g{i}" for i in range(len(keys))])
        return text

    def block(self):
        """A whole query; one of three has WITH or a set operation at the top level."""
        kind = self.chance.randint(0, 8)
        if kind == 0:
            inner = self.block_select(False)
            first = "v0" if " AS v0" in inner else "a0"
            return self.pick(f"WITH w AS {self.pick('', 'MATERIALIZED ')}({inner}) SELECT * FROM w", f"WITH w AS ({inner}) SELECT count(*) FROM w v JOIN w ON v.{first} = w.{first}",
                             f"WITH w AS ({inner}), z AS (SELECT count({first}) AS n FROM w) SELECT z.n, w.{first} FROM w, z", f"WITH w AS ({inner}) SELECT w.{first} FROM w WHERE w.{first} = (SELECT max({first}) FROM w)"
                             if not {"x.b", "y.b"} & set(inner.replace(",", " ").split()) else f"WITH w AS ({inner}) TABLE w")
        if kind == 1:
            sides = []
            for _ in range(self.pick(2, 2, 3)):
                alias = self.name("e")
                condition = self.block_condition(alias, 0) if self.maybe(0.4) else None
                sides.append(f"SELECT {alias}.{self.pick('k', 'id', 'k')} AS g0, {alias}.d, count(*) AS c FROM {self.pick(*TABLES)} {alias}{self.block_where(condition)} GROUP BY 1, 2"
                             if self.maybe(0.3) else f"SELECT {alias}.k AS g0, {alias}.d, {alias}.i8 FROM {self.pick(*TABLES)} {alias}{self.block_where(condition)}")
            text = sides[0]
            for side in sides[1:]:
                text = f"{text} {self.pick('UNION', 'UNION ALL', 'INTERSECT', 'EXCEPT', 'UNION ALL', 'EXCEPT ALL')} {side}"
            return text
        return self.block_select()

    def mixed_test(self, columns):
        """A condition on a column of a subquery."""
        kind = self.pick(*[kind for kind in ("integer", "numeric", "text", "date") if kind in columns])
        name = self.pick(*columns[kind])
        operator = self.pick("=", "<>") if kind == "text" else self.pick(*OPERATORS)
        return self.pick(f"{name} {operator} {self.constant(kind)}", f"{name} {operator} {self.constant(kind)}", f"{name} IS {self.pick('', 'NOT ')}NULL")

    def mixed(self):
        """A query over a local table with subqueries over foreign ones."""
        kind = self.chance.randint(0, 9)
        if kind <= 2:
            text, has = self.block_table(1)
            columns = {of: [f"x.{name}" for name in names] for of, names in has.items()}
            of = self.pick(*[of for of in ("integer", "date", "text", "numeric") if of in has])
            joined = self.pick("JOIN", "JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN")
            on = f"z.{self.pick(*LIKE[of])} = {self.pick(*columns[of])}"
            if joined != "FULL JOIN" and self.maybe(0.4):
                on += f" AND {self.mixed_test(columns)}"
            tests = [self.mixed_test(columns) for _ in range(self.pick(0, 1, 2))] + ([self.block_test("z")] if self.maybe(0.3) else [])
            picked = ", ".join(f"{self.pick(*[name for names in columns.values() for name in names])} AS v{i}" for i in range(self.pick(1, 2)))
            picked = self.pick(picked, picked, "x", "count(*) AS v0")
            return f"SELECT {picked}{'' if 'count' in picked else ', z.id'} FROM near_only z {joined} {text} x ON {on}{self.block_where(*tests)}"
        if kind == 3:
            inner = self.block_select(False)
            first = "v0" if " AS v0" in inner else "a0"
            more = self.pick("", "", f" WHERE (SELECT count(*) FROM w) > {self.pick('0', '3')}")
            return f"WITH w AS ({inner}) SELECT z.id, w.{first} FROM near_only z CROSS JOIN w{more}"
        if kind <= 6:
            where = self.block_where(self.mixed_where(), self.mixed_where() if self.maybe(0.3) else None)
            return f"SELECT z.id, z.k FROM near_only z{where}"
        if kind == 7:
            alias = self.name("e")
            condition = self.block_condition(alias, 1)
            arms = [f"SELECT {alias}.k AS g0, {alias}.d FROM {self.pick(*TABLES)} {alias}{self.block_where(condition)}", "SELECT z.k, z.d FROM near_only z"]
            self.chance.shuffle(arms)
            return f"{arms[0]} {self.pick('UNION', 'UNION ALL', 'EXCEPT', 'INTERSECT', 'EXCEPT ALL')} {arms[1]}"
        if kind == 8:
            return f"SELECT z.id, ({self.mixed_scalar()}) AS v FROM near_only z"
        text, has = self.block_table(1)
        of = self.pick(*has["integer"])
        return self.pick(f"SELECT x.{of}, rank() OVER (ORDER BY x.{of}) AS r FROM {text} x", f"SELECT x.{of}, count(*) AS c FROM {text} x GROUP BY ROLLUP (x.{of})")

    def mixed_scalar(self):
        alias = self.name("e")
        return f"SELECT {self.pick('max', 'min', 'sum', 'count', 'avg')}({alias}.k) FROM {self.pick(*TABLES)} {alias}{self.block_where(self.block_condition(alias, 1))}"

    def mixed_where(self):
        alias = self.name("e")
        inner = f"SELECT {alias}.k FROM {self.pick(*TABLES)} {alias}{self.block_where(self.block_condition(alias, 1))}"
        inner += self.pick("", "", f" GROUP BY {alias}.k HAVING count(*) > 1", f" {self.pick('UNION', 'EXCEPT', 'INTERSECT')} SELECT o.id FROM {self.pick(*TABLES)} o")
        return self.pick(f"z.k {self.pick('IN', 'NOT IN')} ({inner})", f"{self.pick('', 'NOT ')}EXISTS ({inner})", f"z.k {self.pick(*OPERATORS)} ({self.mixed_scalar()})",
                         f"(z.id = 3 OR z.k IN ({inner}))")
