"""Rewrites constructs that PostgreSQL 15 does not have to equivalents.

expand() rewrites a text, one construct after the other, until none is left:
subqueries without an alias, CONVERT, COLLATE(), GROUP BY ALL, QUALIFY, EXCLUDE,
PIVOT, UNPIVOT, PERCENTILE_CONT and names that only PostgreSQL reserves.
Statements that Redshift refuses have been refused before, on the client's own
text.  Moved text loses its exact position: the position of an error in it is the
start of its construct.
"""

import re

import supervalues
from edits import Edits
from refuse import SYNTAX_ERROR, UNSUPPORTED, Refusal, Statement, is_plain_name, syntax_error
from tokenizer import NUMBER, OPERATOR, PARAM, QUOTED, STRING, WORD, split_statements, tokenize

# Only texts with one of these are rewritten repeatedly.
_TRIGGERS = re.compile(
    r"\(\s*(/\*|--|select\b|with\b)|\b(convert|decode|collate|connect\s+by|group\s+by\s+all|qualify|exclude|pivot|unpivot|"
    r"percentile_cont|percentile_disc|window|symmetric|asymmetric|returning|variadic|lateral|tablesample|collation|"
    r"concurrently|fetch)\b|#[a-z_]|\[|\w\.\w+\.\w|,\s*\w+\.", re.I | re.S)
SETOPS = frozenset(["union", "intersect", "except", "minus"])
CLAUSES = frozenset(["from", "where", "group", "having", "qualify", "order", "limit", "offset", "start", "connect", "into"])
JOINS = frozenset(["join", "left", "right", "full", "inner", "cross", "natural", "on", "using"])
_AGGREGATES = frozenset(
    """any_value avg bit_and bit_or bool_and bool_or count hll hll_combine hll_create_sketch listagg max median min
    percentile_cont percentile_disc stddev stddev_pop stddev_samp sum var_pop var_samp variance""".split()
)
_BEFORE_TABLES = frozenset("select from where and or not on by join into table using having when then else case in between "
                           "like as distinct exists update truncate drop only".split())


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def folded(token):
    """The name that a token denotes, with ASCII letters in lower case."""
    name = token.text[1:-1].replace('""', '"') if token.kind == QUOTED else token.text
    return re.sub("[A-Z]+", lambda match: match.group().lower(), name)


def not_here(token, what):
    """The error for a feature of Redshift that the stand-in does not have."""
    return Refusal(UNSUPPORTED, f"the stand-in cannot do this: {what}", token.start + 1)


