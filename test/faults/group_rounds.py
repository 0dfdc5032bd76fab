"""One round of a group: load, members that fail and return, and the checks of the result.

One member works all the time, so every use of the group must succeed: a query
returns the content of one version, a refresh succeeds.  Only runs that may not
use every member may fail.
"""

import collections
import signal
import threading
import time

from run import World
from servers import Failed, send_signal, wait_until

GROUP = "house"
MEMBERS = ("w1", "w2", "w3")
MAX_RUNS = {"w1": 2, "w2": 1, "w3": 3}
STRATEGIES = ["weighted", "failover", "least_busy"]
# the limits are for hangs: a machine may be busy
RECOVERS_S = 120
# all members that these may use can be unavailable
CONSTRAINED = ("pinned", "choosy")


class Member:
    """A member that may be harmed: the possible faults, and how each is undone."""

    def __init__(self, round_, name, random):
        self.round = round_
        self.name = name
        self.random = random
        self.warehouse = round_.world.warehouses[name]
        self.sql = round_.world.primary.sql
        self.most = 0            # runs at the same time

    def slow(self):
        """Makes runs last long enough to overlap each other, and a fault."""
        self.warehouse.fault("slow_rows 15 100")

    def look(self):
        """Keeps the count of runs before a fault resets it."""
        rows = dict(row for row in self.warehouse.control.run("STANDIN STATUS") if row[0] != "fault")
        self.most = max(self.most, int(rows["runs_most"]))

    def reset(self):
        self.look()
        self.warehouse.reset()
        self.slow()

    def alter(self, what):
        self.sql.run(f"SELECT rsfed.alter_member('{GROUP}', '{self.name}', {what})")

    # -- actions, each a generator that continues when it is to be undone ---------

    def killed(self):
        self.look()
        self.warehouse.kill()
        yield
        self.warehouse.start()
        self.slow()

    def restarted(self):
        self.look()
        self.warehouse.stop()
        yield
        self.warehouse.start()
        self.slow()

    def stopped(self):
        """Its host is stopped: TCP still accepts connections, but there is no answer."""
        pids = self.warehouse.processes()
        send_signal(pids, signal.SIGSTOP)
        yield
        send_signal(pids, signal.SIGCONT)

    def armed(self, *faults):
        for words in faults:
            self.warehouse.fault(words)
        yield
        self.reset()

    def paused(self):
        yield from self.armed("refuse_connections", "reset_connections")

    def filled(self):
        yield from self.armed("too_many_connections")

    def hanging(self):
        yield from self.armed("hang_connect")

    def black_hole(self):
        yield from self.armed("black_hole")

    def cut(self):
        yield from self.armed(f"cut_after_rows {self.random.randint(0, 2500)}")

    def stalled(self):
        yield from self.armed(f"stall_after_rows {self.random.randint(0, 2500)} TIMES {self.random.randint(1, 3)}")

    def resizing(self):
        yield from self.armed("error 57P01 'terminating connection due to administrator command'")

    def sessions_ended(self):
        self.warehouse.direct.run(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name LIKE 'rsfed%'")
        yield

    def drained(self):
        self.alter("drain => true, reason => 'a round'")
        yield
        self.alter("drain => false")

    def weighed(self):
        self.alter(f"weight => {self.random.choice([0, 3, 10])}")
        yield
        self.alter("weight => 1")

    def removed(self):
        self.sql.run(f"SELECT rsfed.remove_member('{GROUP}', '{self.name}')")
        yield
        verify = self.random.choice(["true", "false"])
        self.sql.run(f"SELECT rsfed.add_member('{GROUP}', '{self.name}', verify => {verify})")
        # the number and the priority are those of a new member
        self.alter(f"priority => {self.round.priorities[self.name]}")


HARMS = ["killed", "restarted", "stopped", "paused", "filled", "hanging", "black_hole", "cut", "stalled", "resizing",
         "sessions_ended", "drained", "weighed", "removed"]


class GroupRound:
    crashes = fills_disk = False     # used to decide about lines of the log

    def __init__(self, world, number, random):
        self.world = world
        self.number = number
        self.random = random
        self.strategy = random.choice(STRATEGIES)
        order = random.sample(MEMBERS, 3)
        self.priorities = {name: priority for priority, name in enumerate(random.sample(MEMBERS, 3), 1)}
        self.members = {name: Member(self, name, type(random)(random.random())) for name in MEMBERS}
        self.harmed = {name: random.sample(HARMS, random.randint(1, 2)) for name in order[1:]}
        self.failures = []
        self.hits = collections.Counter()
        self.runs = collections.Counter()
        self.back = None         # seconds until all members were used again
        self.ends = threading.Event()
        self.wrote = {}          # number: was the write reported as successful?
        self.first_run = 0
        self.t_healed = 0.0

    def title(self):
        return "; ".join(f"{name} {', '.join(harms)}" for name, harms in sorted(self.harmed.items()))

    def fail(self, text):
        if text not in self.failures and len(self.failures) < 20:
            self.failures.append(text)

    # -- the load -----------------------------------------------------------------

    def expected(self, which):
        return {self.world.expected(which, version) for version in (self.world.version - 1, self.world.version)}

    def ask(self):
        """A session that queries the group repeatedly."""
        content, sql = self.world.contents[0], self.world.primary.sql
        shape = "rsfed.query('{0}', 'SELECT k, name, amount FROM fault_all') AS q (k integer, name text, amount numeric)"
        query = "SELECT " + content.fingerprint(f"(SELECT * FROM {shape.format(GROUP)})", "all")
        while not self.ends.wait(0.2):
            try:
                for row in sql.run(query, query, timeout=60):
                    self.world.asked += 1
                    if row[0] not in self.content["all"]:
                        self.fail(f"a query of the group is answered by {row[0]}, versions are {self.content['all']}")
            except Failed as error:
                self.fail(f"a query of the group failed while a member worked: {error}")

    def write(self):
        """A session that writes to the group, each number once, on any member."""
        number = self.number * 100000
        while not self.ends.wait(0.1):
            number += 1
            try:
                self.world.primary.sql.run(
                    f"SELECT rsfed.execute('{GROUP}', 'INSERT INTO fault_calls VALUES ({number})', on_members => 'one')", timeout=60)
                self.wrote[number] = True
            except Failed:
                self.wrote[number] = False

    def watch(self):
        """A session that reads the rollups."""
        content = self.world.contents[0]
        while not self.ends.wait(0.3):
            for relation, (which, _, _) in self.world.rollups.items():
                try:
                    seen = self.world.primary.sql.value("SELECT " + content.fingerprint(relation, which))
                    self.world.looks += 1
                    if seen not in self.content[which]:
                        self.fail(f"{relation} holds {seen}, versions are {self.content[which]}: "
                                  + content.differences(self.world.primary.sql, relation, self.world.version))
                except Failed as error:
                    self.fail(f"a look at {relation} failed: {error}")

    def harm(self, name):
        """The actions on a member, one after the other."""
        member = self.members[name]
        for harm in self.harmed[name]:
            time.sleep(member.random.uniform(0, 1.5))
            try:
                deed = getattr(member, harm)()
                next(deed)
                self.hits[harm] += 1
                time.sleep(member.random.uniform(0.3, 3))
                for _ in deed:
                    pass
            except Failed as error:
                self.fail(f"{name} {harm}: {error}")

    # -- the round ----------------------------------------------------------------

    def prepare(self):
        sql = self.world.primary.sql
        self.first_run = int(sql.value("SELECT coalesce(max(run_id), 0) FROM rsfed_catalog.run"))
        sql.run(f"SELECT rsfed.alter_group('{GROUP}', '{self.strategy}')",
                *(f"SELECT rsfed.alter_member('{GROUP}', '{name}', priority => {priority})"
                  for name, priority in self.priorities.items()))
        for member in self.members.values():
            member.warehouse.reset()
            member.slow()
        self.world.bump()
        self.content = {which: self.expected(which) for which in ("all", "day")}
        sql.run(*(f"SELECT rsfed.schedule_refresh('{relation}', '1 second', options => '{options}')"
                  for relation, (_, options, _) in self.world.rollups.items()))

    def run(self):
        """The whole round; returns True if all held."""
        threads = []
        try:
            self.prepare()
            threads = [threading.Thread(target=work, daemon=True) for work in
                       [self.ask, self.ask, self.write, self.watch]]
            harms = [threading.Thread(target=self.harm, args=(name,), daemon=True) for name in self.harmed]
            for thread in threads + harms:
                thread.start()
            for thread in harms:
                thread.join()
            self.t_healed = time.time()
            self.come_back()
            self.recover()
        except Failed as error:
            self.fail(str(error))
        finally:
            self.ends.set()
            for thread in threads:
                thread.join()
        try:
            self.tidy()
            self.check_runs()
            self.check_members()
            self.check_written()
        except Failed as error:
            self.fail(str(error))
        for line in self.world.primary.new_log():
            if World.judge_line(line, self):
                self.fail(f"log: {line[:400]}")
        return not self.failures

    def come_back(self):
        """All members are used again, by the load alone."""
        states = f"SELECT string_agg(server || ' ' || state, ', ' ORDER BY server) FROM rsfed.groups WHERE group_name = '{GROUP}'"
        sql = self.world.primary.sql
        try:
            wait_until(lambda: sql.value(states) == ", ".join(f"{name} healthy" for name in MEMBERS), RECOVERS_S,
                       "members that work again are used")
            self.back = time.time() - self.t_healed
        except Failed as error:
            self.fail(f"{error}: {sql.value(states)}")

    def recover(self):
        """Every rollup is refreshed and has the content of the warehouses."""
        sql = self.world.primary.sql
        since = time.time()
        content = self.world.contents[0]
        for relation, (which, _, _) in self.world.rollups.items():
            fresh = (f"SELECT as_of > to_timestamp({since}) AND failures = 0 FROM rsfed_catalog.freshness f "
                     f"JOIN rsfed_catalog.relation r USING (relation_id) WHERE r.relation_name = '{relation}'")
            try:
                wait_until(lambda fresh=fresh: sql.value(fresh) == "t", RECOVERS_S, f"the next success of {relation}", 0.1)
            except Failed as error:
                rows = sql.run("SELECT run_id, status, server, phase, sqlstate, replace(message || note, E'\\n', ' / ') FROM rsfed.runs "
                               f"WHERE relation_name = 'public.{relation}' ORDER BY run_id DESC LIMIT 4")
                self.fail(f"{error}: " + "; ".join("|".join(row) for row in rows))
                continue
            seen = sql.value("SELECT " + content.fingerprint(relation, which))
            if seen != self.world.expected(which, self.world.version):
                self.fail(f"{relation} has not the newest content at the end: "
                          + content.differences(sql, relation, self.world.version))

    def tidy(self):
        sql = self.world.primary.sql
        sql.run("SELECT rsfed.unschedule_refresh(relation, name) FROM rsfed.schedules")
        wait_until(lambda: sql.value("SELECT count(*) FROM rsfed_catalog.run WHERE status IN ('queued', 'running')") == "0",
                   RECOVERS_S, "the end of every run")

    def check_runs(self):
        for relation, status, moved, count, first in self.world.primary.sql.run(
                "SELECT relation_name, status, moved_from IS NOT NULL, count(*), min(replace(concat_ws(' ', run_id, server, moved_from, sqlstate, message, detail, note), E'\\n', ' / ')) "
                f"FROM rsfed_catalog.run WHERE run_id > {self.first_run} GROUP BY 1, 2, 3"):
            self.runs[f"{status}, moved" if moved == "t" else status] += int(count)
            if status not in ("published", "unchanged", "cancelled", "skipped") and relation not in CONSTRAINED:
                self.fail(f"{count} runs of {relation} {status} while a member worked: {first}")

    def check_members(self):
        """There were no more runs than max_runs, and none is counted as running
        afterwards."""
        for name, member in self.members.items():
            member.look()
            if member.most > MAX_RUNS[name]:
                self.fail(f"{member.most} runs at one time came to {name}, which has max_runs {MAX_RUNS[name]}")
        running = "SELECT sum(running) FROM rsfed.groups"
        try:
            wait_until(lambda: self.world.primary.sql.value(running) == "0", 30, "nothing is counted as running")
        except Failed as error:
            self.fail(str(error))

    def check_written(self):
        """Writes that were reported as successful exist once, and nothing exists twice."""
        there = collections.Counter()
        for warehouse in self.world.warehouses.values():
            there.update(int(row[0]) for row in warehouse.direct.run(
                f"SELECT id FROM fault_calls WHERE id / 100000 = {self.number}"))
        self.world.written += len(self.wrote)
        for number, worked in self.wrote.items():
            if there[number] > 1 or worked and there[number] == 0:
                self.fail(f"command {number}, which {'worked' if worked else 'failed'}, had its effect {there[number]} times")
        unknown = set(there) - set(self.wrote)
        if unknown:
            self.fail(f"commands that nobody gave had an effect: {sorted(unknown)[:5]}")
