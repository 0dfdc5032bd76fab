"""The lake: external DDL, the pseudo-columns, and tables that other warehouses made.

DDL becomes a CALL of a procedure of 35-external.sql.  "$path" and "$size" become
calls on the row that they belong to.  Before each statement of a session the
proxy updates the foreign tables, so that the statement sees the changes of other
warehouses in the catalogue.
"""

import json
import os
import re
import subprocess
import sys
import threading

from reader import Reader, quote, replace_all
from refuse import Refusal
from tokenizer import QUOTED, STRING, WORD

LATE_BINDING = "/*standin late*/"
MOST_PARTITIONS = 100

_S3 = re.compile(r"^s3://[^/]+(/|$)", re.I)
_PSEUDO = {'"$path"': "s3_path", '"$size"': "s3_size"}
# Hive and Glue spellings of types, and the types that represent them in the server.
_TYPES = {
    "string": "varchar(65535)", "int": "integer", "double": "double precision", "float": "real",
    "tinyint": "smallint", "binary": "varbyte", "long": "bigint", "varchar": "varchar(256)",
    "decimal": "numeric(18,0)", "numeric": "numeric(18,0)", "char": "char(1)",
}
_KEY_TYPES = re.compile(
    r"^(smallint|integer|int|int2|int4|int8|bigint|tinyint|long|decimal.*|numeric.*|real|float|float4|float8|double|double precision"
    r"|boolean|bool|char.*|varchar.*|character.*|string|date|timestamp)$")
_HIVE = "org.apache.hadoop.hive.ql.io."
_FORMATS = {
    "parquet": [_HIVE + "parquet.MapredParquetInputFormat", _HIVE + "parquet.MapredParquetOutputFormat",
                _HIVE + "parquet.serde.ParquetHiveSerDe"],
    "orc": [_HIVE + "orc.OrcInputFormat", _HIVE + "orc.OrcOutputFormat", _HIVE + "orc.OrcSerde"],
    "textfile": ["org.apache.hadoop.mapred.TextInputFormat", _HIVE + "HiveIgnoreKeyTextOutputFormat",
                 "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"],
    "rcfile": [_HIVE + "RCFileInputFormat", _HIVE + "RCFileOutputFormat",
               "org.apache.hadoop.hive.serde2.columnar.ColumnarSerDe"],
    "sequencefile": ["org.apache.hadoop.mapred.SequenceFileInputFormat", _HIVE + "HiveSequenceFileOutputFormat",
                     "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"],
    "avro": [_HIVE + "avro.AvroContainerInputFormat", _HIVE + "avro.AvroContainerOutputFormat",
             "org.apache.hadoop.hive.serde2.avro.AvroSerDe"],
}
_ARN = re.compile(r"^arn:aws[a-z-]*:iam::\d+:role/\S+$")
# The options that each kind of catalogue allows, and those that it requires.
_KINDS = {
    1: ({"iam_role", "region", "catalog_role", "catalog_id"}, {"iam_role"}),
    2: ({"iam_role", "uri", "port"}, {"iam_role", "uri"}),
    3: ({"iam_role", "schema", "uri", "port", "secret_arn"}, {"iam_role", "uri", "secret_arn"}),
    5: ({"schema"}, {"schema"}),
    8: ({"iam_role", "uri", "port", "secret_arn"}, {"iam_role", "uri", "secret_arn"}),
    9: ({"iam_role"}, {"iam_role"}),
    10: ({"iam_role", "authentication", "cluster_arn", "uri"}, {"iam_role", "authentication"}),
}


def array(texts):
    return "ARRAY[" + ", ".join(map(quote, texts)) + "]::text[]"


def _kind(reader):
    """The kind of the external database, as SVV_EXTERNAL_SCHEMAS numbers it."""
    for words, kind in ((("data", "catalog"), 1), (("hive", "metastore"), 2), (("postgres",), 3), (("mysql",), 8),
                        (("redshift",), 5), (("kinesis",), 9), (("msk",), 10), (("kafka",), 10)):
        if reader.take(*words):
            return kind
    if reader.statement.word(reader.at) != "database":
        reader.fail()
    return 1


