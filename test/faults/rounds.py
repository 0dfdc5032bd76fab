"""One round: random runs, one fault at a random moment, and the checks of the result.

A failure is reported with fail(); the round continues, so that it reports all its
failures.
"""

import threading
import time

from content import ALTERED, PART, PART_KEYS, QUERY_ALL, QUERY_DAY, RELATIONS, SERVER, SET, SET_MEMBERS
from faults import FAULTS
from servers import Failed, SEPARATOR, wait_until

# how a run is started
TRIGGERS = ["schedule", "retry", "request", "call", "block"]
METHODS = ["merged", "sorted", "windowed", "replaced", "matview", "parted", "define", "backfill", "set", "alter"]
# the limits are for hangs: a machine may be busy
RECOVERS_S = 120
# one due time, and transient failures are retried soon
RETRIES = '{"retries": 60, "retry_delay": "500 ms", "retry_factor": 1, "retry_jitter": 0}'


class Seen:
    """A relation as one statement saw it: its content and its state."""

    def __init__(self, row):
        def seconds(text):
            return float(text) if text else None
        self.content, self.part, self.rest = row[0], row[1], row[2]
        self.as_of, self.changed_at = seconds(row[3]), seconds(row[4])
        self.failures, self.last_run = int(row[5]), row[6]
        self.through, self.filled_to = seconds(row[7]), seconds(row[8])
        self.at = seconds(row[9])

    @staticmethod
    def statement(content, relation):
        which = RELATIONS[relation][0]
        part = content.fingerprint(relation, which, PART)
        rest = content.fingerprint(relation, which, f"NOT ({PART})")
        return (f"SELECT {content.fingerprint(relation, which)}, {part}, {rest}, "
                "extract(epoch FROM f.as_of), extract(epoch FROM f.changed_at), f.failures, f.last_run_id, "
                "extract(epoch FROM f.data_through), extract(epoch FROM w.filled_to::timestamptz), "
                "extract(epoch FROM clock_timestamp()) "
                "FROM rsfed_catalog.freshness f JOIN rsfed_catalog.relation r USING (relation_id) "
                "LEFT JOIN rsfed_catalog.watermark w USING (relation_id) "
                f"WHERE r.schema_name = 'public' AND r.relation_name = '{relation}'")


class Sampler(threading.Thread):
    """Reads the relations of a round repeatedly, on primary and replica."""

    def __init__(self, round_):
        super().__init__(daemon=True)
        self.round = round_
        self.ends = threading.Event()
        self.samples = 0

    def run(self):
        turn = 0
        while not self.ends.wait(0.1):
            world = self.round.world
            server = [world.primary, world.replica][turn % 2]
            turn += 1
            for look, what in self.round.looks():
                try:
                    look(server, "meanwhile")
                    self.samples += 1
                except (Failed, OSError):
                    pass             # the server is down, or busy
                except Exception as error:  # pylint: disable=broad-except
                    self.round.fail(f"the look at {what} failed: {error!r}")

    def stop(self):
        self.ends.set()
        self.join()


