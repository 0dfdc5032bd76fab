#!/usr/bin/python3
"""Fault injection: rsfed under every fault that it must survive.

    run.py --bindir DIR [--root DIR] --folder DIR [--rounds N] [--seed S] [--fault NAME]... [--method NAME]... [--only N]

Makes a primary, a replica and a stand-in in the folder, and runs N rounds: in
each one a fault begins at a random moment of random runs, then the result is
checked (rounds.py).  The last line is "N passed, N failed".  The same seed and
--only with its number repeat a round; the moment is not the same to the
millisecond.
"""

import argparse
import collections
import pathlib
import random
import re
import shutil
import signal
import statistics
import sys
import time

from content import Content, RELATIONS, SERVER, DAYS, SET, SET_MEMBERS
from faults import FAULTS
from rounds import METHODS, Round
from servers import Failed, Place, Server, Warehouse, wait_until

SETTINGS = """
listen_addresses = ''
shared_preload_libraries = 'rsfed'
rsfed.ssl_root_cert = '{ca}'
rsfed.max_workers = 3
max_worker_processes = 16
max_connections = 60
wal_level = replica
max_wal_senders = 8
wal_keep_size = '80MB'
min_wal_size = '32MB'
max_wal_size = '64MB'
hot_standby = on
hot_standby_feedback = on
restart_after_crash = on
fsync = off
jit = off
timezone = 'UTC'
lc_messages = 'C'
log_line_prefix = '%m [%p] %b %e '
shared_buffers = '64MB'
"""

ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

# text that no log may contain
NEVER = re.compile(
    r"PANIC:|TRAP:|runtime error:|resource owner|leak|still referenced|still active|stuck spinlock|cache lookup failed|"
    r"invalid memory alloc|corrupt|was terminated by signal (?!9:|6:)")
# an internal error always has this SQLSTATE; Redshift's 1023 has it too
INTERNAL = re.compile(r"\] [a-z ]+ XX000 (ERROR|FATAL|WARNING|LOG):")
REMOTE_INTERNAL = re.compile(r"1023|Redshift")


class World:
    """The servers, and the known state of their content between rounds."""

    def __init__(self, arguments):
        self.folder = arguments.folder
        self.place = Place(arguments.bindir, arguments.root)
        self.warehouse = Warehouse(self.folder / "warehouse")
        self.primary, self.replica = [
            Server(self.place, self.folder, name, arguments.disks / name if arguments.disks else None)
            for name in ("a", "b")]
        self.content = None
        self.first_day = ""
        self.held = {}           # relation: version that it certainly contains
        self.samples = 0

    def start(self):
        self.warehouse.start()
        base = self.warehouse.direct.value("SELECT current_date::text")
        self.first_day = self.warehouse.direct.value(f"SELECT (date '{base}' - {DAYS})::text")
        self.content = Content(self.warehouse, base)
        self.content.create()
        # a copy, for servers that run as another user than the warehouse
        authority = self.folder / "ca.crt"
        shutil.copyfile(self.warehouse.env["WAREHOUSE_CA"], authority)
        self.primary.create(SETTINGS.format(ca=self.place.inside(authority)))
        self.primary.start()
        self.define()
        self.replica.clone(self.primary)
        self.replica.start()
        self.catch_up()

    def define(self):
        sql = self.primary.sql
        env = self.warehouse.env
        sql.run("SET client_min_messages = warning; CREATE EXTENSION rsfed CASCADE")
        sql.run(f"SELECT rsfed.register_server('{SERVER}', '{env['WAREHOUSE_HOST']}', '{env['WAREHOUSE_DBNAME']}', "
                f"'{env['WAREHOUSE_USER']}', '{env['WAREHOUSE_PASSWORD']}', port => {env['WAREHOUSE_PORT']}, "
                "options => '{\"connect_timeout\": \"3\", \"stall_timeout\": \"3s\"}')")
        for relation, (_, statement) in RELATIONS.items():
            sql.run(statement.replace("BASE", self.first_day))
            self.held[relation] = self.content.version
        sql.run("CALL rsfed.refresh('matview')")
        sql.run(f"SELECT rsfed.define_set('{SET}', ARRAY{list(SET_MEMBERS)}::regclass[])")

    def catch_up(self, seconds=120):
        position = self.primary.sql.value("SELECT pg_current_wal_lsn()")

        def there():
            try:
                return self.replica.sql.value(f"SELECT pg_last_wal_replay_lsn() >= '{position}'") == "t"
            except Failed:
                return False
        wait_until(there, seconds, "the replica follows", 0.02)

    def fail_over(self):
        self.primary.stop("immediate")
        self.primary, self.replica = self.replica, self.primary
        self.primary.promote()

    def new_replica(self):
        self.replica.clone(self.primary)
        self.replica.start()
        self.catch_up()

    def mend(self):
        """After a failed round: the next ones need servers that work."""
        if not self.warehouse.is_up():
            self.warehouse.stop()
            self.warehouse.start()
        if not self.primary.is_up():
            self.primary.stop("immediate", check=False)
            self.primary.start()
            self.primary.wait_up()
        sql = self.primary.sql
        sql.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'faults_%'")
        try:
            self.replica.sql.run("SELECT 1", timeout=5)
            self.catch_up(30)
        except Failed:
            self.replica.stop("immediate", check=False)
            self.new_replica()
        for relation in RELATIONS:
            sql.run(f"CALL rsfed.refresh('{relation}')")
            self.held[relation] = self.content.version

    def stop(self):
        for server in (self.replica, self.primary):
            if server.postmaster():
                server.stop("immediate", check=False)
        if self.warehouse.folder.exists():
            self.warehouse.stop()

    @staticmethod
    def judge_line(line, round_):
        """Is a line of a server's log a failure of the round?"""
        if round_.fills_disk and "No space left on device" in line:
            return False
        if NEVER.search(line):
            return True
        if "was terminated by signal" in line:
            # after a PANIC because the disk is full, it is an abort
            return not (round_.fills_disk if "signal 6:" in line else round_.crashes)
        return bool(INTERNAL.search(line)) and not REMOTE_INTERNAL.search(line)