class Block:
    """One SELECT of a statement: its select list and its clauses.

    first and end are the indexes of its tokens; starts has the index of the first
    word of each clause; items are (first, end) ranges without EXCLUDE.
    """

    def __init__(self, statement, first):
        self.statement = statement
        self.first = first
        self.parent = statement.parents[first]
        close = statement.pairs.get(self.parent, len(statement.tokens)) if self.parent >= 0 else len(statement.tokens)
        self.starts = {}
        self.exclude = None
        self.end = close
        for index in range(first + 1, close):
            if statement.parents[index] != self.parent or not self._is_key_word(index):
                continue
            word = statement.word(index)
            if word in SETOPS:
                self.end = index
                break
            if word in CLAUSES and word not in self.starts:
                if word in ("group", "order", "connect") and statement.word(index + 1) != "by":
                    continue
                if word == "start" and statement.word(index + 1) != "with":
                    continue
                self.starts[word] = index
        self.list_end = min([self.end, *self.starts.values()])
        self.list_first = first + 1
        while statement.word(self.list_first) in ("all", "distinct"):
            self.list_first += 1
        if statement.word(self.list_first) == "top" and statement.tokens[self.list_first + 1].kind == NUMBER:
            self.list_first += 2
        self.items = self._items()

    def _is_key_word(self, index):
        statement = self.statement
        return statement.text(index - 1) != "." and statement.text(index + 1) != "." and \
            statement.word(index - 1) != "as" and \
            not (statement.word(index) == "group" and statement.word(index - 1) == "within")

    def _items(self):
        items, start = [], self.list_first
        for index in range(self.list_first, self.list_end):
            if self.statement.parents[index] != self.parent:
                continue
            if self.statement.word(index) == "exclude" and index > start and \
                    self.statement.text(index - 1) != "." and \
                    (self.statement.text(index + 1) == "(" or self.statement.tokens[index + 1].kind in (WORD, QUOTED)) and \
                    index + 1 < self.list_end:
                self.exclude = index
                items.append((start, index))
                return items
            if self.statement.text(index) == ",":
                items.append((start, index))
                start = index + 1
        items.append((start, self.list_end))
        return items

    def clause(self, word):
        """The range of the tokens after the words of a clause, or None."""
        if word not in self.starts:
            return None
        start = self.starts[word]
        ends = [index for index in self.starts.values() if index > start]
        return start + (2 if word in ("group", "order") else 1), min([self.end, *ends])

    def source(self, first, end):
        tokens = self.statement.tokens
        return self.statement.source[tokens[first].start:tokens[end - 1].end] if end > first else ""

    def is_star(self, item):
        return self.statement.text(item[1] - 1) == "*" and (
            item[1] - item[0] == 1 or self.statement.text(item[1] - 2) == ".")

    def alias(self, item):
        """(end of the expression, name) of an item, with the name that the server
        would choose."""
        statement, (first, end) = self.statement, item
        last = statement.tokens[end - 1]
        if last.kind in (WORD, QUOTED) and end - first > 1:
            before = statement.tokens[end - 2]
            if before.word == "as":
                return end - 2, folded(last)
            if before.text in (")", "]") or before.kind in (QUOTED, STRING, NUMBER, PARAM) or (
                    before.kind == WORD and before.word not in ("and", "or", "not", "is", "then", "else", "when")
                    and last.word not in ("end", "null", "true", "false")):
                if statement.text(end - 3) != "::":
                    return end - 1, folded(last)
        if last.kind in (WORD, QUOTED) and (end - first == 1 or statement.text(end - 2) == "."):
            return end, folded(last)
        if statement.text(first + 1) == "(" and statement.pairs.get(first + 1) == end - 1:
            return end, folded(statement.tokens[first])
        return end, "case" if last.word == "end" else "?column?"

    def has_aggregate(self, item):
        statement, index = self.statement, item[0]
        while index < item[1]:
            if statement.text(index) == "(" and statement.word(index + 1) in ("select", "with"):
                index = statement.pairs[index]
            elif statement.word(index) in _AGGREGATES and statement.text(index + 1) == "(":
                close = statement.pairs[index + 1]
                if statement.word(close + 1) == "within":
                    close = statement.pairs[close + 3]
                if statement.word(close + 1) != "over":
                    return True
            index += 1
        return False


def blocks(statement):
    """The SELECTs of a statement, innermost first."""
    indexes = [index for index, token in enumerate(statement.tokens)
               if token.word == "select" and statement.text(index - 1) != "." and statement.word(index - 1) != "as"]
    return [Block(statement, index) for index in reversed(indexes)]


def from_items(statement, block):
    """Ranges of the items of FROM between commas and joins, without ON and USING."""
    found = block.clause("from")
    return _items_between(statement, *found, block.parent) if found else []


def _items_between(statement, first, end, parent):
    items, start = [], first
    for index in range(first, end + 1):
        if index < end and statement.parents[index] != parent:
            continue
        joins = index < end and statement.word(index) in JOINS and \
            not (statement.word(index) in ("left", "right") and statement.text(index + 1) == "(")
        if index == end or statement.text(index) == "," or joins:
            if start is not None and index > start and statement.word(start) != "outer":
                items.append((start, index))
            start = index + 1
            if joins and statement.word(index) in ("on", "using"):
                start = None
    for opener, close in [item for item in items if statement.text(item[0]) == "("]:
        if not _is_subquery(statement, opener):
            items += _items_between(statement, opener + 1, statement.pairs[opener], opener)
    return items


