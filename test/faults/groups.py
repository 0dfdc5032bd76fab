#!/usr/bin/python3
"""Fault injection: a group of three warehouses, whose members fail and return under load.

    groups.py --bindir DIR [--root DIR] --folder DIR [--rounds N] [--seed S] [--only N]

Makes a server and three stand-ins in the folder, and runs N rounds.  In each one
rollups on the group are refreshed each second, and sessions query it and write to
it, while two of its members fail, stall, fill up, drain, are removed and added
again at random moments, and the third one works.  Then the result is checked
(group_rounds.py).  The last line is "N passed, N failed".
"""

import argparse
import collections
import pathlib
import random
import shutil
import statistics
import sys
import time

from content import Content, DAYS, QUERY_ALL, QUERY_DAY
from group_rounds import GROUP, GroupRound, MAX_RUNS, MEMBERS
from run import SETTINGS, begin
from servers import Failed, Place, Server, Warehouse

# relation: (the content that it serves, options of its schedule, the rest of
# define_rollup)
ROLLUPS = {
    "merged": ("all", "{}", f"$$ {QUERY_ALL} $$"),
    "sorted": ("all", "{}", f"$$ {QUERY_ALL} ORDER BY 2 $$, key => '{{name,k}}'"),
    "windowed": ("day", "{}", f"$$ {QUERY_DAY} $$, method => 'window', "
                 "options => '{\"bucket\": \"1 day\", \"lookback\": \"4 days\", \"start\": \"BASE\"}'"),
    "replaced": ("all", "{}", "$$ SELECT k, name, amount FROM fault_all $$, method => 'replace'"),
    "pinned": ("all", f'{{"member": "{MEMBERS[0]}"}}', f"$$ {QUERY_ALL} $$"),
    "choosy": ("all", f'{{"not_members": ["{MEMBERS[0]}"]}}', f"$$ {QUERY_ALL} $$"),
}


class GroupWorld:
    """The server, the members, and the known state of their content between rounds."""

    def __init__(self, arguments):
        self.folder = arguments.folder
        self.place = Place(arguments.bindir, arguments.root)
        self.warehouses = {name: Warehouse(self.folder / name) for name in MEMBERS}
        self.primary = Server(self.place, self.folder, "g")
        self.contents = []
        self.rollups = ROLLUPS
        self.looks = self.asked = self.written = 0

    def start(self):
        for warehouse in self.warehouses.values():
            warehouse.start()
            warehouse.direct.run("ALTER ROLE CURRENT_USER SET synchronous_commit = on",
                                 "DROP TABLE IF EXISTS fault_calls", "CREATE TABLE fault_calls (id integer)")
        first = self.warehouses[MEMBERS[0]].direct
        base = first.value("SELECT current_date::text")
        first_day = first.value(f"SELECT (date '{base}' - {DAYS})::text")
        self.contents = [Content(warehouse, base) for warehouse in self.warehouses.values()]
        for content in self.contents:
            content.create()
        authorities = self.folder / "authorities.crt"
        with open(authorities, "wb") as file:
            for warehouse in self.warehouses.values():
                with open(warehouse.env["WAREHOUSE_CA"], "rb") as one:
                    shutil.copyfileobj(one, file)
        self.primary.create(SETTINGS.format(ca=self.place.inside(authorities)) + "rsfed.max_workers = 6\n")
        self.primary.start()
        self.define(first_day)

    def define(self, first_day):
        sql = self.primary.sql
        sql.run("SET client_min_messages = warning; CREATE EXTENSION rsfed CASCADE")
        for name, warehouse in self.warehouses.items():
            env = warehouse.env
            sql.run(f"SELECT rsfed.register_server('{name}', '{env['WAREHOUSE_HOST']}', '{env['WAREHOUSE_DBNAME']}', "
                    f"'{env['WAREHOUSE_USER']}', '{env['WAREHOUSE_PASSWORD']}', port => {env['WAREHOUSE_PORT']}, "
                    # there are many logins, and encryption is tested elsewhere
                    "sslmode => 'disable', options => '{\"connect_timeout\": \"3\", \"stall_timeout\": \"2s\", \"statement_timeout\": \"4s\", "
                    f"\"max_runs\": \"{MAX_RUNS[name]}\"}}')")
        sql.run(f"SELECT rsfed.define_group('{GROUP}', options => '{{\"retry_delay\": \"500 ms\", \"retry_max_delay\": \"2s\"}}')")
        for name in MEMBERS:
            sql.run(f"SELECT rsfed.add_member('{GROUP}', '{name}')")
        for relation, (_, _, rest) in ROLLUPS.items():
            sql.run(f"SELECT rsfed.define_rollup('{relation}', '{GROUP}', {rest.replace('BASE', first_day)})")

    @property
    def version(self):
        return self.contents[0].version

    def bump(self):
        for content in self.contents:
            content.bump()

    def expected(self, which, version):
        return self.contents[0].expected(self.primary.sql, which, version)

    def mend(self):
        """After a failed round: the next ones need members that work."""
        for name, warehouse in self.warehouses.items():
            if not warehouse.is_up():
                warehouse.stop()
                warehouse.start()
            warehouse.reset()
            self.primary.sql.run(
                f"DO $$ BEGIN PERFORM rsfed.add_member('{GROUP}', '{name}', verify => false); EXCEPTION WHEN duplicate_object THEN NULL; END $$",
                f"SELECT rsfed.alter_member('{GROUP}', '{name}', weight => 1, drain => false)",
                f"SELECT * FROM rsfed.check_server('{name}')")
        self.primary.sql.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'faults_%'",
            "SELECT rsfed.unschedule_refresh(relation, name) FROM rsfed.schedules",
            "SELECT rsfed.cancel(run_id) FROM rsfed.runs WHERE status IN ('running', 'queued')")
        for relation in ROLLUPS:
            self.primary.sql.run(f"CALL rsfed.refresh('{relation}')")

    def stop(self):
        if self.primary.postmaster():
            self.primary.stop("immediate", check=False)
        for warehouse in self.warehouses.values():
            if warehouse.folder.exists():
                warehouse.stop()


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bindir", type=pathlib.Path, required=True)
    parser.add_argument("--root", type=pathlib.Path, help="the server runs inside this folder, by chroot, as root")
    parser.add_argument("--folder", type=pathlib.Path, required=True)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--only", type=int, action="append", help="only the round of that number")
    return parser.parse_args()


