#!/usr/bin/python3
"""Fault injection: a node that publishes rollups, and its subscriber, under load.

    subscriber.py --bindir DIR [--root DIR] --folder DIR [--rounds N] [--seed S] [--fault NAME]... [--change NAME]... [--only N]

Makes a node and its standby, a subscriber without rsfed and its standby, a
connection between the two that can be cut, and a stand-in in the folder, and runs
N rounds.  In each one rollups are refreshed all the time, a fault begins at a
random moment, in most of them while a definition or the publication changes, and
a session reads on the subscriber's standby.  Then the result is checked
(subscriber_round.py).  The last line is "N passed, N failed".
"""

import argparse
import collections
import pathlib
import random
import shutil
import subprocess
import sys
import threading
import time

from run import SETTINGS, begin
from servers import Failed, Place, Server, Warehouse, wait_until
from subscriber_changes import CHANGES
from subscriber_content import DAYS, FUNCTIONS, SERVER, Versions, rollups
from subscriber_faults import FAULTS
from subscriber_round import SubscriberRound
from wire import Wire

# lost connections are detected, and retried, within seconds
QUICK = """
listen_addresses = '127.0.0.1'
wal_level = logical
wal_retrieve_retry_interval = '200ms'
wal_receiver_timeout = '5s'
wal_sender_timeout = '5s'
max_slot_wal_keep_size = '512MB'
max_standby_streaming_delay = '30s'
wal_receiver_status_interval = '1s'
"""
SET, SET_MEMBERS = "pair", ("one", "two")


