"""Reads the tokens of one statement from left to right, for DDL."""

import re

from refuse import Refusal, syntax_error
from tokenizer import QUOTED, STRING, WORD

_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "b": "\b", "f": "\f"}


def _escape(match):
    """One escape of a string literal: a doubled quote, or a backslash sequence."""
    text = match.group(1)
    if text is None:
        return "'"
    if text.isdigit():
        return chr(int(text, 8))
    return _ESCAPES.get(text, text)


def quote(text):
    if text is None:
        return "NULL"
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


class Reader:
    """Reads the tokens of one statement from left to right."""

    def __init__(self, statement, at=0):
        self.statement = statement
        self.tokens = statement.tokens
        self.at = at

    def peek(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def take(self, *words):
        """Skips the words if they come next, and returns whether they did."""
        for offset, word in enumerate(words):
            if self.statement.word(self.at + offset) != word:
                return False
        self.at += len(words)
        return True

    def need(self, *words):
        if not self.take(*words):
            self.fail()

    def fail(self):
        token = self.peek()
        if token is None:
            raise Refusal("42601", "syntax error at end of input",
                          self.tokens[-1].end + 1)
        raise syntax_error(token)

    def need_text(self, text):
        token = self.peek()
        if token is None or token.text != text:
            self.fail()
        self.at += 1

    def name(self):
        token = self.peek()
        if token is None or token.kind not in (WORD, QUOTED):
            self.fail()
        self.at += 1
        if token.kind == QUOTED:
            return token.text[1:-1].replace('""', '"').lower()
        return token.word

    def string(self):
        token = self.peek()
        if token is None or token.kind != STRING:
            self.fail()
        self.at += 1
        return re.sub(r"''|\\([0-7]{1,3}|.)", _escape, token.text[1:-1], flags=re.S)

    def group(self):
        """Returns the index range inside the parentheses that come next."""
        if self.peek() is None or self.peek().text != "(" or self.at not in self.statement.pairs:
            self.fail()
        first, last = self.at + 1, self.statement.pairs[self.at]
        self.at = last + 1
        return first, last


def replace_all(statement, edits, new):
    edits.replace(statement.tokens[0].start, statement.tokens[-1].end, new)
