"""The faults: each one begins at a random moment of a round and ends.

A fault is a function of the round (rounds.py).  It calls round.moment() to wait
for its moment, round.hit() when the fault begins, and round.healed() when it has
ended.
"""

import signal
import subprocess

from content import SERVER
from servers import Failed, send_signal, wait_until

FAULTS = {}
WORKER, SCHEDULER, LAUNCHER = "rsfed worker", "rsfed scheduler", "rsfed launcher"


def fault(function):
    FAULTS[function.__name__] = function
    return function


# -- processes of the primary ---------------------------------------------------

def kill_one(round_, kind):
    """kill -9: the postmaster restarts every process of the server."""
    round_.moment()
    running = round_.running_pids() if kind == WORKER else []
    pids = running or round_.primary.processes(kind)
    if not pids:
        round_.skip("nobody to kill")
        return round_.hit_and_healed()
    round_.crashes = True
    round_.hit()
    send_signal([round_.random.choice(pids)], signal.SIGKILL)
    round_.comes_back()


def terminate_one(round_, kind):
    round_.moment()
    running = round_.running_pids() if kind == WORKER else []
    pids = running or round_.primary.processes(kind)
    round_.hit()
    for pid in pids[:1]:
        round_.primary.sql.run(f"SELECT pg_terminate_backend({pid})")
    round_.healed()


@fault
def kill_worker(round_):
    kill_one(round_, WORKER)


@fault
def kill_scheduler(round_):
    kill_one(round_, SCHEDULER)


@fault
def kill_launcher(round_):
    kill_one(round_, LAUNCHER)


@fault
def terminate_worker(round_):
    terminate_one(round_, WORKER)


@fault
def terminate_scheduler(round_):
    terminate_one(round_, SCHEDULER)


@fault
def terminate_launcher(round_):
    terminate_one(round_, LAUNCHER)


@fault
def kill_postmaster(round_):
    """Only the postmaster is killed: every process must notice this by itself."""
    round_.moment()
    round_.crashes = True
    pid = round_.primary.postmaster()
    round_.hit()
    send_signal([pid], signal.SIGKILL)

    def starts():
        try:
            round_.primary.start()
            return True
        except Failed:
            return False
    wait_until(starts, 60, "a start after kill -9 of the postmaster", 0.3)
    round_.comes_back()


@fault
def immediate_restart(round_):
    round_.moment()
    round_.crashes = True
    round_.hit()
    round_.primary.stop("immediate")
    round_.primary.start()
    round_.comes_back()


@fault
def fast_restart(round_):
    round_.moment()
    round_.crashes = True
    round_.hit()
    round_.primary.stop("fast")
    round_.primary.start()
    round_.comes_back()


@fault
def promote_replica(round_):
    """The primary is lost; the replica is promoted, and a new replica is made."""
    round_.moment()
    round_.crashes = True
    round_.hit()
    round_.world.fail_over()
    round_.comes_back()
    round_.world.new_replica()


# -- requests to stop ------------------------------------------------------------

def signal_run(round_, function):
    round_.moment()
    round_.hit()
    for pid in round_.running_pids():
        round_.primary.sql.run(f"SELECT {function}({pid})")
    round_.healed()


@fault
def cancel_backend(round_):
    signal_run(round_, "pg_cancel_backend")


@fault
def terminate_run(round_):
    signal_run(round_, "pg_terminate_backend")


@fault
def cancel_run(round_):
    """rsfed.cancel of any active run."""
    round_.moment()
    round_.hit()
    round_.primary.sql.run("SELECT rsfed.cancel(run_id) FROM rsfed.runs WHERE status IN ('running', 'queued')")
    round_.healed()


@fault
def time_out(round_):
    """statement_timeout of the session, run_timeout of the schedule."""
    ms = round_.random.randint(1, 600)
    round_.set_option(f'{{"run_timeout": "{ms} ms"}}')
    round_.session_settings.append(f"SET statement_timeout = {ms}")
    round_.start_call()
    round_.moment()
    round_.hit()
    round_.sleep(0.5, 2)
    round_.set_option('{"run_timeout": null}')
    round_.healed()