class SubscriberWorld:
    """The servers, and their known state between rounds."""

    def __init__(self, arguments):
        self.folder = arguments.folder
        self.place = Place(arguments.bindir, arguments.root)
        self.warehouse = Warehouse(self.folder / "warehouse")
        self.node, self.node_standby, self.aurora, self.reader = [
            Server(self.place, self.folder, name) for name in ("node", "node2", "aurora", "reader")]
        self.wire = Wire()
        self.rollups = {rollup.base: rollup for rollup in rollups()}
        self.versions = None
        self.first_day = ""
        self.quiet = threading.Lock()    # held by sessions that query the warehouse, or change it
        self.definitions = {}    # (relation, number of its definition): d
        self.looks = self.refreshes = 0

    # -- setup ----------------------------------------------------------------------

    def start(self):
        self.warehouse.start()
        base = self.warehouse.direct.value("SELECT current_date::text")
        self.first_day = self.warehouse.direct.value(f"SELECT (date '{base}' - {DAYS})::text")
        self.versions = Versions(self.warehouse, base)
        self.versions.create()
        self.versions.bump(time.time)
        authority = self.folder / "ca.crt"
        shutil.copyfile(self.warehouse.env["WAREHOUSE_CA"], authority)
        self.node.create(SETTINGS.format(ca=self.place.inside(authority)) + QUICK)
        self.node.start()
        self.wire.to = self.node.port
        self.define()
        plain = "".join(line + "\n" for line in SETTINGS.splitlines() if "rsfed" not in line)
        self.aurora.create(plain + QUICK)
        self.aurora.start()
        self.aurora.sql.run(FUNCTIONS)
        self.new_standby(self.node, self.node_standby)
        self.new_standby(self.aurora, self.reader)
        self.run_script()
        self.in_step()

    def define(self):
        sql = self.node.sql
        env = self.warehouse.env
        sql.run("SET client_min_messages = warning; CREATE EXTENSION rsfed CASCADE")
        sql.run("CREATE ROLE replicator LOGIN REPLICATION; GRANT pg_read_all_data TO replicator")
        sql.run(f"SELECT rsfed.register_server('{SERVER}', '{env['WAREHOUSE_HOST']}', '{env['WAREHOUSE_DBNAME']}', "
                f"'{env['WAREHOUSE_USER']}', '{env['WAREHOUSE_PASSWORD']}', port => {env['WAREHOUSE_PORT']}, "
                # there are many logins, and encryption is tested elsewhere
                "sslmode => 'disable', options => '{\"connect_timeout\": \"3\", \"stall_timeout\": \"3s\"}')")
        for rollup in self.rollups.values():
            sql.run(rollup.define(self.first_day))
        sql.run(f"SELECT rsfed.define_set('{SET}', ARRAY{list(SET_MEMBERS)}::regclass[])")
        sql.run(f"SELECT rsfed.publish(ARRAY{[name for name in self.rollups if name not in SET_MEMBERS]}::regclass[], "
                f"options => '{{\"sets\": [\"{SET}\"]}}')")

    def new_standby(self, primary, standby):
        standby.stop("immediate", check=False)
        if self.has_failover_slots() and primary is self.node:
            primary.sql.run("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_type = 'physical'",
                            "SELECT pg_create_physical_replication_slot('standby')")
        standby.clone(primary)
        if self.has_failover_slots() and primary is self.node:
            with open(standby.data / "postgresql.auto.conf", "a", encoding="utf-8") as file:
                file.write("primary_slot_name = 'standby'\nsync_replication_slots = on\nsynchronized_standby_slots = ''\n"
                           f"primary_conninfo = 'host={self.place.inside(self.folder)} port={primary.port} user=postgres dbname=postgres'\n")
            primary.set(synchronized_standby_slots="'standby'")
        standby.start()
        self.catch_up(primary, standby)

    def has_failover_slots(self):
        return self.node.sql.value("SHOW server_version_num") >= "170000"

    # -- subscribing ----------------------------------------------------------------

    def run_script(self, *variables):
        """Runs the node's script on the subscriber."""
        script = self.node.sql.run("SELECT rsfed.subscriber_script()")
        text = "\n".join("\x1f".join(row) for row in script)
        words = self.aurora.sql.command("faults_script")
        for variable in (f"connection=host=127.0.0.1 port={self.wire.port} dbname=postgres user=replicator", *variables):
            words += ["-v", variable]
        try:
            done = subprocess.run(words + ["-f", "-"], env=self.aurora.sql.environment, input=text, capture_output=True,
                                  text=True, timeout=60, check=False)
        except subprocess.TimeoutExpired as error:
            raise Failed("the script did not end within 60 s") from error
        if done.returncode != 0:
            raise Failed(f"the script: {done.stderr.strip()}")

    def forget_subscription(self):
        """The steps of doc/aurora.md for a node whose slots were lost in a failover."""
        sql = self.aurora.sql
        if sql.value("SELECT count(*) FROM pg_subscription") != "0":
            sql.run("ALTER SUBSCRIPTION rsfed DISABLE", "ALTER SUBSCRIPTION rsfed SET (slot_name = NONE)",
                    "DROP SUBSCRIPTION rsfed")

    def in_step(self, seconds=90):
        """All tables are copied, and content and freshness arrive together."""
        def there():
            try:
                return self.aurora.sql.value("SELECT count(*) > 0 AND bool_and(srsubstate = 'r') FROM pg_subscription_rel") == "t"
            except Failed:
                return False
        try:
            wait_until(there, seconds, "all tables are copied", 0.1)
        except Failed as error:
            raise Failed(f"{error}: {self.aurora.sql.run('SELECT srrelid::regclass, srsubstate FROM pg_subscription_rel')}, "
                         f"{self.aurora.sql.run('SELECT problem FROM rsfed.doctor()')}") from error

    @staticmethod
    def catch_up(primary, standby, seconds=60):
        position = primary.sql.value("SELECT pg_current_wal_lsn()")

        def there():
            try:
                return standby.sql.value(f"SELECT pg_last_wal_replay_lsn() >= '{position}'") == "t"
            except Failed:
                return False
        wait_until(there, seconds, f"server {standby.name} follows", 0.15)

    def arrive(self, seconds=90):
        """Waits until the subscriber's standby has the commits of the node."""
        position = self.node.sql.value("SELECT pg_current_wal_lsn()")

        def there():
            return self.node.sql.value("SELECT count(*) FROM pg_replication_slots WHERE slot_name LIKE 'rsfed%' AND slot_type = 'logical' "
                                       f"AND confirmed_flush_lsn >= '{position}'") == "1"
        try:
            wait_until(there, seconds, "the subscriber has applied what is committed", 0.15)
        except Failed as error:
            raise Failed(f"{error}: {self.aurora.sql.run('SELECT severity, subject, problem FROM rsfed.doctor()')}") from error
        self.catch_up(self.aurora, self.reader)

    def settle(self, seconds=90):
        """The node accepts statements, and no session queries the warehouse."""
        def idle():
            try:
                return self.node.sql.value("SELECT count(*) FROM rsfed_catalog.run WHERE status IN ('queued', 'running')",
                                           timeout=20) == "0"
            except Failed:
                return False
        wait_until(idle, seconds, "the end of every run", 0.1)

    # -- failing over -----------------------------------------------------------------

    def promote_node(self):
        self.node.stop("immediate", check=False)
        self.node, self.node_standby = self.node_standby, self.node
        self.node.promote()
        self.wire.to = self.node.port
        self.wire.cut()

    def promote_subscriber(self):
        self.aurora.stop("immediate", check=False)
        self.aurora, self.reader = self.reader, self.aurora
        self.aurora.promote()

    # -- afterwards -------------------------------------------------------------------

    def mend(self):
        """After a failed round: the next ones need a subscriber that follows."""
        self.wire.open = self.wire.flows = True
        self.wire.left = None
        self.warehouse.reset()
        for server in (self.node, self.aurora):
            if not server.is_up():
                server.stop("immediate", check=False)
                server.start()
        self.aurora.sql.run("ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()",
                            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'faults_%'")
        self.settle()
        sql = self.node.sql
        sql.run("SELECT rsfed.resume(rollup) FROM rsfed.rollups",
                "SELECT rsfed.unpublish(array_agg(relation)) FROM rsfed.publications HAVING count(*) > 0",
                "SELECT rsfed.drop_rollup(rollup) FROM rsfed.rollups WHERE rollup::text LIKE 'extra%'")
        self.rollups = {base: rollup for base, rollup in self.rollups.items() if base != "extra"}
        for rollup in self.rollups.values():
            rollup.more = rollup.more_checked = False
            if rollup.base not in SET_MEMBERS and rollup.kind != "day":
                sql.run(rollup.alter())
                self.know_definition(rollup)
        self.forget_subscription()
        self.aurora.sql.run("DO $$ DECLARE t regclass; BEGIN FOR t IN SELECT to_regclass(format('%I.%I', schema_name, relation_name)) "
                            "FROM rsfed_catalog.subscribed LOOP EXECUTE COALESCE('DROP TABLE ' || t, 'SELECT 1'); END LOOP; "
                            "DELETE FROM rsfed_catalog.subscribed; DELETE FROM rsfed_catalog.subscriber; END $$")
        sql.run("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_type = 'logical' AND NOT active")
        sql.run("SELECT rsfed.publish(array_agg(rollup)) FROM rsfed.rollups")
        for primary, standby in ((self.node, self.node_standby), (self.aurora, self.reader)):
            self.new_standby(primary, standby)
        self.run_script()
        self.in_step()
        for server in (self.node, self.node_standby, self.aurora, self.reader):
            server.new_log()

    def know_definition(self, rollup):
        """The d of the present definition."""
        number = self.node.sql.value("SELECT u.definition FROM rsfed_catalog.rollup u JOIN rsfed_catalog.relation r USING (relation_id) "
                                     f"WHERE r.relation_name = '{rollup.name}'")
        self.definitions[rollup.base, int(number)] = rollup.d

    def stop(self):
        for server in (self.reader, self.aurora, self.node_standby, self.node):
            if server.postmaster():
                server.stop("immediate", check=False)
        if self.warehouse.folder.exists():
            self.warehouse.stop()


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bindir", type=pathlib.Path, required=True)
    parser.add_argument("--root", type=pathlib.Path, help="the servers run inside this folder, by chroot, as root")
    parser.add_argument("--folder", type=pathlib.Path, required=True)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--only", type=int, action="append", help="only the round of that number")
    parser.add_argument("--fault", action="append", choices=sorted(FAULTS))
    parser.add_argument("--change", action="append", choices=[*sorted(CHANGES), "none"])
    return parser.parse_args()


def plan(arguments):
    """(number, fault, change, its own random) of each round: each fault, and each
    change, once before any is repeated."""
    chooser = random.Random(arguments.seed)
    faults, changes, rounds = [], [], []
    for number in range(1, arguments.rounds + 1):
        if not faults:
            faults = list(arguments.fault or FAULTS)
            chooser.shuffle(faults)
        if not changes:
            changes = list(arguments.change or [*CHANGES, "none"])
            chooser.shuffle(changes)
        rounds.append((number, faults.pop(), changes.pop(), random.Random(chooser.random())))
    return [round_ for round_ in rounds if not arguments.only or round_[0] in arguments.only]


def report(done, world, seed):
    for what in ("fault", "change"):
        print(f"\n{what:28}{'rounds':>7}{'failed':>7}")
        for name, (count, failed) in sorted(done[what].items()):
            print(f"{name:28}{count:7}{failed:7}")
    print(f"{world.refreshes} refreshes, {world.looks} looks at the subscriber's standby; seed {seed}")


def main():
    arguments = read_arguments()
    begin(arguments)
    world = SubscriberWorld(arguments)
    world.place.make_folder(arguments.folder)
    done = {what: collections.defaultdict(lambda: [0, 0]) for what in ("fault", "change")}
    passed = failed = 0
    try:
        world.start()
        for number, fault, change, own_random in plan(arguments):
            began = time.time()
            round_ = SubscriberRound(world, number, fault, change, own_random)
            ok = round_.run()
            passed += ok
            failed += not ok
            world.looks += round_.looks
            world.refreshes += round_.refreshes
            for what, name in (("fault", fault), ("change", round_.change)):
                done[what][name][0] += 1
                done[what][name][1] += not ok
            print(f"{'ok' if ok else 'not ok'} {number} - {fault}, change {round_.change} ({time.time() - began:.1f} s; "
                  f"{round_.refreshes} refreshes, {round_.refused} of them failed; {round_.looks} looks, {round_.unknown} while it was copied)",
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
    report(done, world, arguments.seed)
    print(f"{passed + failed} rounds, {failed} failed")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
