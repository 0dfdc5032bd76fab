"""Splits SQL text into tokens as Redshift does.

Redshift's scanner is that of PostgreSQL 8.0: a backslash is an escape in every
plain string, E'' does not exist (it is an identifier directly before a string),
and block comments nest.  Positions are in characters, as in error messages.
"""

import re

WORD, QUOTED, STRING, NUMBER, PARAM, OPERATOR, PUNCT = range(1, 8)

_PATTERN = re.compile(
    r"""
    (?P<blank>\s+|--[^\r\n]*)
  | (?P<block>/\*)
  | (?P<string>'(?:[^'\\]|\\.|'')*')
  | (?P<quoted>"(?:[^"]|"")*")
  | (?P<dollar>\$(?:[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_\x80-\U0010ffff]*)?\$)
  | (?P<param>\$\d+)
  | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<word>[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_$\x80-\U0010ffff]*)
  | (?P<cast>::)
  | (?P<operator>(?:(?!--|/\*)[+\-*/<>=~!@\#%^&|`?])+)
  | (?P<punct>.)
    """,
    re.X | re.S,
)
_BLOCK = re.compile(r"/\*|\*/")
_KINDS = {
    "string": STRING, "quoted": QUOTED, "param": PARAM, "number": NUMBER,
    "word": WORD, "cast": PUNCT, "operator": OPERATOR, "punct": PUNCT,
}


class Token:
    """One token; word is its lower-case text if it is a bare word, else ''."""

    __slots__ = ("kind", "text", "start", "end", "word")

    def __init__(self, kind, text, start):
        self.kind = kind
        self.text = text
        self.start = start
        self.end = start + len(text)
        self.word = text.lower() if kind == WORD else ""

    def __repr__(self):
        return f"Token({self.text!r}@{self.start})"


def _end_of_comment(text, start):
    """Returns the end of the block comment that begins at start."""
    depth = 0
    for match in _BLOCK.finditer(text, start):
        depth += 1 if match.group() == "/*" else -1
        if depth == 0:
            return match.end()
    return len(text)


def tokenize(text):
    """Returns the tokens of text, without blanks and comments."""
    tokens = []
    position = 0
    match_at = _PATTERN.match
    while position < len(text):
        match = match_at(text, position)
        kind = match.lastgroup
        if kind == "blank":
            position = match.end()
        elif kind == "block":
            position = _end_of_comment(text, position)
        elif kind == "dollar":
            end = text.find(match.group(), match.end())
            end = len(text) if end < 0 else end + len(match.group())
            tokens.append(Token(STRING, text[position:end], position))
            position = end
        else:
            tokens.append(Token(_KINDS[kind], match.group(), position))
            position = match.end()
    return tokens


def split_statements(tokens):
    """Splits a list of tokens at the semicolons outside parentheses."""
    statements, current, depth = [], [], 0
    for token in tokens:
        if token.text == "(":
            depth += 1
        elif token.text == ")":
            depth -= 1
        if token.text == ";" and depth <= 0:
            statements.append(current)
            current = []
        else:
            current.append(token)
    statements.append(current)
    return [statement for statement in statements if statement]


def match_parentheses(tokens):
    """Returns {index of an opening parenthesis: index of the closing one}."""
    pairs, stack = {}, []
    for index, token in enumerate(tokens):
        if token.text in "([" and token.kind == PUNCT:
            stack.append(index)
        elif token.text in ")]" and token.kind == PUNCT and stack:
            pairs[stack.pop()] = index
    return pairs