def relation_names(statement, item):
    """(alias or None, name) of one item of FROM."""
    first, end = item
    index = first
    if statement.text(index) == "(":
        index = statement.pairs[index] + 1
        name = None
    else:
        index += 1
        while statement.text(index) == "." and index + 1 < end:
            index += 2
        name = folded(statement.tokens[index - 1])
    if index < end and statement.word(index) == "as":
        index += 1
    if index < end and statement.tokens[index].kind in (WORD, QUOTED):
        return folded(statement.tokens[index]), name
    return None, name


# -- one rewriter for each construct: it changes the first occurrence ----------


def _is_subquery(statement, opener):
    """Do the parentheses at opener contain a query, rather than a join?"""
    index = opener
    while statement.text(index) == "(":
        index += 1
    close = statement.pairs.get(opener)
    return index > opener and close is not None and statement.word(index) in ("select", "with") and not any(
        statement.word(at) in JOINS and statement.parents[at] == opener for at in range(opener, close)
        if statement.text(opener + 1) == "(")


def _name_subquery(statement, edits, number):
    """A subquery of FROM needs no alias in Redshift."""
    for block in blocks(statement):
        for first, end in from_items(statement, block):
            if not _is_subquery(statement, first):
                continue
            close = statement.pairs[first]
            if close == end - 1:
                edits.insert(statement.tokens[close].end, f" AS standin_{number}")
                return True
    return False


def _convert(statement, edits, number):
    """CONVERT(type, x) -> CAST(x AS type)"""
    for index, token in enumerate(statement.tokens):
        if token.word != "convert" or statement.text(index + 1) != "(" or statement.text(index - 1) == ".":
            continue
        close = statement.pairs[index + 1]
        commas = [at for at in range(index + 2, close)
                  if statement.text(at) == "," and statement.parents[at] == index + 1]
        if len(commas) != 1:
            raise syntax_error(statement.tokens[close])
        source = statement.source
        kind = source[statement.tokens[index + 2].start:statement.tokens[commas[0] - 1].end]
        value = source[statement.tokens[commas[0] + 1].start:statement.tokens[close - 1].end]
        kind = "timestamp" if kind.lower() == "datetime" else kind
        edits.replace(token.start, statement.tokens[close].end, f"CAST({value} AS {kind})")
        return True
    return False


def _decode(statement, edits, number):
    """DECODE(x, s, r, ..., d) -> CASE; NULL equals NULL in Redshift"""
    for index, token in enumerate(statement.tokens):
        if token.word != "decode" or statement.text(index + 1) != "(" or statement.text(index - 1) == ".":
            continue
        close = statement.pairs[index + 1]
        at = [index + 1] + [comma for comma in range(index + 2, close)
                            if statement.text(comma) == "," and statement.parents[comma] == index + 1] + [close]
        values = [statement.source[statement.tokens[first + 1].start:statement.tokens[last - 1].end]
                  for first, last in zip(at, at[1:])]
        if len(values) < 3:
            raise syntax_error(statement.tokens[close])
        value, *pairs = values
        default = pairs.pop() if len(pairs) % 2 else "NULL"
        tests = " ".join(f"WHEN ({value}) = ({search}) OR (({value}) IS NULL AND ({search}) IS NULL) THEN {result}"
                         for search, result in zip(pairs[::2], pairs[1::2]))
        edits.replace(token.start, statement.tokens[close].end, f"CASE {tests} ELSE {default} END")
        return True
    return False


def _collate(statement, edits, number):
    """COLLATE(x, 'case_insensitive') -> ((x) COLLATE ...)"""
    for index, token in enumerate(statement.tokens):
        if token.word != "collate" or statement.text(index + 1) != "(":
            continue
        close = statement.pairs[index + 1]
        name = statement.text(close - 1).strip("'").lower()
        if name not in ("case_insensitive", "case_sensitive") or statement.text(close - 2) != ",":
            raise Refusal("22023", "COLLATE takes 'case_sensitive' or 'case_insensitive'",
                          statement.tokens[close - 1].start + 1)
        value = statement.source[statement.tokens[index + 2].start:statement.tokens[close - 3].end]
        edits.replace(token.start, statement.tokens[close].end, f"(({value}) COLLATE standin.{name})")
        return True
    return False


