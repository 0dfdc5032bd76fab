"""Navigation and unnesting of SUPER (developer guide: query-super).

    c.orders[0].status              -> standin.navigate(c.orders, ARRAY['0', 'status'])
    FROM t c, c.orders AS o AT i    -> FROM t c, standin.unnest_at(c.orders) AS o (o, i)

The relations of FROM distinguish names from paths: the name after a relation's
name is its column, and the rest is the path.
"""

from refuse import UNSUPPORTED, Refusal
from tokenizer import NUMBER, QUOTED, STRING, WORD

_COMPARISONS = frozenset(["=", "<>", "!=", "<", "<=", ">", ">="])
_NOT_NAMES = frozenset(
    """select from where and or not in is as on by when then else case end between like ilike having limit offset
    group order join left right full inner outer cross natural using union except intersect minus set with all
    distinct null true false any some exists asc desc nulls over partition qualify array interval""".split()
)


def _quoted(name):
    return '"' + name.replace('"', '""') + '"'


def chain(statement, index):
    """(names and places, end) of the path that begins at token index: a.b[0].c"""
    from constructs import folded
    tokens, parts = statement.tokens, [folded(statement.tokens[index])]
    index += 1
    while index + 1 < len(tokens):
        if tokens[index].text == "." and tokens[index + 1].kind in (WORD, QUOTED):
            parts.append(folded(tokens[index + 1]))
            index += 2
        elif tokens[index].text == "[" and tokens[index + 1].kind == NUMBER and statement.text(index + 2) == "]":
            parts.append(int(tokens[index + 1].text))
            index += 3
        else:
            break
    return parts, index


class Scope:
    """The meaning of the names in a statement's FROM clauses."""

    def __init__(self, statement):
        from constructs import blocks, folded, from_items, relation_names
        self.relations, self.values, self.schemas = set(), set(), set()
        self.unnests = []        # items of FROM that are paths: (first token, end of the path, end)
        self.in_from = set()     # tokens that name relations
        self.first = len(statement.tokens)    # of the first SELECT
        for block in blocks(statement):
            self.first = min(self.first, block.first)
            for first, end in from_items(statement, block):
                if statement.text(first) == "(" or statement.tokens[first].kind not in (WORD, QUOTED):
                    alias, _ = relation_names(statement, (first, end)) if statement.text(first) == "(" else (None, None)
                    self.relations.add(alias)
                    continue
                parts, after = chain(statement, first)
                self.in_from.update(range(first, end))
                if statement.text(after) == "(":
                    if parts[:2] in (["standin", "unnest"], ["standin", "unnest_at"]):
                        self.values.add(folded(statement.tokens[statement.pairs[after] + 2]))
                        self.in_from.difference_update(range(after + 1, statement.pairs[after]))
                    continue
                if len(parts) > 1 and parts[0] in self.relations | self.values or \
                        len(parts) == 1 and parts[0] in self.values:
                    self.unnests.append((first, after, end))
                    continue
                alias, name = relation_names(statement, (first, end))
                self.relations.add(alias or name)
                self.schemas.update(parts[:-1])

    def split(self, parts):
        """(SQL of the value, path) of a chain; without a path if it is not SUPER."""
        if parts[0] in self.values:
            return _quoted(parts[0]), parts[1:]
        if parts[0] in self.relations:
            if len(parts) > 2 and isinstance(parts[1], str):
                return f"{_quoted(parts[0])}.{_quoted(parts[1])}", parts[2:]
            return "", []
        # a relation that was not found is more likely than a column without its
        # relation
        if parts[0] in self.schemas or len(parts) < 2 or len(parts) == 2 and isinstance(parts[1], str):
            return "", []
        return _quoted(parts[0]), parts[1:]


def _value(scope, parts):
    """SQL of a path."""
    value, path = scope.split(parts)
    if not path:
        return ".".join(_quoted(part) for part in parts)
    steps = ", ".join("'" + str(step).replace("\\", "\\\\").replace("'", "''") + "'" for step in path)
    return f"standin.navigate({value}, ARRAY[{steps}])"


def _unnest(statement, edits, scope):
    """The first item of FROM that is a path."""
    from constructs import folded
    first, after, end = scope.unnests[0]
    parts, _ = chain(statement, first)
    at = after + (statement.word(after) == "as")
    if at >= end or statement.tokens[at].kind not in (WORD, QUOTED):
        raise Refusal(UNSUPPORTED, "the stand-in cannot do this: unnesting without an alias", statement.tokens[first].start + 1)
    alias = _quoted(folded(statement.tokens[at]))
    names, function = alias, "unnest"
    if statement.word(at + 1) == "at":
        names, function = f"{alias}, {_quoted(folded(statement.tokens[at + 2]))}", "unnest_at"
    edits.replace(statement.tokens[first].start, statement.tokens[end - 1].end,
                  f"standin.{function}({_value(scope, parts)}) AS {alias} ({names})")


def navigate(statement, edits, number):
    """Rewrites one unnesting, or all paths if there is no unnesting left."""
    if not any(token.word == "from" for token in statement.tokens):
        return False
    scope = Scope(statement)
    if scope.unnests:
        _unnest(statement, edits, scope)
        return True
    changed, index = False, 0
    while index < len(statement.tokens):
        token = statement.tokens[index]
        if token.kind not in (WORD, QUOTED) or token.word in _NOT_NAMES - {"array"} or statement.text(index - 1) == "." \
                or index in scope.in_from or index < scope.first or statement.text(index - 1) == "::" \
                or token.word in ("standin", "pg_catalog"):
            index += 1
            continue
        parts, end = chain(statement, index)
        if scope.split(parts)[1] and statement.text(end) not in ("(", "."):
            alone = (statement.text(index - 1) == "," or statement.word(index - 1) in ("select", "distinct", "all")) \
                and (statement.text(end) in (",", "") or statement.word(end) == "from")
            name = [part for part in parts if isinstance(part, str)][-1]
            edits.replace(token.start, statement.tokens[end - 1].end,
                          _value(scope, parts) + (f" AS {_quoted(name)}" if alone and _in_list(statement, index) else ""))
            if statement.text(end) in _COMPARISONS and end + 1 < len(statement.tokens) and \
                    statement.tokens[end + 1].kind == STRING:
                edits.insert(statement.tokens[end + 1].end, "::varchar(65535)")
            changed = True
        elif token.word == "array" and "array" in scope.values:
            edits.swap(token, '"array"')
            changed = True
        index = max(end, index + 1)
    return changed


def _in_list(statement, index):
    """Is the token in a select list, not in GROUP BY and the like?"""
    for at in range(index - 1, -1, -1):
        if statement.parents[at] == statement.parents[index]:
            if statement.word(at) == "select":
                return True
            if statement.word(at) in ("from", "by", "where"):
                return False
    return False
