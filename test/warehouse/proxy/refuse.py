"""Statements that Redshift refuses and PostgreSQL 15 accepts (redshift.md 2 and 4).

Each rule checks the tokens of one statement and raises Refusal with Redshift's
SQLSTATE, message and position.  Rules see tokens only, so each must be safe: a
word is refused only if no reading of the statement is legal in Redshift.
"""

from tokenizer import NUMBER, OPERATOR, QUOTED, STRING, WORD, match_parentheses

SYNTAX_ERROR, UNDEFINED, UNSUPPORTED = "42601", "42704", "0A000"


class Refusal(Exception):
    """An error to raise instead of the statement; position is 1-based."""

    def __init__(self, sqlstate, message, position=0, detail=None):
        super().__init__(message)
        self.sqlstate = sqlstate
        self.message = message
        self.position = position
        self.detail = detail

    def as_statement(self):
        """Returns SQL that makes the server raise it, in any state of the transaction."""

        def literal(text):
            if text is None:
                return "NULL"
            return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"

        return (
            f"SELECT standin.refuse({literal(self.sqlstate)}, {literal(self.message)}, "
            f"{literal(self.detail)}, {self.position})"
        )


def syntax_error(token):
    return Refusal(SYNTAX_ERROR, f'syntax error at or near "{token.text}"', token.start + 1)


# Reserved in Redshift, not in PostgreSQL, and without a meaning inside a query: an
# error wherever they are unquoted in one.
RESERVED = frozenset(
    """aes128 aes256 allowoverwrite az64 backup blanksasnull bytedict bzip2 credentials
    current_user_id deflate defrag delta delta32k disable emptyasnull enable encode encrypt
    encryption explicit globaldict256 globaldict64k gzip lun luns lzo lzop mostly8 mostly16
    mostly32 new offline old open parallel percent permissions raw readratio recover rejectlog
    resort restore snapshot system tag tdes text255 text32k truncatecolumns wallet""".split()
)
# Reserved, but with a meaning in queries: refused only as a name after AS or a dot.
RESERVED_NAMES = RESERVED | frozenset(
    """identity ignore interval minus nulls off offset only partition pivot respect
    sysdate timestamp top unnest unpivot without overlaps""".split()
)
_QUERIES = frozenset(["select", "with", "insert", "update", "delete", "explain", "declare", "("])
# Words before a parenthesis that are not the name of a function.
_NOT_CALLS = frozenset(
    """select from where and or not in on as over by when then else using values exists any
    all some union except intersect minus case between like ilike having limit is distinct
    group join set into with top returning sets rollup cube filter order""".split()
)
# Reserved only in PostgreSQL 15: names in Redshift.
_PLAIN_NAMES = frozenset(
    "window symmetric asymmetric returning variadic lateral tablesample collation concurrently fetch".split()
)
_BEFORE_NAMES = frozenset("select by as where and or on distinct not then when else".split())
_COMPARISONS = frozenset(["=", "<>", "!=", "<", "<=", ">", ">="])


class Statement:
    """The tokens of one statement, with the information that the rules need."""

    def __init__(self, tokens):
        self.tokens = tokens
        self.pairs = match_parentheses(tokens)
        self.openers = {close: open_ for open_, close in self.pairs.items()}
        self.parents = self._find_parents()
        self.first = tokens[0].word or tokens[0].text

    def _find_parents(self):
        """For each token, the index of the parenthesis around it, or -1."""
        parents, stack = [], [-1]
        for index, token in enumerate(self.tokens):
            if index in self.openers and len(stack) > 1:
                stack.pop()
            parents.append(stack[-1])
            if index in self.pairs:
                stack.append(index)
        return parents

    def word(self, index):
        return self.tokens[index].word if 0 <= index < len(self.tokens) else ""

    def text(self, index):
        return self.tokens[index].text if 0 <= index < len(self.tokens) else ""

    def is_call(self, opener):
        """Is the parenthesis at index opener the argument list of a function?"""
        before = self.tokens[opener - 1] if opener > 0 else None
        return (
            self.text(opener) == "(" and before is not None
            and before.kind in (WORD, QUOTED) and before.word not in _NOT_CALLS
        )