def _check_role(word, value):
    """A role is an ARN, or several separated by commas without blanks."""
    if value == "SESSION" or word == "catalog_role" and not value:
        return
    # the name of a role may contain a comma
    roles = re.split(r",(?=\s*arn:)", value)
    if len(roles) > 10:
        raise Refusal("XX000", f"{word.upper()}: more than 10 chained roles")
    for role in roles:
        if re.search(r"\s", role):
            raise Refusal("42601", f"{word.upper()}: chained roles are separated by a comma without blanks")
        if not _ARN.match(role):
            raise Refusal("XX000", f'Invalid {word.upper()} "{role}"')


def _schema_options(reader, kind, options):
    """Reads the options after DATABASE; returns whether the database is to be created."""
    create = False
    while reader.peek() is not None:
        if reader.take("create", "external", "database"):
            reader.need("if", "not", "exists")
            if kind != 1:
                raise Refusal("0A000", "CREATE EXTERNAL DATABASE IF NOT EXISTS is for the data catalog only")
            create = True
            continue
        word = reader.name()
        if word not in _KINDS[kind][0] or word in options:
            reader.at -= 1
            reader.fail()
        if word == "iam_role" and reader.take("default"):
            options[word] = "default"
        elif word == "port":
            options[word] = reader.peek().text if reader.peek() is not None else reader.fail()
            reader.at += 1
        elif word == "authentication":
            options[word] = reader.name()
        else:
            options[word] = reader.string()
            if word in ("iam_role", "catalog_role"):
                _check_role(word, options[word])
    return create


def _external_schema(reader, statement, edits):
    if_not_exists = reader.take("if", "not", "exists")
    name = reader.name()
    reader.need("from")
    kind = _kind(reader)
    database = None
    if kind < 9:
        reader.need("database")
        database = reader.string()
    options = {}
    create = _schema_options(reader, kind, options)
    for word in sorted(_KINDS[kind][1]):
        if word not in options:
            raise Refusal("42601", f"{word.upper()} is missing", statement.tokens[-1].end + 1)
    if "catalog_id" in options and options["iam_role"] != "SESSION":
        raise Refusal("XX000", "CATALOG_ID needs IAM_ROLE 'SESSION'")
    catalog = None
    if kind == 1:
        catalog = "glue"
    elif kind == 2:
        catalog = f"hive {options['uri']}:{options.get('port', '9083')}"
    shown = json.dumps({word.upper(): value for word, value in options.items()}, separators=(",", ":"))
    replace_all(statement, edits, f"CALL standin.create_external_schema({quote(name)}, {kind}, {quote(database)}, "
                f"{quote(shown)}, {quote(catalog)}, {str(if_not_exists).lower()}, {str(create).lower()})")
    return "CREATE EXTERNAL SCHEMA"


def _drop_schema(reader, statement, edits):
    """DROP SCHEMA ... DROP EXTERNAL DATABASE; None if it is another statement."""
    if_exists = reader.take("if", "exists")
    names = [reader.name()]
    while reader.peek() is not None and reader.peek().text == ",":
        reader.at += 1
        names.append(reader.name())
    if not reader.take("drop", "external", "database"):
        return None
    cascade = reader.take("cascade")
    if not cascade:
        reader.take("restrict")
    if reader.peek() is not None:
        reader.fail()
    replace_all(statement, edits, f"CALL standin.drop_external_database({array(names)}, {str(if_exists).lower()}, "
                f"{str(cascade).lower()})")
    return "DROP SCHEMA"


