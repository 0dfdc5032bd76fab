"""The random comparison: whole queries over foreign tables, through the stand-in,
and over the same local rows must have the same results, datum by datum.

run.py --rounds N [--seed S] [--round R]

Uses psql on a server that the environment names (PGHOST and so on), which has the
extension, and reads WAREHOUSE_*.  The queries of given.txt, one a line, are compared
before the random ones, under settings that the seed selects.  --round: only that
one, with full output.  The last line is "N passed, N failed"; failures are printed
with their seed and round; a given one's round is "given" and its line.
"""

import argparse
import collections
import os
import pathlib
import random
import subprocess
import sys
import time

import query
import rows

FOLDER = pathlib.Path(__file__).resolve().parent
SERVER, OTHER = "random_wh", "random_wh2"
FIELD, RECORD = "\x1f", "\x1e"
BATCH = 200
SLOW = 10  # seconds, of a query


def literal(text):
    if text is None:
        return "NULL"
    tag = "$q$"
    assert tag not in text
    return f"{tag}{text}{tag}"


def psql(script, *options):
    """The output of a script; ends the program if psql cannot run it."""
    done = subprocess.run(["psql", "-X", "-q", "-A", "-t", "-F", FIELD, "-v", "ON_ERROR_STOP=1", *options],
                          input=script, capture_output=True, encoding="utf-8", check=False)
    if done.returncode != 0:
        print(done.stdout[-2000:], done.stderr[-4000:], file=sys.stderr)
        sys.exit("psql failed")
    return done.stdout


def register():
    need = [os.environ[f"WAREHOUSE_{name}"] for name in ("HOST", "DBNAME", "USER", "PASSWORD", "PORT")]
    host, dbname, user, password, port = need
    return "".join(f"SELECT rsfed.register_server('{server}', '{host}', '{dbname}', '{user}', '{password}', {port})"
                   f" WHERE NOT EXISTS (SELECT FROM pg_foreign_server WHERE srvname = '{server}');\n" for server in (SERVER, OTHER))


class Given:
    """A query of given.txt, whose rows have no order."""

    is_ordered, prepared, given = False, None, ()

    def __init__(self, seed, text):
        chance = random.Random(seed)
        self.text = text
        self.settings = [f"RESET {name}" for name in query.ALL_SETTINGS] + chance.sample(query.SETTINGS, chance.randint(0, 3))


def statement(number, made):
    settings = "; ".join(made.settings)
    return (f"SELECT E'\\x1e{number}', * FROM compared({literal(made.text)}, {str(made.is_ordered).lower()}, {literal(made.prepared)},"
            f" {literal(', '.join(made.given)) if made.prepared else 'NULL'}, {literal(settings)});\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--round", type=int)
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 30)
    started = time.time()
    verdicts = collections.Counter()
    psql((FOLDER / "setup.sql").read_text(encoding="utf-8") + register() + rows.setup(SERVER, OTHER))
    made = {}
    wanted = [options.round] if options.round else list(range(1, options.rounds + 1))
    print(f"seed {seed}", flush=True)
    if not options.round:
        lines = (FOLDER / "given.txt").read_text(encoding="utf-8").splitlines()
        made = {f"given {number}": Given(f"{seed}.{line}", line) for number, line in enumerate(lines, 1)}
        wanted = list(made) + wanted
    for start in range(0, len(wanted), BATCH):
        script = ["SET statement_timeout = '60s'; SET client_min_messages = error; SET jit = off;\n"]
        for number in wanted[start:start + BATCH]:
            script.append(statement(number, made[number] if number in made else query.Query(f"{seed}.{number}")))
        for record in psql("".join(script)).split(RECORD):
            if not record.strip():
                continue
            number, verdict, seconds, told = record.split(FIELD)
            verdicts[verdict] += 1
            if float(seconds) > SLOW:
                print(f"# --seed {seed} --round {number} took {seconds} s", flush=True)
            if verdict == "DIFFERENT" or options.round:
                print(f"not ok: --seed {seed} --round {number.strip()}: {verdict}\n{told}\n", flush=True)
    if options.round:
        print(query.Query(f"{seed}.{options.round}").text)
    # a query without an answer has failed, too
    verdicts.pop("DIFFERENT", None)
    failed = len(wanted) - sum(verdicts.values())
    for verdict, count in sorted(verdicts.items()):
        print(f"{verdict}: {count}")
    print(f"{time.time() - started:.1f} s")
    print(f"{len(wanted) - failed} passed, {failed} failed")


main()