class Report:
    def __init__(self):
        self.rounds = collections.Counter()
        self.failed = collections.Counter()
        self.skipped = collections.Counter()
        self.phases = collections.Counter()
        self.times = collections.defaultdict(list)

    def add(self, round_, ok):
        if round_.skipped:
            self.skipped[round_.name] += 1
            return
        self.rounds[round_.name] += 1
        self.failed[round_.name] += not ok
        self.phases.update(round_.phase.split("+"))
        for what, seconds in round_.times.items():
            self.times[what, round_.name].append(seconds)

    def show(self):
        print(f"\n{'fault':28}{'rounds':>7}{'failed':>7}   seconds, median and max: failed row, next success")
        for name in sorted(self.rounds):
            parts = []
            for what in ("until the row is failed", "until the next success"):
                seconds = self.times.get((what, name))
                parts.append(f"{statistics.median(seconds):6.2f} {max(seconds):6.2f} ({len(seconds)})"
                             if seconds else f"{'-':>6} {'-':>6}")
            print(f"{name:28}{self.rounds[name]:7}{self.failed[name]:7}   {parts[0]:22}{parts[1]}")
        for name, count in self.skipped.items():
            print(f"{name:28}{count:7} skipped")
        print("phases hit: " + ", ".join(f"{phase} {count}" for phase, count in self.phases.most_common()))


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bindir", type=pathlib.Path, required=True)
    parser.add_argument("--root", type=pathlib.Path, help="the servers run inside this folder, of which bindir and "
                        "folder are part: by chroot, as root")
    parser.add_argument("--folder", type=pathlib.Path, required=True)
    parser.add_argument("--disks", type=pathlib.Path, help="folder with small file systems a and b")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--only", type=int, action="append", help="only the round of that number")
    parser.add_argument("--fault", action="append", choices=sorted(FAULTS))
    parser.add_argument("--method", action="append", choices=METHODS)
    return parser.parse_args()


def plan(arguments):
    """(number, fault, method, its own random) of each round: each fault once
    before any is repeated."""
    chooser = random.Random(arguments.seed)
    faults, rounds = [], []
    for number in range(1, arguments.rounds + 1):
        if not faults:
            faults = list(arguments.fault or FAULTS)
            chooser.shuffle(faults)
        rounds.append((number, faults.pop(), chooser.choice(arguments.method or METHODS),
                       random.Random(chooser.random())))
    return [round_ for round_ in rounds if not arguments.only or round_[0] in arguments.only]


def told_to_end(number, _):
    """Stops the servers, and ignores further signals meanwhile."""
    for which in ENDS:
        signal.signal(which, signal.SIG_IGN)
    sys.exit(128 + number)


def begin(arguments):
    """A signal stops the servers, too, and the seed is printed, so that the rounds can be repeated."""
    for which in ENDS:
        signal.signal(which, told_to_end)
    if arguments.seed is None:
        arguments.seed = random.SystemRandom().randint(1, 999999)
    print(f"seed {arguments.seed}", flush=True)


def main():
    arguments = read_arguments()
    begin(arguments)
    world, report = World(arguments), Report()
    world.place.make_folder(arguments.folder)
    passed = failed = 0
    try:
        world.start()
        for number, name, method, own_random in plan(arguments):
            began = time.time()
            round_ = Round(world, number, name, method, own_random)
            ok = round_.run()
            report.add(round_, ok)
            if not round_.skipped:
                passed += ok
                failed += not ok
            times = ", ".join(f"{what} {seconds:.2f}" for what, seconds in round_.times.items())
            print(f"{'ok' if ok else 'not ok'} {number} - {name}, {method} by {round_.trigger}, phase {round_.phase}"
                  f" ({time.time() - began:.1f} s; {times})"
                  + (f" # SKIP {round_.skipped}" if round_.skipped else ""), flush=True)
            for text in round_.failures:
                print(f"#   {text}", flush=True)
            if not ok:
                for text in round_.notes:
                    print(f"#   note: {text}", flush=True)
                world.mend()
    except Failed as error:
        failed += 1
        print(f"not ok - the rounds could not go on: {error}")
    finally:
        world.stop()
    report.show()
    print(f"{world.samples} looks at content meanwhile; seed {arguments.seed}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
