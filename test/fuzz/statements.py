#!/usr/bin/python3
"""Checks that Redshift's parsers accept rsfed's rewriting of random queries.

    test/fuzz/statements.py PROGRAM COUNT [SEED]

PROGRAM is rewrite.c.  A query that sqlglot or sqlfluff accepts must be accepted
by the same parser with its range filled in, with an order appended and with a
part around it; and sqlglot's tree must be the same except for these changes.
sqlfluff is slow: it parses one short query of twenty, and those that sqlglot
refuses.  Prints each violation, and then ends with 1.
"""

import random
import subprocess
import sys

import sqlfluff
import sqlglot
from sqlglot import exp

FROM, TO = "date '2024-01-31'", "NULL"
ORDER = "ORDER BY 2 DESC NULLS FIRST, 1 NULLS LAST"
FLUFFED = 20
LONGEST = 500                   # its time grows with the square of the length

COLUMNS = ["sellerid", "qtysold", "pricepaid", "saletime", '"Event Name"', '"limit"', "s.dateid"]
TABLES = ["sales s", "tickit.sales AS s", "event e JOIN sales s ON s.eventid = e.eventid",
          "sales s LEFT JOIN users u USING (userid)", "sales s, event"]
AGGREGATES = ["count(*)", "sum({})", "avg({}::decimal(38,4))", "min({})", "max({})", "count(DISTINCT {})",
              "listagg({}, ',') WITHIN GROUP (ORDER BY {})"]
STRINGS = ["'a'", "'it''s'", "'-- no comment'", "'/* nor this'", "'; order by 1'", "'{{from'", "''", "'äß'"]
BLANKS = [" "] * 8 + ["\n", "\t"]
COMMENTS = BLANKS + [" /* a ; ' comment */ ", " -- to the end; limit 1\n"]
# sqlglot reads two words as one, so there may be no comment between them
PAIRS = ("WITHIN", "GROUP", "ORDER", "PARTITION", "UNION", "LEFT", "IS", "NOT", "DISTINCT")