def is_plain_name(statement, index):
    """Is the token a name that has another meaning in PostgreSQL?"""
    if statement.word(index) not in _PLAIN_NAMES or index == 0 or statement.text(index + 1) == "(":
        return False
    return statement.text(index - 1) in (",", ".", "(") or statement.word(index - 1) in _BEFORE_NAMES or \
        statement.tokens[index - 1].kind == OPERATOR


def check_leading_word(statement):
    """Commands that are not in Redshift's grammar."""
    first, tokens = statement.first, statement.tokens
    if first in ("discard", "do", "table", "values", "load"):
        raise syntax_error(tokens[0])
    if first in ("deallocate", "close"):
        for token in tokens[1:3]:
            if token.word == "all":
                raise syntax_error(token)
    if first == "copy":
        for token in tokens[1:]:
            if token.word in ("stdin", "stdout") or token.text == "(" and token is tokens[1]:
                raise syntax_error(token)
    if first == "notify" or first == "listen":
        raise syntax_error(tokens[0])
    if first == "set" and statement.word(1) == "constraints":
        raise syntax_error(tokens[1])


def check_literals(statement):
    """E'' and U&'' are identifiers directly before a string."""
    tokens = statement.tokens
    for index, token in enumerate(tokens[:-1]):
        follower = tokens[index + 1]
        if token.word == "e" and follower.kind == STRING and follower.start == token.end:
            raise Refusal(UNDEFINED, 'type "e" does not exist', token.start + 1)
        if token.word == "u" and follower.text == "&" and index + 2 < len(tokens):
            if tokens[index + 2].kind in (STRING, QUOTED) and tokens[index + 2].start == follower.end:
                raise syntax_error(tokens[index + 2])


def _check_clause(statement, index, token):
    """One word that begins a clause that Redshift does not have."""
    word, following = token.word, statement.text(index + 1)
    before = statement.word(index - 1)
    if word == "filter" and following == "(" and statement.text(index - 1) == ")":
        raise syntax_error(token)
    if word in ("lateral", "tablesample", "returning", "variadic"):
        raise syntax_error(token)
    if word == "array" and following == "[":
        raise syntax_error(statement.tokens[index + 1])
    if word == "distinct" and (before == "is" or before == "not" and statement.word(index - 2) == "is"):
        raise syntax_error(token)
    if word == "on" and before == "distinct":
        raise syntax_error(token)
    if word == "conflict" and before == "on":
        raise syntax_error(token)
    if word == "row" and following == "(" and before not in ("with",):
        raise syntax_error(statement.tokens[index + 1])
    if word == "values" and (statement.text(index - 1) == "(" or before in ("union", "all", "except", "intersect", "as")):
        if statement.first != "insert" or statement.text(index - 1) == "(":
            raise syntax_error(token)
    if word == "ordinality" and before == "with":
        raise syntax_error(token)
    if word == "materialized" and before in ("as", "not") and statement.first in ("with", "select"):
        raise syntax_error(token)
    if word == "symmetric" and before == "between":
        raise syntax_error(token)
    if word == "fetch" and index > 0 and statement.word(index + 1) in ("first", "next"):
        raise syntax_error(token)
    if word == "for" and statement.word(index + 1) in ("update", "share", "no", "key") and index > 0:
        if statement.first in ("select", "with", "declare", "("):
            raise Refusal(UNSUPPORTED, "SELECT FOR UPDATE/SHARE is not supported", token.start + 1)
    if word == "collate" and following != "(":
        if statement.word(index + 1) not in ("case_sensitive", "case_insensitive", "cs", "ci"):
            raise syntax_error(token)


def check_clauses(statement):
    """FILTER, LATERAL, ARRAY[], IS DISTINCT FROM, RETURNING, and so on."""
    for index, token in enumerate(statement.tokens):
        if token.kind == WORD and not is_plain_name(statement, index):
            _check_clause(statement, index, token)