def _percentile(statement, edits, number):
    """PERCENTILE_CONT(p) WITHIN GROUP (ORDER BY x DESC) -> percentile_cont((x), p, true)"""
    for index, token in enumerate(statement.tokens):
        if token.word not in ("percentile_cont", "percentile_disc") or statement.text(index + 1) != "(":
            continue
        close = statement.pairs[index + 1]
        if statement.word(close + 1) != "within":
            if any(statement.text(at) == "," and statement.parents[at] == index + 1 for at in range(index + 2, close)) \
                    and statement.text(close - 1) in ("true", "false"):
                continue  # written by the proxy
            raise syntax_error(statement.tokens[close])
        opener = close + 3
        last = statement.pairs[opener]
        end = last - 1 if statement.word(last - 1) in ("asc", "desc") else last
        value = statement.source[statement.tokens[opener + 3].start:statement.tokens[end - 1].end]
        part = statement.source[statement.tokens[index + 2].start:statement.tokens[close - 1].end]
        down = "true" if statement.word(last - 1) == "desc" else "false"
        edits.replace(token.start, statement.tokens[last].end, f"{token.word}(({value}), {part}, {down})")
        return True
    return False


def _group_by_all(statement, edits, number):
    """GROUP BY ALL -> GROUP BY the numbers of the items without an aggregate"""
    for block in blocks(statement):
        found = block.clause("group")
        if found is None or found[1] - found[0] != 1 or statement.word(found[0]) != "all":
            continue
        if block.exclude is not None or any(block.is_star(item) for item in block.items):
            raise not_here(statement.tokens[found[0]], "GROUP BY ALL with a star")
        groups = [str(at + 1) for at, item in enumerate(block.items) if not block.has_aggregate(item)]
        if groups:
            edits.swap(statement.tokens[found[0]], ", ".join(groups))
        else:
            edits.drop(statement.tokens[found[0] - 2], statement.tokens[found[0]])
        return True
    return False


def _exclude(statement, edits, number):
    """SELECT * EXCLUDE a, b -> SELECT *, standin.exclude('a b'); the module drops them"""
    for block in blocks(statement):
        if block.exclude is None:
            continue
        at, names = block.exclude + 1, []
        bracket = statement.text(at) == "("
        end = statement.pairs[at] if bracket else block.list_end
        for index in range(at + bracket, end):
            token = statement.tokens[index]
            if (index - at - bracket) % 2 == 0:
                if token.kind not in (WORD, QUOTED):
                    raise syntax_error(token)
                names.append(folded(token))
            elif token.text != ",":
                raise syntax_error(token)
        if bracket and end + 1 != block.list_end:
            raise syntax_error(statement.tokens[end + 1])
        if block.parent >= 0 or block.first > 0 and statement.first != "with":
            raise not_here(statement.tokens[block.exclude], "EXCLUDE in a subquery")
        literal = "\n".join(names).replace("\\", "\\\\").replace("'", "''")
        edits.replace(statement.tokens[block.exclude].start, statement.tokens[end if bracket else end - 1].end,
                      f", standin.exclude('{literal}')")
        return True
    return False


def _whole_rows(statement, block, item, what):
    """Names of the relations that a star expands to."""
    if item[1] - item[0] > 1:
        return [statement.source[statement.tokens[item[0]].start:statement.tokens[item[1] - 3].end]]
    names = []
    for relation in from_items(statement, block):
        alias, name = relation_names(statement, relation)
        names.append(quoted(alias or name))
    first, end = block.clause("from")
    if any(statement.word(index) in ("using", "natural") for index in range(first, end)):
        raise not_here(statement.tokens[item[0]], f"{what} of a star over USING")
    return names


