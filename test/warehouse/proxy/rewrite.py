"""Rewrites a text from Redshift's dialect to one for the server.

rewrite() is the only entry point: it takes a text and returns a Rewritten.  A
text that Redshift would refuse becomes a statement that raises the same error, so
that transactions and the extended protocol behave as after any failed statement.
"""

import re

import constructs
import ddl
import lake
import names
from edits import Edits
from refuse import Refusal, Statement, check
from tokenizer import QUOTED, WORD, split_statements, tokenize

MAX_STATEMENT = 16 * 1024 * 1024
LABEL = "/* rsfed"
RUN_LABEL = "/* rsfed rollup"

_SYSTEM = re.compile(r"^(pg_|svv_|stv_|stl_|svl_|svcs_|sys_|information_schema$)")
_DATE_PARTS = frozenset(["dateadd", "datediff", "date_add", "date_diff", "date_part", "datepart"])
_RENAMED = {"nvl": "COALESCE", "isnull": "COALESCE", "datepart": "date_part", "date_diff": "datediff",
            "date_add": "dateadd", "char_length": "length", "textlen": "length", "dlog10": "log"}
# Statements that run no query: they cost nothing, and no fault affects them.
_NO_QUERY = frozenset(
    """begin start commit end rollback abort set reset show deallocate close cancel
    savepoint release discard prepare""".split()
)


class Rewritten:
    """A client's text, the text to send instead, and properties of the statement."""

    def __init__(self, original):
        self.original = original
        self.text = original
        self.edits = None
        self.steps = []
        self.refused = False
        self.tag = None
        self.is_query = True
        self.is_target = False
        self.is_run = False      # the refresh of a rollup
        self.begins = False

    def calls(self):
        """The words before a parenthesis, in lower case."""
        tokens = tokenize(self.original)
        return {a.word for a, b in zip(tokens, tokens[1:]) if a.word and b.text == "("}

    def original_position(self, position):
        """Maps a position back through the rewriting of the dialect, then of each
        construct."""
        for edits in [self.edits, *reversed(self.steps)] if self.edits else []:
            position = edits.original_position(position)
        return position


def _touches_user_table(statement):
    """Does the statement name a relation that is not a system relation?"""
    for index, token in enumerate(statement.tokens):
        if token.word not in ("from", "join", "into", "update", "table", "view", "truncate"):
            continue
        parent = statement.parents[index]
        if token.word == "from" and parent > 0 and statement.word(parent - 1) in ("extract", "trim", "substring"):
            continue
        name = statement.tokens[index + 1] if index + 1 < len(statement.tokens) else None
        if name is None or name.kind not in (WORD, QUOTED) or statement.text(index + 2) == "(":
            continue
        if not _SYSTEM.match(name.text.strip('"').lower()):
            return True
    return False


def _rewrite_identifiers(statement, edits, case_sensitive):
    """Quoted identifiers fold, too, unless the session keeps their case; long ones get another name."""
    for token in statement.tokens:
        if token.kind not in (QUOTED, WORD):
            continue
        text = token.text
        if token.kind == QUOTED and not case_sensitive:
            text = re.sub("[A-Z]+", lambda match: match.group().lower(), text)
        if len(text) > names.LONGEST_BEHIND // 4:
            if token.kind == QUOTED:
                text = '"' + names.behind(text[1:-1].replace('""', '"')).replace('"', '""') + '"'
            else:
                text = names.behind(token.word) if names.behind(token.word) != token.word else text
        if text != token.text:
            edits.swap(token, text)


def _type_at(statement, index, edits):
    """Replaces the type name that begins at index by Redshift's type."""
    word, following = statement.word(index), statement.text(index + 1)
    token = statement.tokens[index] if index < len(statement.tokens) else None
    if token is None or token.kind != WORD:
        return
    if word in ("numeric", "decimal", "dec") and following != "(":
        edits.insert(token.end, "(18,0)")
    elif word in ("varchar", "nvarchar", "text"):
        if following != "(":
            edits.swap(token, "varchar(256)")
        elif word == "nvarchar":
            edits.swap(token, "varchar")
        elif word == "text":
            edits.swap(token, "varchar")
    elif word in ("character", "char") and statement.word(index + 1) == "varying":
        if statement.text(index + 2) != "(":
            edits.insert(statement.tokens[index + 1].end, "(256)")
    elif word == "nchar":
        edits.swap(token, "char")
    elif word == "bpchar" and following != "(":
        edits.swap(token, "char(256)")
    elif word in ("varbinary", "binary"):
        last = statement.tokens[index + 1] if statement.word(index + 1) == "varying" else token
        edits.replace(token.start, last.end, "varbyte")


