#!/usr/bin/python3
"""rsfed's handling of each construct of Redshift's SQL.

    constructs.py LIBRARY [CASES [DOCUMENT]]

Each case of constructs.txt is processed by src/redshift alone, through the SQL
function of LIBRARY; one with rows also by the stand-in in WAREHOUSE_*: described,
defined as a rollup and read.  The table of doc/constructs.md must agree; --print
at the end prints it.  Prints "ok" or "not ok" for each, and "Result: PASS" if all
are ok; otherwise it ends with 1.  Needs psql as a superuser of a running server
with rsfed (PGHOST etc.).
"""

import json
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
OIDS = {
    "smallint": 21, "integer": 23, "bigint": 20, "decimal": 1700, "real": 700, "double precision": 701,
    "boolean": 16, "char": 1042, "varchar": 1043, "text": 25, "date": 1082, "timestamp": 1114, "timestamptz": 1184,
    "super": 4000, "hllsketch": 2935, "unknown": 705,
}
failures = 0


def check(right, what, detail=""):
    global failures
    print("ok" if right else "not ok", "-", what)
    if not right:
        failures += 1
        print("".join(f"#   {line}\n" for line in str(detail).splitlines()), end="")


def psql(*commands, database):
    """Runs SQL in one session; returns (output without headers, errors)."""
    done = subprocess.run(
        ["psql", "-X", "-q", "-A", "-t", "-d", database, "-v", "VERBOSITY=verbose", "-v", "ON_ERROR_STOP=1"],
        input="".join(command + ";\n" for command in commands), capture_output=True, text=True, check=False)
    return done.stdout.strip(), done.stderr.strip()


def quote(text):
    return "$quoted$" + text + "$quoted$"


def read_cases(path):
    """Yields dicts: name, row (its row in the document), and the fields."""
    setup, cases, field = [], [], None
    for line in path.read_text(encoding="utf-8").splitlines():
        match = re.match(r"(\w+): ?(.*)", line)
        if line.startswith(";"):
            continue
        if line.startswith("## ") or line.startswith("# "):
            if line.startswith("## ") or cases:
                cases.append({"name": line.lstrip("# "), "row": line.startswith("## ")})
        elif match and match[1] == "setup":
            setup.append(match[2])
        elif match:
            field = match[1]
            cases[-1][field] = match[2]
        elif line.strip():
            cases[-1][field] += "\n" + line.strip()
    return setup, cases


def typmod(kind):
    match = re.fullmatch(r"(decimal|varchar|char)\((\d+)(?:,(\d+))?\)", kind)
    if not match:
        return -1
    return (int(match[2]) << 16 | int(match[3])) + 4 if match[3] else int(match[2]) + 4


def columns_of(case):
    """[(name, type)] of the field columns."""
    pairs = re.findall(r'("[^"]+"|[^ ,]+) ((?:[^,(]|\([^)]*\))+)', case.get("columns", ""))
    return [(name.strip('"'), kind.strip()) for name, kind in pairs]


class Outline:
    """src/redshift in one psql session for all cases."""

    def __init__(self, library):
        self.begin = (f"CREATE FUNCTION pg_temp.outline(text, text[], text[], text[]) RETURNS text[] "
                      f"LANGUAGE c STRICT AS '{library}', 'outline'")

    def of(self, case):
        columns = columns_of(case)
        arrays = [[name for name, _ in columns], [str(OIDS[re.sub(r"\(.*", "", kind)]) for _, kind in columns],
                  [str(typmod(kind)) for _, kind in columns]]
        call = ", ".join("ARRAY[" + ", ".join(map(quote, array)) + "]::text[]" for array in arrays)
        return psql(self.begin, f"SELECT to_json(pg_temp.outline({quote(case['query'])}, {call}))", database="postgres")


def check_text(case, outline):
    """The case without a server."""
    out, err = outline.of(case)
    if "refused" in case:
        check(case["refused"] in err, f"{case['name']}: refused", err or out)
        return
    if err:
        check(False, case["name"], err)
        return
    key, why, order, lint, filled = json.loads(out)
    check((key or "-") == case["key"], f"{case['name']}: key {case['key']}", f"{key} {why}")
    if "why" in case:
        check(case["why"] in why, f"{case['name']}: why there is none", why)
    check(order == case["order"], f"{case['name']}: order {case['order']}", order)
    check((lint or "-") == case.get("lint", "-"), f"{case['name']}: lint", lint)
    if "filled" in case:
        check(filled == case["filled"], f"{case['name']}: placeholders", filled)


