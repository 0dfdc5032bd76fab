"""DDL and commands that have no likeness behind: external objects, CANCEL.

Each becomes a CALL of a procedure of the altered catalog; the tag of the
client's command is put back when the CALL is complete.
"""

import json
import re

from refuse import Refusal, syntax_error
from tokenizer import QUOTED, STRING, WORD

_S3 = re.compile(r"^s3://", re.I)
# Hive and Glue spellings of types, and what stands for them behind.
_EXTERNAL_TYPES = {
    "string": "varchar(65535)", "int": "integer", "double": "double precision", "float": "real",
    "tinyint": "smallint", "binary": "varbyte", "long": "bigint",
}
_STRIP_ONE = frozenset(["distkey", "sortkey"])


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
        """Skips the words if they come next, and says whether they did."""
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
        return re.sub(r"''|\\(.)", lambda match: match.group(1) or "'", token.text[1:-1])

    def group(self):
        """Returns the index range inside the parentheses that come next."""
        if self.peek() is None or self.peek().text != "(" or self.at not in self.statement.pairs:
            self.fail()
        first, last = self.at + 1, self.statement.pairs[self.at]
        self.at = last + 1
        return first, last


def _replace_all(statement, edits, new):
    edits.replace(statement.tokens[0].start, statement.tokens[-1].end, new)


def _external_schema(reader, statement, edits):
    if_not_exists = reader.take("if", "not", "exists")
    name = reader.name()
    reader.need("from")
    kind = 1
    if reader.take("data", "catalog") or reader.statement.word(reader.at) == "database":
        kind = 1
    elif reader.take("hive", "metastore"):
        kind = 2
    elif reader.take("postgres"):
        kind = 3
    elif reader.take("mysql"):
        kind = 7
    elif reader.take("redshift"):
        kind = 4
    elif reader.take("kinesis") or reader.take("msk") or reader.take("kafka"):
        kind = 5
    else:
        reader.fail()
    database, options = None, {}
    while reader.peek() is not None:
        if reader.take("create", "external", "database"):
            reader.take("if", "not", "exists")
            continue
        word = reader.name()
        if word == "iam_role" and reader.take("default"):
            options["IAM_ROLE"] = "default"
        elif word == "port":
            options["PORT"] = reader.peek().text
            reader.at += 1
        elif word == "authentication":
            options["AUTHENTICATION"] = reader.name()
        elif word in ("database", "region", "iam_role", "catalog_role", "catalog_id", "uri",
                      "schema", "secret_arn", "cluster_arn"):
            value = reader.string()
            if word == "database":
                database = value
            else:
                options[word.upper()] = value
        else:
            reader.at -= 1
            reader.fail()
    if kind in (1, 2) and "IAM_ROLE" not in options:
        reader.fail()
    if re.search(r",\s|\s,", options.get("IAM_ROLE", "")):
        raise Refusal("42601", "IAM_ROLE: chained roles are separated by a comma without blanks")
    _replace_all(statement, edits, f"CALL standin.create_external_schema({quote(name)}, {kind}, "
                 f"{quote(database)}, {quote(json.dumps(options))}, {str(if_not_exists).lower()})")
    return "CREATE EXTERNAL SCHEMA"