class Round:
    def __init__(self, world, number, name, method, random):
        self.world = world
        self.number = number
        self.name = name
        self.method = method
        self.random = random
        self.trigger = random.choice(TRIGGERS)
        self.failures = []
        self.notes = []
        self.skipped = None
        self.crashes = False     # processes of the primary are killed
        self.fills_disk = False
        self.times = {}          # measured times, in seconds
        self.session_settings = []
        self.call = None
        self.t_fault = self.t_healed = self.t_bump = self.t_bumped = None
        self.phase = "-"
        self.first_run = 0
        self.alteration = random.choice(ALTERED) if method == "alter" else None
        self.relations = [method] if method in RELATIONS else list(SET_MEMBERS) if method == "set" else []
        if method in RELATIONS and random.random() < 0.4:
            others = [other for other in RELATIONS if other not in (method, "parted")]
            self.relations += random.sample(others, random.randint(1, 2))
            self.relations = list(dict.fromkeys(self.relations))

    # -- called by faults --------------------------------------------------------

    @property
    def primary(self):
        return self.world.primary

    @property
    def warehouse(self):
        return self.world.warehouse

    def fail(self, text):
        if text not in self.failures:
            self.failures.append(text)

    def note(self, text):
        self.notes.append(text)

    def skip(self, why):
        self.skipped = why

    def sleep(self, least, most):
        time.sleep(self.random.uniform(least, most))

    def moment(self):
        """Waits for a random moment of a run; in half of the cases of one in progress."""
        self.start_call()
        if self.random.random() < 0.8:
            try:
                wait_until(self.running_pids, 4, "a run", 0.01)
            except Failed:
                self.note("no run in progress")
        self.sleep(0, self.random.choice([0, 0.1, 0.3, 0.6]))
        self.phase = self.current_phase()

    def current_phase(self):
        try:
            return self.primary.sql.value("SELECT coalesce(string_agg(DISTINCT phase, '+'), '-') FROM rsfed.progress",
                                          timeout=3)
        except Failed:
            return "?"

    def hit(self):
        self.t_fault = time.time()

    def healed(self):
        self.t_healed = time.time()

    def hit_and_healed(self):
        self.hit()
        self.healed()

    def comes_back(self):
        """After a crash or restart: times are measured from the first connection on."""
        ready = self.primary.wait_up(after=self.t_fault)
        self.times["until connections are taken"] = ready - self.t_fault
        self.t_healed = max(ready, self.t_healed or 0)

    def relation(self):
        """A relation that the round refreshes, if there is one already."""
        own = {"backfill": "filling", "alter": "altered"}.get(self.method, "merged")
        return self.random.choice(self.relations or [own])

    def schedule(self):
        """Schedules the relations of the round: each second, or due once, with retries."""
        times = f"'1 day', options => '{RETRIES}'" if self.trigger == "retry" else "'1 second'"
        scheduled = {"set": [], "backfill": ["filling"], "alter": ["altered"]}.get(
            self.method, [relation for relation in self.relations if relation != "parted"])
        statements = [f"SELECT rsfed.schedule_refresh('{relation}', {times})" for relation in scheduled]
        if self.method == "set":
            statements.append(f"SELECT rsfed.schedule_set('{SET}', {times})")
        if self.trigger == "retry":
            statements.append("UPDATE rsfed_catalog.schedule SET next_run_at = now()")
        if statements:
            self.primary.sql.run("; ".join(statements))

    def set_option(self, option, then="SELECT 1"):
        """Changes an option of all schedules of the round, and more in the same transaction."""
        self.primary.sql.run(
            f"SELECT CASE WHEN set_name IS NULL THEN rsfed.alter_schedule(relation, name, options => '{option}') "
            f"ELSE rsfed.alter_set_schedule(set_name, name, options => '{option}') END FROM rsfed.schedules; {then}")

    def unschedule(self):
        self.primary.sql.run(
            "SELECT CASE WHEN set_name IS NULL THEN rsfed.unschedule_refresh(relation, name) "
            "ELSE rsfed.unschedule_set(set_name, name) END FROM rsfed.schedules")

    def call_statement(self):
        """The statements of a session that refreshes, defines or alters the
        relation of the round."""
        if self.method == "define":
            return self.define_statement()
        if self.method == "alter":
            return self.alter_statement()
        if self.method == "set":
            return f"CALL rsfed.refresh_set('{SET}')"
        part = f", part => '{PART_KEYS}'" if self.method == "parted" else ""
        return f"CALL rsfed.refresh('{self.relations[0] if self.relations else 'filling'}'{part})"

    def running_pids(self):
        """Processes with a run in progress, including the session of a CALL in a block."""
        rows = self.primary.sql.run(
            "SELECT pid FROM rsfed_catalog.run WHERE status = 'running' UNION "
            "SELECT pid FROM pg_stat_activity WHERE application_name = 'faults_call' AND query NOT LIKE 'SELECT pg_sleep%'")
        return [int(row[0]) for row in rows]

    def expect_ended(self, pids, seconds):
        """After a cancel or termination, processes must soon be idle or gone."""
        if not pids:
            return
        began = time.time()
        numbers = ", ".join(map(str, pids))
        query = (f"SELECT count(*) FROM pg_stat_activity WHERE pid IN ({numbers}) AND "
                 f"state_change < to_timestamp({began}) AND state <> 'idle'")
        try:
            wait_until(lambda: self.primary.sql.value(query) == "0", seconds, "the end of what was told to stop")
            self.times["until a stopped host was given up"] = time.time() - began
        except Failed as error:
            self.fail(str(error))

    # -- the round ----------------------------------------------------------------

    def start_call(self):
        """Starts the run of a session, if the round has one; only once."""
        if self.call is not None or self.trigger not in ("call", "block") and self.method not in ("define", "alter"):
            return
        settings = list(self.session_settings)
        statements = [self.call_statement()]
        if self.trigger == "block" and self.method != "define":
            statements = [f"BEGIN; {statements[0]}; COMMIT"]
        # the session continues after its statement, like one of a pool
        self.call = self.primary.sql.start(*settings, *statements, "RESET statement_timeout",
                                           "SELECT pg_sleep(120)", stops=False)

    @staticmethod
    def define_statement(name="defined"):
        return RELATIONS["merged"][1].replace("'merged'", f"'{name}'")

    def alter_statement(self):
        query, more, _ = self.alteration
        return f"SELECT * FROM rsfed.alter_rollup('altered', query => $$ {query} $$ {more})"

    def prepare(self):
        """A new version in the warehouse, schedules, and runs that are slow
        enough for a fault."""
        world = self.world
        if self.method == "set":
            # they have one as_of, which must stay so
            self.primary.sql.run(f"CALL rsfed.refresh_set('{SET}')")
            world.held.update({relation: world.content.version for relation in SET_MEMBERS})
        self.first_run = int(self.primary.sql.value("SELECT coalesce(max(run_id), 0) FROM rsfed_catalog.run"))
        self.t_bump = time.time()
        world.content.bump()
        self.t_bumped = time.time()
        if self.method == "backfill":
            self.relations = []
            self.primary.sql.run(
                f"SELECT rsfed.define_rollup('filling', '{SERVER}', $$ {QUERY_DAY} $$, method => 'window', populate => false, "
                f"options => '{{\"bucket\": \"1 day\", \"start\": \"{world.first_day}\", \"batch\": \"5 days\"}}')")
        if self.method == "alter":
            self.primary.sql.run(self.define_statement("altered"))
        self.schedule()
        world.catch_up()
        if self.random.random() < 0.85:
            self.warehouse.fault(f"slow {self.random.randint(0, 300)}")
            self.warehouse.fault(f"slow_rows {self.random.randint(4, 30)} 100")
        if self.method == "set" and self.trigger == "request":
            self.primary.sql.run(f"SELECT rsfed.request_set_refresh('{SET}')")
        elif self.relations and (self.trigger == "request" or self.method == "parted"):
            part = f", part => '{PART_KEYS}'" if self.method == "parted" else ""
            if self.trigger not in ("call", "block"):
                self.primary.sql.run(f"SELECT rsfed.request_refresh('{self.relations[0]}'{part})")

    def run(self):
        """The whole round; returns True if all held."""
        sampler = Sampler(self)
        try:
            self.prepare()
            sampler.start()
            FAULTS[self.name](self)
            self.warehouse.reset()
            self.finish_call()
            self.recovers()
        except Failed as error:
            self.fail(str(error))
        finally:
            if sampler.is_alive():
                sampler.stop()
            self.world.samples += sampler.samples
        try:
            self.warehouse.reset()
            self.tidy()
            self.end_call()
            self.check_end()
        except Failed as error:
            self.fail(str(error))
        self.check_logs()
        return not self.failures

    def finish_call(self):
        """Waits for the end of the session's run, not of the session."""
        if self.call is None:
            return

        def over():
            return self.call.poll() is not None or self.primary.sql.value(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'faults_call' "
                "AND query NOT LIKE 'SELECT pg_sleep%'") == "0"
        try:
            wait_until(over, 120, "the end of a CALL rsfed.refresh after the end of the fault")
        except Failed as error:
            self.fail(str(error))

    def end_call(self):
        if self.call is None:
            return
        self.primary.sql.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'faults_call'")
        out, _ = self.call.communicate(timeout=120)
        if "transaction is aborted" in out and (self.trigger != "block" or self.method == "define"):
            self.fail("a session is left in an aborted transaction after a failed refresh")
        self.note(out.strip().replace("\n", " ").replace(SEPARATOR, "|")[:400])

    # -- checks ---------------------------------------------------------------------

    def look(self, server, relation, when):
        """The content is exactly old or new, and the reported state agrees."""
        content = self.world.content
        which = RELATIONS[relation][0]
        rows = server.sql.run(Seen.statement(content, relation), timeout=60)
        if not rows:
            self.fail(f"{when}: {relation} is not known on {server.name}")
            return None
        seen = Seen(rows[0])
        held, version = self.world.held[relation], content.version
        old, new = [content.expected(self.world.primary.sql, which, v) for v in (held, version)]
        where = f"{when}, on server {server.name}: {relation}"

        if relation == "parted":
            self.look_at_parts(seen, held, where)
        elif seen.content == new:
            if seen.changed_at < self.t_bump or seen.as_of < self.t_bump:
                self.fail(f"{where} has the new content, freshness says as_of {seen.as_of}, changed_at "
                          f"{seen.changed_at}, the warehouse changed at {self.t_bump}")
        elif seen.content == old:
            if seen.changed_at > self.t_bump or seen.as_of > self.t_bumped:
                self.fail(f"{where} has the old content, freshness says as_of {seen.as_of}, changed_at "
                          f"{seen.changed_at}, the warehouse changed at {self.t_bumped}")
        else:
            self.fail(f"{where} has neither the old content ({held}) nor the new ({version}): {seen.content} "
                      + content.differences(server.sql, relation, version))
        if which == "day" and (seen.filled_to is None or seen.through is None or seen.filled_to > seen.as_of + 1):
            self.fail(f"{where}: watermark {seen.filled_to}, data_through {seen.through}, as_of {seen.as_of}")
        return seen

    def looks(self):
        """Functions of a server and the time, each with its relations."""
        def at(relation):
            return lambda server, when: self.look(server, relation, when)
        looks = [(at(relation), relation) for relation in self.relations]
        if self.method == "set":
            looks.append((self.look_at_set, SET))
        if self.method == "alter":
            looks.append((self.look_at_altered, "altered"))
        return looks

    def look_at_set(self, server, when):
        """All its members are seen old or all new, with one as_of."""
        content = self.world.content
        rows = server.sql.run(" UNION ALL ".join(
            f"SELECT {nth}, member.* FROM ({Seen.statement(content, relation)}) AS member"
            for nth, relation in enumerate(SET_MEMBERS)) + " ORDER BY 1", timeout=60)
        where = f"{when}, on server {server.name}: the set"
        if len(rows) != len(SET_MEMBERS):
            self.fail(f"{where} has {len(rows)} members")
            return
        seen = [Seen(row[1:]) for row in rows]
        ages = {"old", "new"}
        for relation, one in zip(SET_MEMBERS, seen):
            which = RELATIONS[relation][0]
            ages &= {age for age, v in (("old", self.world.held[relation]), ("new", content.version))
                     if one.content == content.expected(self.world.primary.sql, which, v)}
        if not ages:
            self.fail(f"{where} is a mix: {[(one.content, one.as_of) for one in seen]}")
        if len({one.as_of for one in seen}) != 1:
            self.fail(f"{where} has more than one as_of: {[one.as_of for one in seen]}")

    def look_at_altered(self, server, when):
        """The old definition with its content, or the new one with its own;
        returns whether it is the new one."""
        content, sql = self.world.content, self.world.primary.sql
        print_of = ("(SELECT count(*) || '/' || md5(coalesce(string_agg(r, '|' ORDER BY r COLLATE \"C\"), '')) FROM "
                    f"(SELECT (to_jsonb(t) - 'extra_{self.number}')::text AS r FROM {{}} AS t) AS x)")
        rows = server.sql.run(
            f"SELECT {print_of.format('altered')}, u.query FROM rsfed_catalog.rollup u "
            "JOIN rsfed_catalog.relation r USING (relation_id) WHERE r.relation_name = 'altered'", timeout=60)
        if not rows:
            self.fail(f"{when}, on server {server.name}: altered is not known")
            return False
        source = f"({content.rows_of('all', content.version)}) AS fault_all"
        expected = {}
        for is_new, query in ((False, QUERY_ALL), (True, self.alteration[0])):
            key = ("altered", is_new, self.number)
            if key not in content.prints:
                content.prints[key] = sql.value("SELECT " + print_of.format(
                    "(" + query.replace("FROM fault_all", f"FROM {source}") + ")"))
            expected[is_new] = content.prints[key]
        is_new = rows[0][1].strip() == self.alteration[0].strip()
        if rows[0][0] != expected[is_new]:
            self.fail(f"{when}, on server {server.name}: the {'new' if is_new else 'old'} definition shows {rows[0][0]}, "
                      f"old and new are {expected}")
        return is_new

    def look_at_parts(self, seen, held, where):
        """After a refresh of a part: its keys are entirely old or new, the others
        are as after the last full refresh."""
        content = self.world.content
        versions = [held, content.version]
        parts = [content.expected(self.world.primary.sql, "all", v, PART) for v in versions]
        rests = [content.expected(self.world.primary.sql, "all", v, f"NOT ({PART})") for v in versions]
        if seen.part not in parts or seen.rest not in rests:
            self.fail(f"{where} is a mix: part {seen.part} of {parts}, rest {seen.rest} of {rests}")
        elif seen.rest == rests[1] and seen.part != parts[1]:
            self.fail(f"{where}: the rest is new, the part is not")
        elif (seen.rest == rests[1]) != (seen.as_of >= self.t_bump):
            self.fail(f"{where}: as_of {seen.as_of} of the whole, the warehouse changed at {self.t_bump}")

    def recovers(self):
        """The next due run of each relation succeeds by itself."""
        if self.method == "parted":
            self.look(self.primary, "parted", "after the fault")
            self.primary.sql.run("SELECT rsfed.schedule_refresh('parted', '1 second')")
        for relation in self.relations:
            self.recovers_one(relation)
        if self.method == "define":
            self.defined()
        if self.method == "alter":
            self.altered()
        if self.method == "backfill":
            self.backfilled()
        self.measure()

    def due_again(self):
        """Retries continue by themselves; relations without one, because no
        failure was transient, are due once more."""
        if self.trigger != "retry":
            return
        rows = self.primary.sql.run(
            "SELECT s.relation_id, s.schedule_name FROM rsfed_catalog.schedule s WHERE s.next_run_at > now() AND NOT EXISTS "
            "(SELECT FROM rsfed_catalog.run r WHERE r.relation_id = s.relation_id AND r.status IN ('queued', 'running'))")
        for relation_id, name in rows:
            # the scheduler looks at changes that its functions made
            self.set_option('{"retries": 60}', f"UPDATE rsfed_catalog.schedule SET next_run_at = now() "
                            f"WHERE relation_id = {relation_id} AND schedule_name = '{name}'")

    def recovers_one(self, relation):
        since = max(self.t_healed, self.t_bumped)

        def fresh():
            try:
                self.due_again()
                rows = self.primary.sql.run(Seen.statement(self.world.content, relation))
            except Failed:
                return None
            seen = Seen(rows[0]) if rows else None
            return seen if seen and seen.as_of > since and seen.failures == 0 else None
        try:
            wait_until(fresh, RECOVERS_S, f"the next success of {relation}", 0.1)
        except Failed as error:
            self.fail(f"{error}; freshness and runs: {self.last_words(relation)}")
            return
        seen = self.look(self.primary, relation, "after the next success")
        which = RELATIONS[relation][0]
        if seen.content != self.world.content.expected(self.primary.sql, which, self.world.content.version):
            self.fail(f"{relation} has not the newest content after its next success")

    def last_words(self, relation):
        rows = self.primary.sql.run(
            f"SELECT run_id, status, trigger, phase, sqlstate, message, finished_at FROM rsfed.runs "
            f"WHERE relation_name = 'public.{relation}' ORDER BY run_id DESC LIMIT 3")
        return "; ".join("|".join(row) for row in rows)

    def defined(self):
        """A definition exists completely, or not at all; a second attempt succeeds."""
        sql = self.primary.sql
        there = sql.value("SELECT to_regclass('public.defined') IS NOT NULL") == "t"
        known = sql.value("SELECT count(*) FROM rsfed_catalog.relation WHERE relation_name = 'defined'")
        if there != (known == "1"):
            self.fail(f"after define_rollup: table there: {there}, known to rsfed: {known}")
        if not there:
            sql.run(self.define_statement())
        expected = self.world.content.expected(sql, "all", self.world.content.version)
        if sql.value("SELECT " + self.world.content.fingerprint("defined", "all")) != expected:
            self.fail("a rollup was defined and has not the content of the warehouse")

    def altered(self):
        """A failed change of a rollup can be repeated, and its refreshes continue."""
        sql = self.primary.sql
        if not self.look_at_altered(self.primary, "after the fault"):
            sql.run(self.alter_statement())
        if not self.look_at_altered(self.primary, "after it was altered"):
            self.fail("alter_rollup succeeded and has changed nothing")
        since = float(sql.value("SELECT extract(epoch FROM clock_timestamp())"))
        state = ("SELECT as_of > to_timestamp({}) AND failures = 0 FROM rsfed.freshness "
                 "WHERE relation = 'altered'::regclass").format(since)

        def fresh():
            self.due_again()
            return sql.value(state) == "t"
        wait_until(fresh, RECOVERS_S, "the next success of altered", 0.1)
        self.look_at_altered(self.primary, "after the next success")
        self.world.catch_up()
        self.look_at_altered(self.world.replica, "after the next success")

    def filled(self, sql):
        """Rows that are wrong within the watermark's range, or outside it; days
        filled; state."""
        content = self.world.content
        return sql.run(
            "WITH w AS (SELECT w.filled_from::timestamp AS first, w.filled_to::timestamp AS last "
            "FROM rsfed_catalog.watermark w JOIN rsfed_catalog.relation r USING (relation_id) "
            "WHERE r.relation_name = 'filling'), "
            f"e AS (SELECT day, k, name, amount FROM ({content.rows_of('day', content.version)}) t, w "
            "WHERE day >= first AND day < last), s AS (SELECT day, k, name::varchar(80), amount FROM filling) "
            "SELECT (SELECT count(*) FROM ((TABLE e EXCEPT ALL TABLE s) UNION ALL (TABLE s EXCEPT ALL TABLE e)) x), "
            "(SELECT count(DISTINCT day) FROM s), "
            "(SELECT state FROM rsfed.freshness WHERE relation = 'filling'::regclass)")[0]

    def backfilled(self):
        """Each moment of a backfill: the content is that of the watermark's
        range, and nothing else."""
        def done():
            self.due_again()
            wrong, days, state = self.filled(self.primary.sql)
            if wrong != "0":
                self.fail(f"{wrong} rows of a backfill do not agree with its watermark, {days} days, {state}")
                return True
            return state == "fresh" and int(days) == 30
        try:
            wait_until(done, RECOVERS_S, "the end of the backfill", 0.1)
        except Failed as error:
            self.fail(f"{error}: {self.filled(self.primary.sql)}; {self.last_words('filling')}")

    def measure(self):
        rows = self.primary.sql.run(
            "SELECT status, extract(epoch FROM started_at), extract(epoch FROM finished_at) "
            f"FROM rsfed_catalog.run WHERE run_id > {self.first_run} AND finished_at IS NOT NULL ORDER BY finished_at")
        since = self.t_healed if self.crashes else self.t_fault
        for status, started, finished in rows:
            if status == "failed" and float(finished) > self.t_fault:
                self.times.setdefault("until the row is failed",
                                      max(float(finished) - max(since, float(started or since)), 0))
            if status in ("published", "unchanged") and float(finished) > self.t_healed:
                self.times.setdefault("until the next success", float(finished) - self.t_healed)

    def tidy(self):
        """Ends the schedules of the round, and waits for runs in progress."""
        sql = self.primary.sql
        self.unschedule()
        try:
            wait_until(lambda: sql.value(
                "SELECT count(*) FROM rsfed_catalog.run WHERE status IN ('queued', 'running')") == "0",
                120, "the end of every run")
        except Failed as error:
            rows = sql.run("SELECT run_id, relation_name, status, trigger, pid, started_at FROM rsfed_catalog.run "
                           "WHERE status IN ('queued', 'running')")
            self.fail(f"{error}: " + "; ".join("|".join(row) for row in rows))

    def check_end(self):
        world = self.world
        sql = self.primary.sql
        world.catch_up()
        for relation in self.relations:
            seen = self.look(self.primary, relation, "at the end")
            there = self.look(world.replica, relation, "at the end")
            if seen and there and seen.content != there.content:
                self.fail(f"{relation} has another content on the replica")
            world.held[relation] = world.content.version
        row = sql.run("SELECT count(*) FILTER (WHERE status = 'running'), count(*) FROM rsfed_catalog.run "
                      "WHERE status IN ('running', 'queued')")[0]
        if row != ["0", "0"]:
            self.fail(f"runs are left running, and running or queued: {row}")
        if self.method == "set":
            for server in (self.primary, world.replica):
                self.look_at_set(server, "at the end")
        for name in ("defined", "filling", "altered"):
            sql.run(f"SELECT rsfed.drop_rollup(c.oid) FROM pg_class c WHERE relname = '{name}' AND relkind = 'r'")
        self.check_history()
        left = sql.value("SELECT count(*) FROM rsfed.progress")
        if left != "0":
            self.fail(f"{left} rows are left in rsfed.progress")
        self.check_connections()

    def check_history(self):
        """Every run has ended, and the one change of the warehouse was applied once."""
        for row in self.primary.sql.run(
                "SELECT run_id, relation_name, status FROM rsfed_catalog.run "
                f"WHERE run_id > {self.first_run} AND (finished_at IS NULL OR status = 'failed' AND sqlstate IS NULL)"):
            self.fail(f"a run without an end, or without a reason: {row}")
        # a failure because its process ended, or because the warehouse was lost, is
        # retried, if the schedule has retries
        for row in self.primary.sql.run(
                "SELECT run_id, relation_name, sqlstate FROM rsfed_catalog.run r WHERE status = 'failed' "
                f"AND schedule_name IS NOT NULL AND set_run_id IS NULL AND sqlstate ~ '^(08|40|53|57P)' AND run_id > {self.first_run} "
                "AND NOT EXISTS (SELECT FROM rsfed_catalog.run x WHERE x.retry_of = r.run_id)"
                if self.trigger == "retry" else "SELECT WHERE false"):
            self.fail(f"a run that failed in passing was not tried again: {row}")
        for relation, count in self.primary.sql.run(
                "SELECT relation_name, count(*) FROM rsfed_catalog.run JOIN rsfed_catalog.relation "
                f"USING (relation_id, schema_name, relation_name) WHERE run_id > {self.first_run} "
                "AND status = 'published' AND part IS NULL AND kind = 'rollup' GROUP BY 1"):
            # method replace writes all rows each time
            if relation not in ("filling", "defined", "altered", "replaced") and int(count) > 1:
                self.fail(f"{relation} was changed {count} times by one change of the warehouse")

    def check_connections(self):
        """No connection is in use; idle ones belong to workers, and end with them."""
        try:
            wait_until(lambda: not self.warehouse.sessions(only_busy=True), 40, "the end of every remote statement")
            if self.random.random() < 0.5:
                self.primary.set(rsfed__scheduler="off")
                wait_until(lambda: not self.warehouse.sessions(), 40, "the end of every connection to the warehouse")
        except Failed as error:
            self.fail(f"{error}: {self.warehouse.sessions()}")
        self.primary.set(rsfed__scheduler="on")

    def check_logs(self):
        for server in (self.world.primary, self.world.replica):
            for line in server.new_log():
                problem = self.world.judge_line(line, self)
                if problem:
                    self.fail(f"log of {server.name}: {line[:400]}")