def check_brackets(statement):
    """Array types except for a constant array inside ANY(), and array constructors."""
    tokens = statement.tokens
    for index, token in enumerate(tokens):
        if token.text != "[":
            continue
        if statement.text(index + 1) == "]":
            parent = statement.parents[index]
            if parent > 0 and statement.word(parent - 1) in ("any", "some", "all"):
                continue
            raise Refusal(
                UNSUPPORTED, f'type "{statement.text(index - 1)}[]" is not supported', token.start + 1
            )
        before = tokens[index - 1] if index else None
        if before is not None and (before.kind in (WORD, QUOTED) and before.word != "array" or before.text == "]") and \
                statement.text(index + 1).isdigit() and statement.text(index + 2) == "]" and \
                statement.text(index - 2) != "::":
            continue  # a subscript of a SUPER array
        raise syntax_error(token)


def check_aggregate_order(statement):
    """ORDER BY inside the arguments of an aggregate."""
    for index, token in enumerate(statement.tokens):
        if token.word != "order" or statement.word(index + 1) != "by":
            continue
        parent = statement.parents[index]
        if parent < 0 or not statement.is_call(parent) or statement.word(parent + 1) in ("select", "with"):
            continue
        if statement.word(parent - 1) in ("group", "over"):
            continue
        # a named window: WINDOW w AS ( ... ) is never a call
        raise syntax_error(token)


def check_limit(statement):
    """LIMIT takes a bare integer."""
    for index, token in enumerate(statement.tokens):
        if token.word in ("limit", "top") and index > 0:
            if statement.tokens[min(index + 1, len(statement.tokens) - 1)].kind == NUMBER:
                if statement.text(index + 2) == "::":
                    raise Refusal(UNSUPPORTED, "not implemented", statement.tokens[index + 2].start + 1)
            elif token.word == "limit" and statement.text(index + 1) == "(":
                raise Refusal(UNSUPPORTED, "not implemented", statement.tokens[index + 1].start + 1)


def check_row_comparison(statement):
    """(a, b) < (1, 2); only (a, b) IN ((1, 2), (3, 4)) is documented."""
    for opener, closer in statement.pairs.items():
        before = statement.tokens[opener - 1] if opener > 0 else None
        if statement.text(opener) != "(" or statement.text(closer + 1) not in _COMPARISONS:
            continue
        if before is not None and before.kind in (WORD, QUOTED) and before.word not in (
            "where", "and", "or", "not", "on", "having", "when", "select",
        ):
            continue
        if statement.word(opener + 1) in ("select", "with"):
            continue
        for index in range(opener + 1, closer):
            if statement.text(index) == "," and statement.parents[index] == opener:
                raise Refusal(
                    UNSUPPORTED, "row comparison is not supported",
                    statement.tokens[closer + 1].start + 1,
                )


def check_reserved_words(statement):
    """Words that are reserved in Redshift and are used unquoted as a name."""
    if statement.first not in _QUERIES:
        return
    tokens = statement.tokens
    for index, token in enumerate(tokens):
        if token.kind != WORD:
            continue
        before = statement.word(index - 1) if index else ""
        follower = tokens[index + 1] if index + 1 < len(tokens) else None
        literal = follower is not None and follower.kind == STRING
        if token.word in RESERVED and not literal:
            raise syntax_error(token)
        if token.word not in RESERVED_NAMES:
            continue
        parent = statement.parents[index]
        in_cast = parent > 0 and statement.word(parent - 1) == "cast"
        if before == "as" and not in_cast or statement.text(index - 1) == ".":
            raise syntax_error(token)


def check_unsupported_words(statement):
    """Operators on JSON values, and others that only newer servers have."""
    for token in statement.tokens:
        if token.kind == OPERATOR and token.text in ("->", "->>", "#>", "#>>", "@>", "<@", "&&", "@@"):
            raise Refusal("42883", f"operator does not exist: {token.text}", token.start + 1)


RULES = (
    check_leading_word, check_literals, check_clauses, check_brackets, check_aggregate_order,
    check_limit, check_row_comparison, check_reserved_words, check_unsupported_words,
)


def check(statement):
    """Raises the Refusal of the first rule that finds one."""
    for rule in RULES:
        rule(statement)
