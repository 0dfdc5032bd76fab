#!/usr/bin/python3
"""Writes the seed corpus of a fuzz target, taken from the tests.

    test/fuzz/seeds.py TARGET FOLDER

Queries and schedules are the literals of sql/, test/ and the README that look
like one; values are those of the same files.  Each is one file, named by its
content, so that a second run adds only new ones.
"""

import hashlib
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

LITERAL = re.compile(r"\$(\w*)\$(.*?)\$\1\$|'((?:[^']|'')*)'", re.S)
STATEMENT = re.compile(r"^(?:SELECT|WITH)\b[^;]*", re.S | re.M)
QUERY = re.compile(r"[\s(;]*(?:--[^\n]*\n\s*|/\*.*?\*/\s*)*(?:select|with)\b", re.S | re.I)
SCHEDULE = re.compile(r"\s*(@\w+|[\d.:]+ *[a-z]+[\w .:]{,40}|([\w*/,?-]*[\d*][\w*/,?-]*\s+){2}(\S+\s+){2}\S+)\s*", re.I)
VALUE = re.compile(r"[-+.\d:eE T/ZWBC]{1,40}|NaN|-?infinity|[tf]|true|false|\w{1,20}", re.I)
LONGEST = 4000


def sources():
    for pattern in ("sql/*.sql", "test/**/*.sql", "test/t/*.pl", "test/specs/*.spec",
                    "test/warehouse/t/*.pl", "README.md", "doc/*.md", "bench/*.sql"):
        yield from sorted(ROOT.glob(pattern))


def literals():
    """Yields the text in quotes, and in quotes inside that."""
    for path in sources():
        text = path.read_text(errors="replace")
        for _, dollar, quoted in LITERAL.findall(text):
            literal = dollar or quoted.replace("''", "'")
            yield literal
            # an array of literals: '{a,b}'
            if literal.startswith("{") and literal.endswith("}"):
                yield from literal[1:-1].split(",")


def queries():
    yield from (text for text in literals() if QUERY.match(text))
    for path in sources():
        yield from STATEMENT.findall(path.read_text(errors="replace"))


def schedules():
    yield from (text for text in literals() if SCHEDULE.fullmatch(text))


def failures():
    """Messages, and details of Redshift's errors."""
    yield "Query (4711) cancelled on user's request\0\00057014"
    yield ("1023\0" + "\n  -----------------------------------------------\n"
           "  error:  Serializable isolation violation\n  code:      1023\n"
           "  query:     12345\n  location:  table.c:1\n\0XX000")
    table = (ROOT / "src/redshift/failure.c").read_text()
    for sqlstate, text in re.findall(r'\{"(\w+)", (?:"([^"]*)"|NULL)', table):
        yield f"{text}\0{text}\0{sqlstate}"


def numbers():
    """Inputs that begin with every byte once, for targets whose input has no text."""
    yield from (chr(i) + "\0" * 24 for i in range(128))


SEEDS = {
    "lex": queries, "query": queries, "key": queries, "lint": queries, "placeholder": queries,
    "schedule": schedules, "failure": failures, "types": numbers, "bucket": numbers,
    "values": lambda: (text for text in literals() if VALUE.fullmatch(text)),
}

WORDS = re.compile(r'"((?:[^"\\\n]|\\.)+)"')


def dictionary(target):
    """The strings of the module that the target tests, and punctuation."""
    module = {"schedule": "schedule/*.c", "bucket": "schedule/bucket.c", "values": "source/rows.c"}
    words = set()
    for path in sorted((ROOT / "src").glob(module.get(target, "redshift/*.c"))):
        if target == "failure" and path.name != "failure.c":
            continue
        words.update(word for word in WORDS.findall(path.read_text())
                     if len(word) < 30 and "%" not in word and "\\" not in word and ".h" not in word)
    if target in ("lex", "query", "key", "lint", "placeholder"):
        words.update(["--", "/*", "*/", "::", "$$", "$a$", "{from}", "{to}", "''", "group by ",
                      "grouping sets (", "1e5", "select a, count(*) from t group by 1", "within group ("])
    return sorted(words)


def main():
    target, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    for seed in SEEDS[target]():
        data = seed.encode()
        if 0 < len(data) <= LONGEST:
            (folder / hashlib.sha1(data).hexdigest()).write_bytes(data)
    with open(f"{folder}.dict", "w", encoding="utf-8") as file:
        for word in dictionary(target):
            file.write('"%s"\n' % "".join(c if c.isascii() and c not in '"\\' else
                                          "".join("\\x%02x" % b for b in c.encode()) for c in word))


if __name__ == "__main__":
    main()