def last_statement():
    """The last text of a rollup's query in the stand-in's log."""
    # not WAREHOUSE_LOG, which script/test copies before it contains anything
    log = pathlib.Path(os.environ["WAREHOUSE_DIR"]) / "statements.log"
    lines = log.read_text(encoding="utf-8").splitlines()
    for line in reversed(lines):
        text = json.loads(line)["text"]
        if text.startswith("/* rsfed rollup"):
            return text
    return ""


def check_standin(case, database):
    """The case on the stand-in: description, key, order, rows."""
    name, query = case["name"], case["query"]
    out, err = psql(f"SELECT column_name || ' ' || redshift_type FROM rsfed.describe('wh', {quote(query)})", database=database)
    check([tuple(line.split(" ", 1)) for line in out.splitlines()] == columns_of(case), f"{name}: described", f"{out} {err}")
    out, _ = psql(f"SELECT string_agg(note, ' ') FROM rsfed.describe('wh', {quote(query)})", database=database)
    for line in case.get("lint", "-").splitlines():
        check(line.split(": ", 1)[-1] in out + "-", f"{name}: described with its notes", out)
    method = "" if case["key"] != "-" else ", method => 'replace'"
    if method:
        _, err = psql(f"SELECT rsfed.define_rollup('c', 'wh', {quote(query)})", database=database)
        check("cannot be told" in err and case.get("why", "") in err, f"{name}: asks for a key", err)
    out, err = psql(
        f"SELECT rsfed.define_rollup('c', 'wh', {quote(query)}{method})",
        "SELECT coalesce(array_to_string(key, ', '), '-') FROM rsfed.rollups",
        "SELECT string_agg(t, '; ') FROM (SELECT trim(both '()' from whole::text) AS t FROM c AS whole ORDER BY 1) AS s",
        database=database)
    lines = out.splitlines()[1:]
    check(lines[:1] == [case["key"]], f"{name}: key of the rollup", f"{out} {err}")
    check(lines[1:] == [case["rows"]], f"{name}: rows", f"{out} {err}")
    if case["key"] != "-":
        sorts = "ORDER BY" in last_statement()[len(query):]
        check(sorts == (case.get("sorts", case["order"]) == "yes"), f"{name}: ORDER BY behind it", last_statement())
    psql("SELECT rsfed.drop_rollup('c')", database=database)


def check_document(cases, path):
    """The table agrees with the cases."""
    rows = [[cell.strip() for cell in line.strip().strip("|").split(" | ")]
            for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("| ") and " | " in line][1:]
    expected = [document_row(case) for case in cases if case["row"]]
    for want in expected:
        check(want in rows, f"{path.name}: {want[0].split('<br>')[0]}", "missing: | " + " | ".join(want) + " |")
    for row in rows:
        check(row in expected, f"{path.name} has only what is tested: {row[0]}", " | ".join(row))


def document_row(case):
    # the findings for all text keys are described once, above the table
    lint = "; ".join(line for line in case.get("lint", "-").splitlines() if "trailing blanks" not in line) or "-"
    key = case["key"] if case["key"] != "-" else "none: " + case["why"]
    query = case["query"].replace("|", "\\|")
    return [f"{case['name']}<br>`{query}`", key, case["order"], "nothing" if lint == "-" else lint,
            "stand-in" if "rows" in case else "text alone"]


def main():
    library = sys.argv[1]
    cases_path = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else HERE / "constructs.txt"
    document = pathlib.Path(sys.argv[3]) if len(sys.argv) > 3 else HERE.parent.parent / "doc" / "constructs.md"
    setup, cases = read_cases(cases_path)
    if "--print" in sys.argv:
        print("\n".join("| " + " | ".join(document_row(case)) + " |" for case in cases if case["row"]))
        return
    outline = Outline(library)
    for case in cases:
        check_text(case, outline)
    database = "rsfed_constructs"
    psql(f"DROP DATABASE IF EXISTS {database}", database="postgres")
    psql(f"CREATE DATABASE {database}", database="postgres")
    env = {name: os.environ["WAREHOUSE_" + name] for name in ("HOST", "PORT", "DBNAME", "USER", "PASSWORD")}
    _, err = psql("SET client_min_messages = warning", "CREATE EXTENSION rsfed CASCADE",
                  f"SELECT rsfed.register_server('wh', '{env['HOST']}', '{env['DBNAME']}', '{env['USER']}', '{env['PASSWORD']}', {env['PORT']})",
                  *[f"SELECT rsfed.execute('wh', {quote(command)})" for command in setup], database=database)
    check(not err, "setup", err)
    for case in cases:
        if "rows" in case:
            check_standin(case, database)
    check_document(cases, document)
    if failures:
        sys.exit(1)
    print("Result: PASS")


if __name__ == "__main__":
    main()