def report(hits, back, runs, most):
    print(f"\n{'what was done to members':28}{'times':>7}")
    for name, count in sorted(hits.items()):
        print(f"{name:28}{count:7}")
    if back:
        print(f"seconds until all members were used again, median and max: {statistics.median(back):.2f} {max(back):.2f}")
    print("runs at one time, at most: " + ", ".join(f"{name} {count} of {MAX_RUNS[name]}" for name, count in sorted(most.items())))
    print("runs: " + ", ".join(f"{count} {what}" for what, count in sorted(runs.items())))


def main():
    arguments = read_arguments()
    begin(arguments)
    chooser = random.Random(arguments.seed)
    plan = [(number, random.Random(chooser.random())) for number in range(1, arguments.rounds + 1)]
    world = GroupWorld(arguments)
    world.place.make_folder(arguments.folder)
    hits, back, runs = collections.Counter(), [], collections.Counter()
    most = dict.fromkeys(MEMBERS, 0)
    passed = failed = 0
    try:
        world.start()
        for number, own_random in plan:
            if arguments.only and number not in arguments.only:
                continue
            began = time.time()
            round_ = GroupRound(world, number, own_random)
            ok = round_.run()
            passed += ok
            failed += not ok
            hits.update(round_.hits)
            runs.update(round_.runs)
            most = {name: max(most[name], round_.members[name].most) for name in MEMBERS}
            if round_.back is not None:
                back.append(round_.back)
            print(f"{'ok' if ok else 'not ok'} {number} - group, {round_.strategy}: {round_.title()} ({time.time() - began:.1f} s)",
                  flush=True)
            for text in round_.failures:
                print(f"#   {text}", flush=True)
            if not ok:
                world.mend()
    except Failed as error:
        failed += 1
        print(f"not ok - the rounds could not go on: {error}")
    finally:
        world.stop()
    report(hits, back, runs, most)
    print(f"{world.looks} looks at content, {world.asked} queries, {world.written} commands; seed {arguments.seed}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