def _qualify(statement, edits, number):
    """A condition on window functions -> a column of a subquery, and WHERE around it"""
    for block in blocks(statement):
        found = block.clause("qualify")
        if found is None:
            continue
        at = block.starts["qualify"]
        _need_alias_before_qualify(statement, block, at)
        distinct = statement.word(block.first + 1) == "distinct"
        inner, outer, aliases = [], [], {}
        for item in block.items:
            if block.is_star(item):
                for name in _whole_rows(statement, block, item, "QUALIFY"):
                    inner.append(f"{name}")
                    outer.append(f"(c{len(inner)}).*")
                continue
            end, name = block.alias(item)
            expression = block.source(item[0], end)
            inner.append(expression)
            outer.append(f"c{len(inner)} AS {quoted(name)}")
            if end < item[1]:
                aliases[name] = expression
        condition = _with_aliases(statement, *found, aliases)
        columns = ", ".join([f"c{index + 1}" for index in range(len(inner))] + ["standin_keep"])
        tokens = statement.tokens
        edits.replace(tokens[block.first].start, tokens[block.list_end - 1].end,
                      f"SELECT {'DISTINCT ' if distinct else ''}{', '.join(outer)} FROM (SELECT {', '.join(inner)}, ({condition})")
        edits.replace(tokens[at].start, tokens[found[1] - 1].end, f") AS standin_{number} ({columns}) WHERE standin_keep")
        return True
    return False


def _need_alias_before_qualify(statement, block, at):
    """Directly after FROM, the word would be the alias (r_QUALIFY_clause)."""
    if max(index for word, index in block.starts.items() if index < at) != block.starts.get("from"):
        return
    last = from_items(statement, block)[-1]
    if last[1] == at and statement.text(last[0]) != "(" and relation_names(statement, last)[0] is None:
        raise syntax_error(statement.tokens[at + 1])


def _with_aliases(statement, first, end, aliases):
    """The source of tokens, with aliases of the select list replaced by their
    expressions."""
    parts, at = [], statement.tokens[first].start
    for index in range(first, end):
        token = statement.tokens[index]
        if token.kind in (WORD, QUOTED) and folded(token) in aliases and \
                statement.text(index - 1) != "." and statement.text(index + 1) not in (".", "("):
            parts.append(statement.source[at:token.start] + f"({aliases[folded(token)]})")
            at = token.end
    return "".join(parts) + statement.source[at:statement.tokens[end - 1].end]


def _input_columns(statement, opener, token, what):
    """Names of the columns of a subquery with a plain select list."""
    index = opener + 1
    if statement.text(opener) != "(" or statement.word(index) != "select":
        raise not_here(token, f"{what} of anything but a subquery")
    block = Block(statement, index)
    if any(block.is_star(item) for item in block.items):
        raise not_here(token, f"{what} of a star")
    return [block.alias(item)[1] for item in block.items]


def _source_before(statement, index):
    """(first, end) of the item of FROM that ends before token index."""
    last = index - 1
    if statement.text(last) in (")",):
        return statement.openers[last], index
    return last, index


def _in_list(statement, opener, first):
    """[(source, alias token or None)] of the values in the parentheses at first."""
    close = statement.pairs[first]
    values, start = [], first + 1
    for index in range(first + 1, close + 1):
        if index < close and not (statement.text(index) == "," and statement.parents[index] == first):
            continue
        end, alias = index, None
        if end - start > 1 and statement.tokens[end - 1].kind in (WORD, QUOTED):
            alias = folded(statement.tokens[end - 1])
            end -= 2 if statement.word(end - 2) == "as" else 1
        values.append((start, end, alias))
        start = index + 1
    return values


def _table_alias(statement, index, number):
    """(alias, token after it) of an optional alias of the result of PIVOT."""
    word = statement.word(index)
    if word == "as":
        return folded(statement.tokens[index + 1]), index + 2
    if index < len(statement.tokens) and statement.tokens[index].kind in (WORD, QUOTED) and \
            word not in CLAUSES | JOINS | SETOPS:
        return folded(statement.tokens[index]), index + 1
    return f"standin_{number}", index