@fault
def left_alone(round_):
    """A session is terminated during its run, and the scheduler has left: nothing
    is due."""
    sql = round_.primary.sql
    round_.unschedule()
    wait_until(lambda: not round_.primary.processes(SCHEDULER), 180, "a scheduler without work leaves", 0.5)
    round_.call = sql.start(round_.call_statement())
    pids = wait_until(round_.running_pids, 60, "a run", 0.01)
    round_.hit()
    for pid in pids:
        sql.run(f"SELECT pg_terminate_backend({pid})")
    round_.healed()
    try:
        wait_until(lambda: sql.value("SELECT count(*) FROM rsfed_catalog.run WHERE status = 'running'") == "0",
                   60, "the end of a run whose session is gone")
    except Failed as error:
        round_.fail(str(error))
    round_.schedule()


# -- actions of a DBA -------------------------------------------------------------

def while_locked(round_, *statements):
    """Runs statements in a session, begins at the moment, and waits until they end."""
    round_.moment()
    round_.hit()
    session = round_.primary.sql.start(*statements, name="faults_dba")
    try:
        out, _ = session.communicate(timeout=120)
    except subprocess.TimeoutExpired:
        session.kill()
        round_.fail("a session of the DBA did not get its lock within 120 s")
        return round_.healed()
    if session.returncode != 0:
        round_.fail(f"a session of the DBA failed: {out.strip()}")
    round_.healed()


def table_of(round_):
    relation = round_.relation()
    return relation, "MATERIALIZED VIEW" if relation == "matview" else "TABLE"


@fault
def alter_table(round_):
    relation, kind = table_of(round_)
    name = f"extra_{round_.number}"
    if kind == "TABLE":
        while_locked(round_, f"ALTER TABLE {relation} ADD COLUMN {name} integer DEFAULT 1",
                     f"ALTER TABLE {relation} DROP COLUMN {name}",
                     f"ALTER TABLE {relation} ADD CHECK (amount IS NOT NULL)",
                     f"BEGIN; ALTER TABLE {relation} ALTER amount SET STATISTICS 200; "
                     f"SELECT pg_sleep({round_.random.uniform(0, 1.5)}); COMMIT")
    else:
        while_locked(round_, f"BEGIN; ALTER {kind} {relation} ALTER amount SET STATISTICS 200; "
                     f"SELECT pg_sleep({round_.random.uniform(0, 1.5)}); COMMIT")


@fault
def vacuum_full(round_):
    relation, _ = table_of(round_)
    while_locked(round_, f"VACUUM FULL {relation}", f"REINDEX TABLE {relation}", f"VACUUM {relation}")


@fault
def hold_lock(round_):
    relation, kind = table_of(round_)
    how = f"COMMENT ON {kind} {relation} IS 'locked'; ALTER {kind} {relation} SET (autovacuum_enabled = true)"
    while_locked(round_, f"BEGIN; {how}; SELECT pg_sleep({round_.random.uniform(0.2, 3)}); ROLLBACK")


@fault
def alter_schema_of_view(round_):
    """Renames a relation and back, while a run uses the name that it began with."""
    relation, kind = table_of(round_)
    while_locked(round_, f"ALTER {kind} {relation} RENAME TO faults_renamed",
                 f"ALTER {kind} faults_renamed RENAME TO {relation}")