def _columns(reader, part_key):
    """Reads (name type, ...) and returns name, type, external type, key."""
    first, last = reader.group()
    result, start = [], first
    for index in range(first, last + 1):
        at_comma = index == last or (
            reader.statement.text(index) == "," and reader.statement.parents[index] == first - 1
        )
        if not at_comma:
            continue
        column = Reader(reader.statement, start)
        name = column.name()
        words = [token.text.lower() for token in reader.tokens[column.at:index]]
        if not words:
            reader.at = index
            reader.fail()
        external = re.sub(r"\s*([(),<>:])\s*", r"\1", " ".join(words))
        local = _EXTERNAL_TYPES.get(external, external)
        if re.match(r"(array|struct|map)\s*<", external):
            local = "super"
        result += [name, local, external, str(part_key and len(result) // 4 + 1)]
        start = index + 1
    return result


def _external_table(reader, statement, edits):
    schema = reader.name()
    if reader.peek() is None or reader.peek().text != ".":
        raise Refusal("42601", "external tables must be created in an external schema",
                      statement.tokens[reader.at - 1].start + 1)
    reader.at += 1
    name = reader.name()
    columns = _columns(reader, 0)
    location = format_ = None
    parameters = {}
    while reader.peek() is not None:
        if reader.take("partitioned", "by"):
            columns += _columns(reader, 1)
        elif reader.take("stored", "as"):
            format_ = reader.name()
        elif reader.take("location"):
            location = reader.string()
        elif reader.take("table", "properties"):
            first, last = reader.group()
            values = [token.text.strip("'") for token in reader.tokens[first:last] if token.kind == STRING]
            parameters = dict(zip(values[::2], values[1::2]))
        elif reader.take("row", "format") or reader.take("with"):
            while reader.peek() is not None and reader.statement.word(reader.at) not in ("stored", "location"):
                reader.at += 1
        else:
            reader.fail()
    if format_ is None or location is None or not _S3.match(location):
        reader.fail()
    array = "ARRAY[" + ", ".join(quote(text) for text in columns) + "]"
    _replace_all(statement, edits, f"CALL standin.create_external_table({quote(schema)}, {quote(name)}, "
                 f"{array}, {quote(location)}, {quote(format_)}, {quote(json.dumps(parameters))})")
    return "CREATE EXTERNAL TABLE"


def _partition_key(reader):
    """Reads PARTITION (k='v', ...) and returns the JSON of the values."""
    reader.need("partition")
    first, last = reader.group()
    return json.dumps([token.text.strip("'") for token in reader.tokens[first:last]
                       if token.kind not in (WORD, QUOTED) and token.text not in "=,"])


def _alter_partition(reader, statement, edits):
    """ALTER TABLE s.t ADD|DROP PARTITION; None if it is another ALTER."""
    schema = reader.name()
    if reader.peek() is None or reader.peek().text != ".":
        return None
    reader.at += 1
    name = reader.name()
    add = reader.take("add")
    if not add and not reader.take("drop"):
        return None
    if_not_exists = reader.take("if", "not", "exists")
    if reader.statement.word(reader.at) != "partition":
        return None
    calls = []
    while reader.peek() is not None:
        key = _partition_key(reader)
        if add:
            reader.need("location")
            calls.append(f"standin.add_partition({quote(schema)}, {quote(name)}, {quote(key)}, "
                         f"{quote(reader.string())}, {str(if_not_exists).lower()})")
        else:
            calls.append(f"standin.drop_partition({quote(schema)}, {quote(name)}, {quote(key)})")
    if len(calls) > 100:
        raise Refusal("XX000", "Partitions: at most 100 in one ALTER TABLE")
    _replace_all(statement, edits, "CALL standin.all_of(ARRAY[" + ", ".join(map(quote, calls)) + "])")
    return "ALTER TABLE"


def _skip_group(statement, index):
    return statement.pairs.get(index, index) if statement.text(index) == "(" else index - 1


def _strip_attributes(statement, edits):
    """Takes DISTSTYLE, SORTKEY, ENCODE and the like out of CREATE TABLE."""
    tokens, index = statement.tokens, 2
    while index < len(tokens):
        word, last = tokens[index].word, None
        if word == "as" and statement.parents[index] < 0:
            break
        if word in ("diststyle", "encode", "backup") or word == "auto" and statement.word(index + 1) == "refresh":
            last = index + (2 if word == "auto" else 1)
        elif word in ("compound", "interleaved") and statement.word(index + 1) == "sortkey":
            last = _skip_group(statement, index + 2)
        elif word in _STRIP_ONE and statement.text(index - 1) != "," and index > 3:
            last = _skip_group(statement, index + 1)
        elif word == "identity" and statement.text(index + 1) == "(":
            edits.replace(tokens[index].start, tokens[statement.pairs[index + 1]].end,
                          "GENERATED BY DEFAULT AS IDENTITY")
            index = statement.pairs[index + 1]
        elif word == "collate" and statement.word(index + 1) in ("case_sensitive", "case_insensitive"):
            last = index + 1
        if last is not None:
            edits.drop(tokens[index], tokens[last])
            index = last
        index += 1
    if [token.word for token in tokens[-4:]] == ["with", "no", "schema", "binding"]:
        edits.drop(tokens[-4], tokens[-1])


def rewrite(statement, edits):
    """Returns the tag of a statement that it replaced, else None."""
    reader = Reader(statement)
    if reader.take("cancel"):
        token = reader.peek()
        if token is None or not token.text.isdigit():
            reader.fail()
        _replace_all(statement, edits, f"CALL standin.cancel({token.text})")
        return "CANCEL"
    if reader.take("create", "external", "schema"):
        return _external_schema(reader, statement, edits)
    if reader.take("create", "external", "table"):
        return _external_table(reader, statement, edits)
    if reader.take("alter", "table"):
        return _alter_partition(reader, statement, edits)
    if statement.first == "create":
        _strip_attributes(statement, edits)
    return None