def _columns(reader, part_key, known):
    """Reads (name type, ...) and returns name, type, external type, key."""
    first, last = reader.group()
    result, start, depth = [], first, 0
    for index in range(first, last + 1):
        if index < last:
            # for the fields of a struct
            depth += reader.statement.text(index).count("<") - reader.statement.text(index).count(">")
        at_comma = index == last or (
            reader.statement.text(index) == "," and reader.statement.parents[index] == first - 1 and depth == 0
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
        if name in known:
            raise Refusal("42701", f'column "{name}" specified more than once')
        if part_key and not _KEY_TYPES.match(external):
            raise Refusal("0A000", f'type "{external}" is not supported for a partition key')
        known.add(name)
        local = "super" if re.match(r"(array|struct|map)\s*<", external) else _TYPES.get(external, external)
        result += [name, local, external, str(len(result) // 4 + 1 if part_key else 0)]
        start = index + 1
    return result


def _pairs(reader):
    """Reads ('name'='value', ...) and returns names and values in turn."""
    first, last = reader.group()
    inside = Reader(reader.statement, first)
    values = []
    while inside.at < last:
        values.append(inside.string())
        inside.need_text("=")
        values.append(inside.string())
        if inside.at < last:
            inside.need_text(",")
    return values


def _location(reader):
    value = reader.string()
    if not _S3.match(value):
        raise Refusal("XX000", f'LOCATION "{value}" is no path in Amazon S3')
    return value


def _row_format(reader, table):
    if reader.take("delimited"):
        while reader.take("fields", "terminated", "by") or reader.take("lines", "terminated", "by"):
            field = reader.statement.word(reader.at - 3) == "fields"
            value = reader.string()
            if field:
                table["serde"] += ["field.delim", value, "serialization.format", value]
        return
    reader.need("serde")
    table["library"] = reader.string()
    if reader.take("with", "serdeproperties"):
        table["serde"] += _pairs(reader)


def _stored_as(reader):
    if reader.take("inputformat"):
        input_format = reader.string()
        reader.need("outputformat")
        return [input_format, reader.string(), _FORMATS["textfile"][2]]
    format_ = _FORMATS.get(reader.statement.word(reader.at))
    if format_ is None:
        reader.fail()
    reader.at += 1
    return list(format_)


def _external_table(reader, statement, edits):
    schema = reader.name()
    if reader.peek() is None or reader.peek().text != ".":
        raise Refusal("42601", "external tables must be created in an external schema",
                      statement.tokens[reader.at - 1].start + 1)
    reader.at += 1
    name = reader.name()
    known = set()
    columns = _columns(reader, False, known)
    table = {"serde": [], "properties": [], "library": None}
    while reader.peek() is not None:
        if reader.take("partitioned", "by"):
            columns += _columns(reader, True, known)
        elif reader.take("row", "format"):
            _row_format(reader, table)
        elif reader.take("stored", "as"):
            table["formats"] = _stored_as(reader)
        elif reader.take("location"):
            table["location"] = _location(reader)
        elif reader.take("table", "properties"):
            table["properties"] += _pairs(reader)
        else:
            reader.fail()
    if "formats" not in table or "location" not in table:
        reader.fail()
    if table["library"]:
        table["formats"][2] = table["library"]
    replace_all(statement, edits, f"CALL standin.create_external_table({quote(schema)}, {quote(name)}, {array(columns)}, "
                f"{quote(table['location'])}, {array(table['formats'])}, {array(table['serde'])}, "
                f"{array(table['properties'])}, false)")
    return "CREATE EXTERNAL TABLE"


def _partition_key(reader):
    """Reads PARTITION (k='v', ...) and returns keys and values in turn."""
    reader.need("partition")
    first, last = reader.group()
    inside = Reader(reader.statement, first)
    values = []
    while inside.at < last:
        values.append(inside.name())
        inside.need_text("=")
        token = inside.peek()
        if token is not None and token.kind == STRING:
            values.append(inside.string())
        elif token is not None and token.kind not in (WORD, QUOTED):
            values.append(token.text)
            inside.at += 1
        else:
            inside.fail()
        if inside.at < last:
            inside.need_text(",")
    return values


def _add_partitions(reader, table):
    if_not_exists = str(reader.take("if", "not", "exists")).lower()
    calls = []
    while reader.peek() is not None:
        key = _partition_key(reader)
        reader.need("location")
        calls.append(f"standin.add_partition({table}, {array(key)}, {quote(_location(reader))}, {if_not_exists})")
    if not calls:
        reader.fail()
    if len(calls) > MOST_PARTITIONS:
        raise Refusal("XX000", f"The number of partitions to add exceeds the limit of {MOST_PARTITIONS}")
    return calls


def _alter_table(reader, statement, edits):
    """ALTER TABLE s.t about an external table; None if it is another ALTER."""
    schema = reader.name()
    if reader.peek() is None or reader.peek().text != ".":
        return None
    reader.at += 1
    table = f"{quote(schema)}, {quote(reader.name())}"
    none = array([])
    words = [statement.word(reader.at + offset) for offset in range(5)]
    if words[0] == "add" and (words[1] == "partition" or words[4] == "partition"):
        reader.take("add")
        calls = _add_partitions(reader, table)
    elif reader.take("drop") and words[1] == "partition":
        calls = [f"standin.drop_partition({table}, {array(_partition_key(reader))})"]
    elif words[0] == "partition":
        key = _partition_key(reader)
        reader.need("set", "location")
        calls = [f"standin.set_location({table}, {array(key)}, {quote(_location(reader))})"]
    elif reader.take("set", "location"):
        calls = [f"standin.set_location({table}, {none}, {quote(_location(reader))})"]
    elif reader.take("set", "table", "properties"):
        calls = [f"standin.set_properties({table}, {array(_pairs(reader))})"]
    else:
        return None
    if reader.peek() is not None:
        reader.fail()
    replace_all(statement, edits, "CALL standin.all_of(" + array(calls) + ")")
    return "ALTER TABLE"


def rewrite(reader, statement, edits):
    """Returns the tag of external DDL that it replaced, otherwise None."""
    if reader.take("create", "external", "schema"):
        return _external_schema(reader, statement, edits)
    if reader.take("create", "external", "table"):
        return _external_table(reader, statement, edits)
    if reader.take("alter", "table"):
        return _alter_table(reader, statement, edits)
    if reader.take("drop", "schema"):
        return _drop_schema(reader, statement, edits)
    return None


def rewrite_pseudo_columns(statement, edits):
    """t."$path" -> standin.s3_path(t.tableoid, t.ctid), with the same column name."""
    tokens = statement.tokens
    for index, token in enumerate(tokens):
        function = _PSEUDO.get(token.text)
        if function is None or statement.word(index - 1) == "as" or statement.text(index - 1) == ")":
            continue
        first = index
        while first >= 2 and tokens[first - 1].text == "." and tokens[first - 2].kind in (WORD, QUOTED):
            first -= 2
        prefix = "".join(item.text for item in tokens[first:index])
        call = f"standin.{function}({prefix}tableoid, {prefix}ctid)"
        before, after = statement.word(first - 1) or statement.text(first - 1), statement.word(index + 1) or statement.text(index + 1)
        if before in ("select", "distinct", ",", "all") and after in (",", "from") and _in_select_list(statement, first):
            call += f" AS {token.text}"
        edits.replace(tokens[first].start, token.end, call)


def _in_select_list(statement, index):
    """Is the token between a SELECT and its FROM, outside parentheses?"""
    for at in range(index - 1, -1, -1):
        if statement.parents[at] == statement.parents[index]:
            if statement.word(at) == "select":
                return True
            if statement.word(at) in ("from", "by", "where", "having"):
                return False
    return False


class Mirror:
    """Keeps the foreign tables of one warehouse in agreement with the catalogue
    of the lake."""

    def __init__(self, folder, port, psql, lake):
        self.generation = None
        self.lock = threading.Lock()
        self.file = os.path.join(lake, "generation")
        with open(os.path.join(folder, "password"), encoding="ascii") as file:
            self.environment = dict(os.environ, PGPASSWORD=file.read().strip(), PGOPTIONS="-c standin.loading=on")
        self.command = [psql, "-X", "-q", "-h", "127.0.0.1", "-p", str(port), "-U", "rdsdb", "-d", "dev",
                        "-v", "ON_ERROR_STOP=1", "-c", "CALL standin.sync_lake()"]

    def now(self):
        try:
            status = os.stat(self.file)
            return status.st_ino, status.st_mtime_ns
        except OSError:
            return None

    def follow(self):
        """Called before each statement; costs only a stat() if nothing has changed."""
        now = self.now()
        if now == self.generation:
            return
        with self.lock:
            now = self.now()
            if now == self.generation:
                return
            done = subprocess.run(self.command, env=self.environment, stdin=subprocess.DEVNULL,
                                  stderr=subprocess.PIPE, check=False)
            if done.returncode == 0:
                self.generation = now
            else:
                print(done.stderr.decode(errors="replace"), file=sys.stderr, flush=True)