def _pivot(statement, edits, number):
    """PIVOT (agg(x) FOR c IN (1, 2)) -> a grouped subquery with agg(x) FILTER (WHERE c = 1) ..."""
    for index, token in enumerate(statement.tokens):
        if token.word != "pivot" or statement.text(index + 1) != "(" or statement.text(index - 1) == ".":
            continue
        opener, close = index + 1, statement.pairs[index + 1]
        first, end = _source_before(statement, index)
        names = _input_columns(statement, first, token, "PIVOT")
        if statement.text(opener + 2) != "(" or statement.word(opener + 1) not in ("count", "sum", "min", "max", "avg"):
            raise syntax_error(statement.tokens[opener + 1])
        call_end = statement.pairs[opener + 2] + 1
        at = call_end + (statement.word(call_end) == "as")
        aggregate_alias = None
        if statement.word(at) != "for":
            aggregate_alias = folded(statement.tokens[at])
            at += 1
        if statement.word(at) != "for" or statement.word(at + 2) != "in" or statement.text(at + 3) != "(":
            raise syntax_error(statement.tokens[at])
        column = folded(statement.tokens[at + 1])
        source = statement.source
        call = source[statement.tokens[opener + 1].start:statement.tokens[call_end - 1].end]
        used = {column} | {folded(statement.tokens[inside]) for inside in range(opener + 3, call_end - 1)
                           if statement.tokens[inside].kind in (WORD, QUOTED)}
        outs = [quoted(name) for name in names if name not in used]
        groups = f" GROUP BY {', '.join(outs)}" if outs else ""
        for start, stop, alias in _in_list(statement, opener, at + 3):
            value = source[statement.tokens[start].start:statement.tokens[stop - 1].end]
            name = alias if alias is not None else value.strip("'").lower() if stop - start == 1 else "?column?"
            if aggregate_alias is not None:
                name += "_" + aggregate_alias
            test = "IS NULL" if value.lower() == "null" else f"= {value}"
            outs.append(f"{call} FILTER (WHERE {quoted(column)} {test}) AS {quoted(name)}")
        alias, after = _table_alias(statement, close + 1, number)
        body = source[statement.tokens[first].start:statement.tokens[end - 1].end]
        edits.replace(statement.tokens[first].start, statement.tokens[after - 1].end,
                      f"(SELECT {', '.join(outs)} FROM {body} AS standin_{number}{groups}) AS {quoted(alias)}")
        return True
    return False


def _unpivot(statement, edits, number):
    """UNPIVOT (value FOR name IN (a, b)) -> a join with the rows ('a', a), ('b', b)"""
    for index, token in enumerate(statement.tokens):
        if token.word != "unpivot" or statement.text(index - 1) in (".", ","):
            continue
        opener = index + 1
        nulls = False
        if statement.word(opener) in ("include", "exclude") and statement.word(opener + 1) == "nulls":
            nulls = statement.word(opener) == "include"
            opener += 2
        if statement.text(opener) != "(":
            continue
        first, end = _source_before(statement, index)
        names = _input_columns(statement, first, token, "UNPIVOT")
        if statement.word(opener + 2) != "for" or statement.word(opener + 4) != "in":
            raise syntax_error(statement.tokens[opener + 2])
        value, name = [quoted(folded(statement.tokens[opener + at])) for at in (1, 3)]
        rows, used = [], set()
        for start, _, alias in _in_list(statement, opener, opener + 5):
            column = folded(statement.tokens[start])
            if column not in names:
                raise Refusal("42703", f'column "{column}" does not exist', statement.tokens[start].start + 1)
            used.add(column)
            literal = (alias if alias is not None else column).replace("'", "''")
            rows.append(f"('{literal}'::varchar(65535), {quoted(column)})")
        outs = [quoted(column) for column in names if column not in used] + [name, value]
        where = "" if nulls else f" WHERE {value} IS NOT NULL"
        alias, after = _table_alias(statement, statement.pairs[opener] + 1, number)
        body = statement.source[statement.tokens[first].start:statement.tokens[end - 1].end]
        edits.replace(statement.tokens[first].start, statement.tokens[after - 1].end,
                      f"(SELECT {', '.join(outs)} FROM {body} AS standin_{number} CROSS JOIN LATERAL "
                      f"(VALUES {', '.join(rows)}) AS standin_u{number} ({name}, {value}){where}) AS {quoted(alias)}")
        return True
    return False