def fill(disk):
    """Fills a file system; returns the file that occupies it."""
    filler = disk / "filler"
    with open(filler, "wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                pass
    return filler


@fault
def full_disk(round_):
    """No space is left on the primary: neither for tables nor for WAL nor for the run's row."""
    server = round_.primary
    if server.disk is None:
        round_.skip("no small file system was given")
        return round_.hit_and_healed()
    round_.moment()
    round_.fills_disk = True
    round_.hit()
    filler = fill(server.disk)
    round_.sleep(0.5, 3)
    filler.unlink()
    round_.healed()
    # a failed write of WAL is a PANIC, possibly also at the restart: the DBA starts it again
    round_.crashes = server.ready_since() > round_.t_fault or not server.is_up()
    if round_.crashes:
        round_.note("the server was restarted")
        server.stop("immediate", check=False)
        server.start()
        round_.comes_back()


# -- the warehouse -----------------------------------------------------------------

@fault
def warehouse_killed(round_):
    round_.moment()
    round_.hit()
    round_.warehouse.kill()
    round_.sleep(0, 2)
    round_.warehouse.start()
    round_.healed()


@fault
def warehouse_restarted(round_):
    round_.moment()
    round_.hit()
    round_.warehouse.stop()
    round_.warehouse.start()
    round_.healed()


def stopped_host(round_, while_stopped):
    """SIGSTOP of all processes of the warehouse: TCP still accepts connections,
    but there is no answer."""
    round_.moment()
    pids = round_.warehouse.processes()
    round_.hit()
    send_signal(pids, signal.SIGSTOP)
    try:
        while_stopped()
    finally:
        send_signal(pids, signal.SIGCONT)
    round_.healed()


@fault
def warehouse_stopped(round_):
    stopped_host(round_, lambda: round_.sleep(0.5, 5))


@fault
def warehouse_stopped_cancel(round_):
    """Cancel and terminate while a host does not answer: they succeed within seconds."""
    function = round_.random.choice(["pg_cancel_backend", "pg_terminate_backend"])

    def ask():
        round_.sleep(0, 1)
        pids = round_.running_pids()
        for pid in pids:
            round_.primary.sql.run(f"SELECT {function}({pid})")
        round_.expect_ended(pids, 20)
    stopped_host(round_, ask)


@fault
def warehouse_stopped_crash(round_):
    """The server is stopped in fast mode while the warehouse does not answer."""
    def restart():
        round_.sleep(0, 1)
        round_.primary.stop("fast")
        round_.primary.start()
        round_.primary.wait_up()
    round_.crashes = True
    stopped_host(round_, restart)
    round_.comes_back()


def armed(round_, words, hold=(0.5, 4)):
    """A fault of the stand-in that begins at the moment and lasts for some time."""
    round_.moment()
    round_.hit()
    round_.warehouse.fault(words)
    round_.sleep(*hold)
    round_.warehouse.reset()
    round_.healed()


@fault
def black_hole(round_):
    armed(round_, "black_hole")


@fault
def connections_reset(round_):
    armed(round_, "reset_connections", (0, 1))


@fault
def connection_refused(round_):
    armed(round_, "refuse_connections")


@fault
def no_answer_at_log_in(round_):
    armed(round_, "hang_connect")


@fault
def log_ins_rejected(round_):
    """Schedules are then held, until a login has succeeded."""
    armed(round_, "reject_logins")
    round_.primary.sql.run(f"SELECT * FROM rsfed.check_server('{SERVER}')")
    round_.healed()


@fault
def too_many_connections(round_):
    armed(round_, "too_many_connections")


@fault
def cut_after_bytes(round_):
    armed(round_, f"cut_after_bytes {round_.random.randint(0, 150000)} TIMES {round_.random.randint(1, 2)}")


@fault
def cut_after_rows(round_):
    armed(round_, f"cut_after_rows {round_.random.randint(0, 2500)} TIMES 1")


@fault
def stall_after_rows(round_):
    armed(round_, f"stall_after_rows {round_.random.randint(0, 2500)} TIMES 1", (1, 5))


@fault
def garbage(round_):
    armed(round_, "garbage TIMES 1")


@fault
def garbage_after_bytes(round_):
    armed(round_, f"garbage_after_bytes {round_.random.randint(0, 150000)} {round_.random.randint(1, 1000000)} TIMES 1",
          (1, 4))


@fault
def error_1023(round_):
    armed(round_, f"error_1023 {round_.random.choice([0, 1, 1000, 2000])} TIMES 1")


@fault
def wlm_abort(round_):
    armed(round_, f"wlm_abort {round_.random.choice([0, 1, 1000, 2000])} TIMES 1")


@fault
def user_cancel(round_):
    armed(round_, f"user_cancel {round_.random.choice([0, 1, 1000, 2000])} TIMES 1")


@fault
def bad_utf8(round_):
    armed(round_, "bad_utf8 TIMES 1")


@fault
def column_changed(round_):
    armed(round_, "column_name amount other TIMES 1")


@fault
def sessions_terminated(round_):
    """The warehouse's administrator terminates the sessions of rsfed."""
    round_.moment()
    round_.hit()
    round_.warehouse.direct.run(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name LIKE 'rsfed%'")
    round_.healed()
