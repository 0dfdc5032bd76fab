"""One round of a subscriber: refreshes, a fault, a change, and the checks of the result.

A reader on the subscriber's standby sees, in one snapshot, content and freshness
of one commit: the content is that of the version that the warehouse had at the
as_of in freshness, and the definition's number is that of the content.  Members
of a set have the same version.  Tables that are being copied are not checked.  At
rest both sides are the same.
"""

import collections
import re
import subprocess
import threading
import time

from run import World
from servers import Failed, SEPARATOR, wait_until
from subscriber_changes import CHANGES
from subscriber_content import Rollup, expected
from subscriber_faults import FAULTS, UNLIKE

SET, SET_MEMBERS = "pair", ("one", "two")
EXTRA = Rollup("extra")
EPOCH = "extract(epoch FROM {0})::numeric(18,6)"
FRESHNESS = (f"SELECT 'freshness', f.relation_name, x.state, {EPOCH.format('f.as_of')}, {EPOCH.format('f.changed_at')}, f.last_run_id, "
             "f.definition, faults.refused(f.relid) FROM rsfed_catalog.relation_freshness f JOIN rsfed.freshness x ON x.relation = f.relid;\n")
CONTENT = ("SELECT 'content', l.relation_name, faults.content(c.oid) FROM rsfed_catalog.subscribed l JOIN pg_class c "
           "ON c.relname = l.relation_name AND c.relkind = 'r' WHERE l.copy_number <> 0;\n")
# PostgreSQL's messages about a standby that was stopped during recovery, and, if it
# replicates, about a server that stops
USUAL = re.compile("some data might be corrupted|possibly corrupted shared memory|"
                   "(logical replication|slotsync)[a-z ]* XX000 ERROR: +could not ")
# the columns of freshness that must be the same on both sides
SAME_FRESHNESS = ("SELECT relation, state, as_of, max_age, is_late, data_through, changed_at, last_run_id, failing_since, failures "
                  "FROM rsfed.freshness WHERE relation = '{0}'::regclass")