def _interval_type(statement, index, edits):
    """INTERVAL YEAR TO MONTH and DAY TO SECOND are separate types."""
    name = "intervaly2m" if statement.word(index + 1) == "year" else "intervald2s"
    last = index + 1
    if statement.word(index + 2) == "to":
        last = index + 3
    if statement.text(last + 1) == "(" and last + 1 in statement.pairs:
        last = statement.pairs[last + 1]
    edits.replace(statement.tokens[index].start, statement.tokens[last].end, name)


def _rewrite_types(statement, edits):
    for index, token in enumerate(statement.tokens):
        parent = statement.parents[index]
        if token.text == "::":
            _type_at(statement, index + 1, edits)
        elif token.word == "as" and parent > 0 and statement.word(parent - 1) == "cast":
            _type_at(statement, index + 1, edits)


def _rewrite_listagg(statement, index, edits):
    """LISTAGG(x, d) WITHIN GROUP (ORDER BY k) -> listagg(x, d ORDER BY k)"""
    closer = statement.pairs.get(index + 1)
    if closer is None or statement.word(closer + 1) != "within":
        return
    if statement.text(closer + 3) == "(" and closer + 3 in statement.pairs:
        edits.replace(statement.tokens[closer].start, statement.tokens[closer + 3].end, " ")


def _rewrite_top(statement, index, edits):
    """SELECT TOP n ... -> SELECT ... LIMIT n"""
    parent = statement.parents[index]
    closer = statement.pairs.get(parent)
    end = statement.tokens[closer].start if closer is not None else statement.tokens[-1].end
    edits.drop(statement.tokens[index], statement.tokens[index + 1])
    edits.insert(end, f" LIMIT {statement.text(index + 1)}")


def _rewrite_words(statement, edits):
    for index, token in enumerate(statement.tokens):
        word = token.word
        if not word:
            continue
        call = statement.text(index + 1) == "("
        if word == "interval" and statement.word(index + 1) in ("year", "day"):
            _interval_type(statement, index, edits)
        elif word == "sysdate" and not call:
            edits.swap(token, "sysdate()")
        elif word == "minus" and statement.word(index + 1) in ("select", "all", "") and index > 0:
            if statement.word(index + 1) or call:
                edits.swap(token, "EXCEPT")
        elif word == "top" and statement.word(index - 1) in ("select", "distinct", "all") \
                and statement.text(index + 1).isdigit():
            _rewrite_top(statement, index, edits)
        elif word == "approximate":
            edits.drop(token)
        elif call:
            _rewrite_call(statement, index, edits)


def _rewrite_call(statement, index, edits):
    """One call of a function that has another spelling in the server."""
    token = statement.tokens[index]
    word = token.word
    if word == "listagg":
        _rewrite_listagg(statement, index, edits)
    elif word == "hll":
        edits.replace(token.start, statement.tokens[index + 1].end, "count(DISTINCT ")
    elif word in _RENAMED:
        edits.swap(token, _RENAMED[word])
    if word in _DATE_PARTS and statement.text(index + 3) == ",":
        part = statement.tokens[index + 2]
        if part.kind == WORD:
            edits.swap(part, f"'{part.word}'")


def _rewrite_statement(statement, edits, result, case_sensitive):
    """Collects the edits of one statement."""
    _rewrite_identifiers(statement, edits, case_sensitive)
    tag = ddl.rewrite(statement, edits)
    if tag is not None:
        result.tag = tag
    else:
        _rewrite_types(statement, edits)
        _rewrite_words(statement, edits)
        lake.rewrite_pseudo_columns(statement, edits)
    if _touches_user_table(statement):
        result.is_target = True
    return statement.first


def _check(statement):
    """Refuses statements that Redshift refuses; ddl.py checks the stand-in's own DDL."""
    if ddl.rewrite(statement, Edits("")) is None:
        check(statement)


def rewrite(text, case_sensitive=False):
    """Returns the Rewritten of a client's text; never raises."""
    result = Rewritten(text)
    size = len(text.encode("utf-8", "surrogateescape"))
    try:
        if size > MAX_STATEMENT:
            raise Refusal(
                "54000", f"Statement is too large. Statement Size: {size} bytes. "
                f"Maximum Allowed: {MAX_STATEMENT} bytes",
            )
        statements = [Statement(tokens) for tokens in split_statements(tokenize(text))]
        for statement in statements:
            _check(statement)
        text, statements, result.steps = constructs.expand(text, statements)
        edits = Edits(text)
        firsts = [_rewrite_statement(statement, edits, result, case_sensitive) for statement in statements]
        result.is_query = any(first not in _NO_QUERY for first in firsts)
        result.begins = bool(firsts) and firsts[-1] in ("begin", "start")
        result.text = edits.apply()
        result.edits = edits
    except Refusal as refusal:
        result.text = refusal.as_statement()
        result.refused = True
    if text.lstrip().startswith(LABEL):
        result.is_target = True
    result.is_target = result.is_target and result.is_query
    result.is_run = result.is_target and text.startswith(RUN_LABEL)
    return result