def _connect_by(statement, edits, number):
    """START WITH s CONNECT BY c over one table -> a recursive subquery of its rows and their level"""
    for block in blocks(statement):
        found = block.clause("connect")
        if found is None:
            continue
        relations = from_items(statement, block)
        (first, end), at = relations[0], block.starts["connect"]
        if len(relations) > 1 or statement.text(first) == "(" or any(map(block.is_star, block.items)):
            raise not_here(statement.tokens[at], "CONNECT BY over anything but one table, or of a star")
        alias, name = relation_names(statement, relations[0])
        row, source = quoted(alias or name), statement.source
        table = source[statement.tokens[first].start:statement.tokens[end - 1].end] if alias is None else \
            source[statement.tokens[first].start:statement.tokens[first].end]
        prior = _prior(statement, found[0] + 1, found[1], f"standin_h{number}")
        start = block.clause("start")
        roots = f" WHERE {block.source(start[0] + 1, start[1])}" if start else ""
        edits.replace(statement.tokens[first].start, statement.tokens[end - 1].end,
                      f"(WITH RECURSIVE standin_h{number} (level, r) AS (SELECT 1, {row} FROM {table} AS {row}{roots} "
                      f"UNION ALL SELECT standin_h{number}.level + 1, {row} FROM standin_h{number}, {table} AS {row} WHERE {prior}) "
                      f"SELECT (r).*, level FROM standin_h{number}) AS {row}")
        for clause in [found] + ([start] if start else []):
            index = clause[0] - 1
            edits.drop(statement.tokens[index], statement.tokens[clause[1] - 1])
        return True
    return False


def _prior(statement, first, end, rows):
    """The condition of CONNECT BY, with the parent row's columns for PRIOR x."""
    parts, at = [], statement.tokens[first].start
    for index in range(first, end):
        if statement.word(index) != "prior":
            continue
        last = index + 1
        while statement.text(last + 1) == ".":
            last += 2
        parts.append(statement.source[at:statement.tokens[index].start]
                     + f"({rows}.r).{quoted(folded(statement.tokens[last]))}")
        at = statement.tokens[last].end
    if not parts:
        raise syntax_error(statement.tokens[first])
    return "".join(parts) + statement.source[at:statement.tokens[end - 1].end]


def _names(statement, edits, number):
    """Names that only PostgreSQL reserves, and #temp."""
    changed = False
    for index, token in enumerate(statement.tokens):
        before = statement.tokens[index - 1] if index else None
        if is_plain_name(statement, index):
            edits.swap(token, quoted(token.word))
            changed = True
        elif token.text == "#" and index + 1 < len(statement.tokens) and \
                statement.tokens[index + 1].kind == WORD and statement.tokens[index + 1].start == token.end and \
                (before is None or before.text in (",", ".", "(") or before.word in _BEFORE_TABLES or before.kind == OPERATOR):
            edits.replace(token.start, statement.tokens[index + 1].end, quoted("#" + statement.tokens[index + 1].word))
            if before is not None and before.word == "into" and statement.first != "insert" or \
                    before is not None and before.word == "table" and statement.word(index - 2) == "create":
                edits.insert(before.start if before.word == "table" else before.end,
                             "TEMP " if before.word == "table" else " TEMP")
            changed = True
    return changed


_REWRITERS = (_names, _connect_by, _pivot, _unpivot, _name_subquery, _convert, _decode, _collate, _percentile, supervalues.navigate,
              _group_by_all, _exclude, _qualify)


def expand(text, statements):
    """Returns a text that the server can run, its Statements, and the Edits that led to it."""
    steps = []
    if not _TRIGGERS.search(text):
        return text, statements, steps
    try:
        return (*_expand(text, statements, steps), steps)
    except Refusal as refusal:
        for edits in reversed(steps):
            refusal.position = edits.original_position(refusal.position)
        raise


def _expand(text, statements, steps):
    """Rewrites one construct at a time; adds the Edits of each to steps."""
    for number in range(1, 200):
        edits = Edits(text)
        for statement in statements:
            statement.source = text
            if any(rewriter(statement, edits, number) for rewriter in _REWRITERS):
                break
        else:
            return text, statements
        text = edits.apply()
        steps.append(edits)
        statements = [Statement(tokens) for tokens in split_statements(tokenize(text))]
    raise Refusal(SYNTAX_ERROR, "the stand-in finds no end of the constructs in this text")