class Generator:
    """Random queries of the constructs that the lexer and the outline check."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def pick(self, choices):
        return self.random.choice(choices)

    def chance(self, share):
        return self.random.random() < share

    def column(self):
        return self.pick(COLUMNS)

    def expression(self, depth=0):
        column, dice = self.column(), self.random.randint(0, 12 if depth < 2 else 4)
        if dice <= 1:
            return column
        if dice == 2:
            return self.pick(STRINGS)
        if dice == 3:
            return str(self.pick([0, 1, 42, "1.5", "2e3", "(-7)"]))
        if dice == 4:
            return f"{column}::{self.pick(['varchar(20)', 'date', 'bigint', 'decimal(10,2)'])}"
        inner = self.expression(depth + 1)
        return self.pick([
            f"{inner} + {column}", f"({inner})", f"CASE WHEN {column} > 1 THEN {inner} ELSE {column} END",
            f"coalesce({inner}, {column})", f"CAST({inner} AS varchar(30))", f"{inner} || {column}",
            f"date_trunc('month', {inner})", f"extract(year from {column})",
            f"row_number() OVER (PARTITION BY {column} ORDER BY {inner})",
            f"(SELECT max(x) FROM t ORDER BY 1 LIMIT 1)", f"{inner} -{column}", f"{inner}/{column}"])

    def aggregate(self):
        return self.pick(AGGREGATES).replace("{}", self.column())

    def alias(self):
        if self.chance(0.4):
            return ""
        return self.pick([" AS ", " "]) + self.pick(["a1", '"A b"', "n", "total_x", '"order"', "monat"])

    def condition(self):
        column = self.column()
        return self.pick([
            f"{column} > 1", f"{column} IN (1, 2)", f"{column} IS NOT NULL", f"{column} LIKE 'a%'",
            f"{column} BETWEEN 1 AND 2", f"EXISTS (SELECT 1 FROM t WHERE x = {column})",
            f"saletime >= <from> AND saletime < <to>", f"saletime>=<from>AND saletime<<to>",
            f"(saletime BETWEEN <from>AND <to>)", f"saletime>=<from>AND saletime<<to>AND qtysold > 1",
            f"NOT {column} = {self.pick(STRINGS)}"])

    def select(self, depth=0):
        groups = self.random.randint(0, 3)
        keys = [self.expression() for _ in range(groups)]
        items = [key + self.alias() for key in keys]
        items += [(self.aggregate() if groups or self.chance(0.3) else self.expression()) + self.alias()
                  for _ in range(self.random.randint(1, 3))]
        source = self.pick(TABLES)
        if depth < 2 and self.chance(0.2):
            source = f"({self.query(depth + 1)}) AS s"
        text = f"SELECT {self.pick(['', '', '', 'DISTINCT '])}{', '.join(items)} FROM {source}"
        if self.chance(0.6):
            text += f" WHERE {' AND '.join(self.condition() for _ in range(self.random.randint(1, 2)))}"
        if groups:
            by = [str(i + 1) if self.chance(0.5) else key for i, key in enumerate(keys)]
            text += f" GROUP BY {', '.join(by)}"
            if self.chance(0.3):
                text += f" HAVING {self.aggregate()} > 1"
        return text

    def query(self, depth=0):
        text = self.select(depth)
        if self.chance(0.15):
            text += self.pick([" UNION ALL ", " UNION ", " EXCEPT ", " INTERSECT "]) + self.select(depth)
        if self.chance(0.15):
            text += " ORDER BY 1"
        if self.chance(0.1):
            text += " LIMIT 10"
        if depth == 0 and self.chance(0.2):
            text = f"WITH w AS ({self.query(1)}), v (x, y) AS (SELECT 1, 2) {text}"
        return text

    def statement(self):
        """The same query with placeholders, and with their values."""
        words = self.query().split(" ")
        text = "".join(word + self.between(words, i) for i, word in enumerate(words)).rstrip()
        text = self.pick(["", "", "\n", "-- a query\n", "/* one */ "]) + text
        text += self.pick(["", "", ";", " ; ", " -- the end", "\n/* end */", ";;\n-- ;"])
        return (text.replace("<from>", "{from}").replace("<to>", "{to}"),
                text.replace("<from>", f" {FROM} ").replace("<to>", f" {TO} "))

    def between(self, words, i):
        """The separator after a word: a blank inside a string or a name."""
        before = " ".join(words[:i + 1])
        if before.count("'") % 2 != 0 or before.count('"') % 2 != 0:
            return " "
        return self.pick(BLANKS if words[i].strip("()").endswith(PAIRS) else COMMENTS)


def tree_of(text):
    try:
        trees = [tree for tree in sqlglot.parse(text, read="redshift",
                                                error_level=sqlglot.ErrorLevel.RAISE) if tree is not None]
    except Exception:  # its tokenizer raises any exception
        return None
    return trees[0] if len(trees) == 1 else None


def is_fluffy(text):
    try:
        sqlfluff.parse(text, dialect="redshift")
    except sqlfluff.api.simple.APIParsingError:
        return False
    return True


def without_order(tree):
    """The tree without the order that was appended; None if there is no order.

    sqlglot puts the order of a set operation on the operation or on its last
    part, and parses a set operation after GROUP BY (SELECT ...) as part of that
    subquery.
    """
    node = tree = tree.copy()
    while node.args.get("order") is None:
        group = node.args.get("group")
        if isinstance(node, exp.Union):
            node = node.expression
        elif group is not None and group.expressions and isinstance(group.expressions[-1], exp.Union):
            node = group.expressions[-1]
        else:
            return None
    if node.args["order"].sql() != tree_of(f"SELECT 1 {ORDER}").args["order"].sql():
        return None
    node.set("order", None)
    return tree


def inner_query(tree):
    """The query inside the part."""
    subquery = tree.args["from"].expressions[0]
    alias = subquery.args["alias"]
    if alias.name != "rsfed_part" or [c.name for c in alias.args["columns"]] != ["a", "B x"]:
        return None
    return subquery.this


def problems(base, filled, ordered, wrapped, fluffed):
    """Yields the errors in the rewritten forms of a query."""
    # neither lexer supports a doubled quote in a quoted name
    wrapped = wrapped.replace('"B ""c"""', '"B x"')
    tree = tree_of(base)
    if tree is not None:
        if tree_of(filled) != tree:
            yield "sqlglot: the range changes the query", filled
        if ordered and (tree_of(ordered) is None or without_order(tree_of(ordered)) != tree):
            yield "sqlglot: the order changes the query", ordered
        whole = tree_of(wrapped)
        if whole is None or inner_query(whole) != tree:
            yield "sqlglot: the part changes the query", wrapped
    if (fluffed or tree is None) and len(wrapped) < LONGEST and is_fluffy(base):
        for text in filter(None, (filled, ordered, wrapped)):
            if not is_fluffy(text):
                yield "sqlfluff refuses", text


def main():
    program, count = sys.argv[1], int(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(1 << 30)
    generator = Generator(seed)
    pairs = [generator.statement() for _ in range(count)]
    run = subprocess.run([program], input="".join(f"{text}\0" for text, _ in pairs).encode(),
                         stdout=subprocess.PIPE, check=True)
    made = run.stdout.decode().split("\0")[:-1]
    assert len(made) == 3 * count, f"{len(made)} texts for {count} queries"
    found = parsed = with_order = 0
    for i, (text, base) in enumerate(pairs):
        filled, ordered, wrapped = made[3 * i:3 * i + 3]
        parsed += tree_of(base) is not None
        with_order += ordered != ""
        for what, changed in problems(base, filled, ordered, wrapped, i % FLUFFED == 0):
            found += 1
            print(f"{what}\n--- the query\n{text}\n--- what was made of it\n{changed}\n")
    # if most queries are not parsed, the check is useless
    if parsed < count * 0.7 or with_order < count * 0.2:
        found += 1
        print("too few queries were read, or ordered")
    print(f"{count} queries from seed {seed}, {parsed} read by sqlglot, {with_order} ordered, {found} wrong")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