class Session:
    """A psql session that stays open, for frequent queries; raises Failed when it
    has ended."""

    def __init__(self, sql):
        self.process = subprocess.Popen(sql.command("faults_reader") + ["-v", "ON_ERROR_STOP=1"], env=sql.environment,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def ask(self, text):
        try:
            self.process.stdin.write(text + "\\echo end of the answer\n")
            self.process.stdin.flush()
        except OSError as error:
            raise Failed(f"a session has ended: {error}") from error
        rows = []
        for line in self.process.stdout:
            if line == "end of the answer\n":
                return rows
            rows.append(line.rstrip("\n").split(SEPARATOR))
        raise Failed(f"a session has ended: {rows[-3:]}")

    def close(self):
        self.process.kill()
        self.process.communicate()


class SubscriberRound:
    fills_disk = False       # used to decide about lines of the log

    def __init__(self, world, number, fault, change, random):
        self.world = world
        self.number = number
        self.random = random
        self.fault = fault
        # another test covers the losses of a lost node
        self.change = "none" if fault in UNLIKE else change
        self.failures = []
        self.crashes = False
        self.refreshes = self.refused = 0
        self.looks = self.unknown = 0
        self.ends = threading.Event()
        self.ends_looking = threading.Event()
        self.seen_definitions = collections.defaultdict(set)
        self.seen_runs = collections.defaultdict(set)
        self.first_run = 0

    def fail(self, text):
        if text not in self.failures and len(self.failures) < 20:
            self.failures.append(text)

    def sleep(self, least, most):
        time.sleep(self.random.uniform(least, most))

    # -- the load -------------------------------------------------------------------

    def call(self, rollup, timeout=60):
        """One refresh, in a session or in a worker; a set's members together."""
        sql = self.world.node.sql
        if rollup.base in SET_MEMBERS:
            sql.run(f"CALL rsfed.refresh_set('{SET}')", timeout=timeout)
        elif self.random.random() < 0.5:
            sql.run(f"CALL rsfed.refresh('{rollup.name}')", timeout=timeout)
        else:
            run_id = sql.value(f"SELECT rsfed.request_refresh('{rollup.name}')")
            sql.run(f"SELECT rsfed.wait({run_id})", timeout=timeout)

    def refresh(self):
        """The content changes while no session queries it, and is then queried."""
        world = self.world
        while not self.ends.is_set():
            try:
                # the same rollups again, or others
                with world.quiet:
                    world.settle()
                    if self.random.random() < 0.8:
                        world.versions.bump(time.time)
                for rollup in self.random.sample(list(world.rollups.values()), self.random.randint(1, 3)):
                    with world.quiet:
                        self.refreshes += 1
                        try:
                            self.call(rollup)
                        except Failed:
                            self.refused += 1
                        world.settle()
            except Failed as error:
                self.fail(f"the node does not come to rest: {error}")
                return

    def look(self):
        """A session that reads on the subscriber's standby."""
        session = None
        # a table whose column gets another type is rewritten, and empty for an earlier snapshot
        pauses = [0, 0, 0, 0, 0.05, 0.05] + [0.8] * (self.change != "another_type")
        while not self.ends_looking.wait(0.02):
            try:
                session = session or Session(self.world.reader.sql)
                first, second = self.random.sample([FRESHNESS, CONTENT], 2)
                between = f"SELECT pg_sleep({self.random.choice(pauses)}) IS NULL;\n"
                rows = session.ask("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY;\n" + first + between + second + "COMMIT;\n")
            except (Failed, OSError):
                # it is down, or another server is the standby
                if session:
                    session.close()
                session = None
                time.sleep(0.1)
                continue
            self.judge(rows)
        if session:
            session.close()

    def judge(self, rows):
        """Checks the rows that were read in one snapshot."""
        content = {row[1]: row[2] for row in rows if row[0] == "content"}
        versions = {}
        for row in rows:
            if row[0] != "freshness":
                continue
            _, name, state, as_of, changed_at, run_id, definition, refused = row
            # an extra one is known there before and after it is refreshed
            rollup = self.world.rollups.get(name.split("_")[0], EXTRA)
            self.looks += 1
            if not as_of:
                self.unknown += 1
                if state != "never" and state != "paused" or refused != "t":
                    self.fail(f"{name} has no as_of, and its state is {state}, refused {refused}")
                continue
            if refused == "t":
                self.fail(f"{name} is refused, as of {as_of}, {state}")
            if name not in content:
                self.fail(f"{name} is fresh, and not there: {sorted(content)}")
                continue
            count, v, marked, checksum, given, right = (content[name].split("/") + [""] * 6)[:6]
            if not v.isdigit() or v == "0":
                self.fail(f"{name} is as of {as_of}, {state}, and holds {content[name]}")
                continue
            v = int(v)
            d = int(marked) - (63 + v if rollup.kind == "day" else 0)
            if f"{count}/{v}/{marked}/{checksum}" != expected(rollup.kind, v, d):
                self.fail(f"{name} holds {content[name]}, and version {v} wholly is {expected(rollup.kind, v, d)}")
            for what, moment in (("as of", as_of), ("changed at", changed_at)):
                should = self.world.versions.at(float(moment))
                if should != v:
                    self.fail(f"{name} holds version {v}, {what} {moment}, when the warehouse held {should}; run {run_id}, {state}")
            if rollup.more_checked and (given != "0" and (given != count or right != count)):
                self.fail(f"{name} has {given} values in its new column, {right} of them right, of {count}")
            self.seen_definitions[rollup.base, int(definition)].add(d)
            self.seen_runs[int(run_id)].add(as_of)
            versions[rollup.base] = v
        if len({versions[base] for base in SET_MEMBERS if base in versions}) > 1:
            self.fail(f"members of a set hold {versions}")

    # -- the round ------------------------------------------------------------------

    def guarded(self, function):
        try:
            function(self)
        except Failed as error:
            self.fail(f"{function.__name__}: {error}")
        except Exception as error:  # pylint: disable=broad-except
            self.fail(f"{function.__name__}: {error!r}")

    def run(self):
        """The whole round; returns True if all held."""
        world = self.world
        self.first_run = int(world.node.sql.value("SELECT COALESCE(max(run_id), 0) FROM rsfed_catalog.run"))
        load = [threading.Thread(target=self.guarded, args=(work,), daemon=True)
                for work in (SubscriberRound.refresh, SubscriberRound.look)]
        deeds = [threading.Thread(target=self.guarded, args=(deed,), daemon=True)
                 for deed in (FAULTS[self.fault], CHANGES.get(self.change)) if deed]
        for thread in load + deeds:
            thread.start()
        for thread in deeds:
            thread.join()
        self.ends.set()
        load[0].join()
        self.guarded(SubscriberRound.come_to_rest)
        self.ends_looking.set()
        load[1].join()
        self.guarded(SubscriberRound.check_seen)
        for server in (world.node, world.node_standby, world.aurora, world.reader):
            for line in server.new_log():
                if World.judge_line(line, self) and not USUAL.search(line):
                    self.fail(f"log of {server.name}: {line[:400]}")
        return not self.failures

    def come_to_rest(self):
        """Everything is refreshed once more, arrives, and is the same on both sides."""
        world = self.world
        world.settle()
        world.versions.bump(time.time)
        for rollup in world.rollups.values():
            if rollup.base != SET_MEMBERS[1]:
                self.call(rollup, timeout=90)
        world.in_step()
        world.arrive()
        world.catch_up(world.node, world.node_standby)
        looks = self.looks
        wait_until(lambda: self.looks > looks + len(world.rollups), 60, "looks at rest")
        for rollup in world.rollups.values():
            self.compare(rollup)
        findings = world.aurora.sql.run("SELECT severity, subject, problem FROM rsfed.doctor() WHERE severity <> 'ok'")
        if findings:
            self.fail(f"rsfed.doctor() on the subscriber at rest: {findings}")
        problem = world.node.sql.run("SELECT slot, problem FROM rsfed.subscribers WHERE problem IS NOT NULL")
        if problem:
            self.fail(f"rsfed.subscribers at rest: {problem}")

    def compare(self, rollup):
        """EXCEPT ALL in both directions, and freshness."""
        node, reader = self.world.node.sql, self.world.reader.sql
        columns = node.value("SELECT array_to_string(columns, ', ') FROM rsfed.publications WHERE publication = 'rsfed' "
                             f"AND relation = '{rollup.name}'::regclass")
        query = f"SELECT ROW({columns})::text FROM {rollup.name}"
        here, there = ([row[0] for row in server.run(query)] for server in (node, reader))
        here, there = collections.Counter(here), collections.Counter(there)
        for what, rows in (("not there", here - there), ("only there", there - here)):
            if rows:
                self.fail(f"{rollup.name}: {sum(rows.values())} rows are {what}, such as {str(list(rows)[0])[:200]}")
        if "more" in columns.split(", ") and not rollup.more:
            self.fail(f"{rollup.name} still publishes column more")
        query = SAME_FRESHNESS.format(rollup.name)
        here, there = node.run(query), reader.run(query)
        if here != there:
            self.fail(f"{rollup.name}: freshness is {here}, and on the subscriber {there}")
        if here[0][1] != "fresh":
            self.fail(f"{rollup.name} is {here[0][1]} at rest")

    def check_seen(self):
        """The definitions and runs that readers saw are those of the node."""
        for key, seen in self.seen_definitions.items():
            should = self.world.definitions.setdefault(key, min(seen))
            if seen != {should}:
                self.fail(f"{key[0]}: definition {key[1]} is {should}, and content of {sorted(seen)} was seen with it")
        if self.fault in UNLIKE:
            # the numbers of runs that were lost with the node are used again
            return
        runs = dict(self.world.node.sql.run(
            f"SELECT run_id, {EPOCH.format('as_of')} FROM rsfed_catalog.run WHERE run_id > {self.first_run} "
            # a failure does not change the as_of of the content
            "AND status IN ('published', 'unchanged')"))
        for run_id, seen in self.seen_runs.items():
            if str(run_id) in runs and seen != {runs[str(run_id)]}:
                self.fail(f"run {run_id} is as of {runs[str(run_id)]}, and {sorted(seen)} was seen of it")
