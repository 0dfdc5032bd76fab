"""Faults between a node and its subscriber, each at a random moment of a round.

Each is a function of the round, and returns when the fault has ended.
"""

import signal
import time

from servers import Failed, send_signal, wait_until

FAULTS = {}
# the node loses data that its standby does not have: nothing else is done meanwhile
UNLIKE = ("node_promoted",)


def fault(function):
    FAULTS[function.__name__] = function
    return function


def moment(round_):
    round_.sleep(0.1, 1.2)


def pids(server, condition):
    try:
        return [int(row[0]) for row in server.sql.run(f"SELECT pid FROM pg_stat_activity WHERE {condition}")]
    except Failed:
        return []


def find(server, condition, what):
    return wait_until(lambda: pids(server, condition), 20, what, 0.01)


def come_back(round_, server, since):
    """A crashed server has restarted."""
    try:
        server.wait_up(since)
    except Failed as error:
        round_.fail(str(error))


def kill(round_, server, condition, what):
    moment(round_)
    found = find(server, condition, what)
    round_.crashes = True
    since = time.time()
    send_signal(found[:1], signal.SIGKILL)
    come_back(round_, server, since)


def terminate(round_, server, condition, what):
    moment(round_)
    for _ in range(round_.random.randint(1, 3)):
        send_signal(find(server, condition, what)[:1], signal.SIGTERM)
        round_.sleep(0, 0.5)


REFRESH = "(backend_type = 'rsfed worker' OR query LIKE 'CALL rsfed.refresh%') AND pid <> pg_backend_pid()"
WALSENDER = "backend_type = 'walsender' AND application_name LIKE 'rsfed/%'"
# its name before 17, and since 17
APPLY = "backend_type IN ('logical replication worker', 'logical replication apply worker')"


@fault
def kill_refresh(round_):
    kill(round_, round_.world.node, REFRESH, "a refresh")


@fault
def terminate_refresh(round_):
    terminate(round_, round_.world.node, REFRESH, "a refresh")


@fault
def kill_walsender(round_):
    kill(round_, round_.world.node, WALSENDER, "a walsender")


@fault
def terminate_walsender(round_):
    terminate(round_, round_.world.node, WALSENDER, "a walsender")


@fault
def kill_apply(round_):
    kill(round_, round_.world.aurora, APPLY, "an apply worker")


@fault
def terminate_apply(round_):
    terminate(round_, round_.world.aurora, APPLY, "an apply worker")


@fault
def kill_walreceiver(round_):
    """The subscriber's standby restarts, as after every crash of a process."""
    world = round_.world
    moment(round_)
    found = find(world.reader, "backend_type = 'walreceiver'", "a walreceiver")
    round_.crashes = True
    send_signal(found, signal.SIGKILL)


def restart(round_, server, mode):
    moment(round_)
    server.stop(mode)
    round_.sleep(0, 1)
    server.start()


@fault
def node_immediate(round_):
    restart(round_, round_.world.node, "immediate")


@fault
def node_fast(round_):
    restart(round_, round_.world.node, "fast")


@fault
def subscriber_immediate(round_):
    restart(round_, round_.world.aurora, "immediate")


@fault
def subscriber_fast(round_):
    restart(round_, round_.world.aurora, "fast")


@fault
def reader_immediate(round_):
    restart(round_, round_.world.reader, "immediate")


@fault
def both_immediate(round_):
    """One after the other, so that the second one stops while the first one starts."""
    world = round_.world
    moment(round_)
    servers = round_.random.sample([world.node, world.aurora], 2)
    for server in servers:
        server.stop("immediate")
    for server in servers:
        server.start()


@fault
def kill_postmaster(round_):
    """On either side: every process must notice by itself."""
    server = round_.random.choice([round_.world.node, round_.world.aurora])
    moment(round_)
    round_.crashes = True
    send_signal([server.postmaster()], signal.SIGKILL)

    def starts():
        try:
            server.start()
            return True
        except Failed:
            return False
    wait_until(starts, 60, "a start after kill -9 of the postmaster", 0.3)


@fault
def node_promoted(round_):
    """The node is lost, and its standby is promoted.  Before 17 the slots are lost."""
    world = round_.world
    follows = world.has_failover_slots()
    if follows:
        wait_until(lambda: world.node_standby.sql.value(
            "SELECT count(*) FROM pg_replication_slots WHERE synced AND NOT temporary") == "1", 60, "the slot is on the standby")
    moment(round_)
    world.promote_node()
    if not follows:
        world.forget_subscription()
        world.run_script()
    world.new_standby(world.node, world.node_standby)


@fault
def subscriber_promoted(round_):
    """The subscriber is lost.  Its standby must have all changes that were
    confirmed to the node."""
    world = round_.world
    world.aurora.set(synchronous_standby_names="'*'")
    world.aurora.sql.run("ALTER SUBSCRIPTION rsfed SET (synchronous_commit = 'on')")
    round_.sleep(0.5, 2)
    world.promote_subscriber()
    world.aurora.sql.run("ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()")
    world.new_standby(world.aurora, world.reader)
    world.aurora.sql.run("ALTER SUBSCRIPTION rsfed SET (synchronous_commit = 'off')")


@fault
def wire_cut(round_):
    """Connections are reset, several times."""
    for _ in range(round_.random.randint(1, 4)):
        round_.sleep(0.1, 0.8)
        round_.world.wire.cut()


@fault
def wire_cut_in_stream(round_):
    """A connection ends in the middle of the sent data."""
    moment(round_)
    wire = round_.world.wire
    for _ in range(round_.random.randint(1, 3)):
        cuts = wire.cuts
        wire.left = round_.random.randint(0, 40000)
        try:
            wait_until(lambda: wire.cuts > cuts, 3, "a cut", 0.01)
        except Failed:
            wire.cut()


@fault
def wire_gone(round_):
    """No connection can be made for some time."""
    moment(round_)
    wire = round_.world.wire
    wire.open = False
    wire.cut()
    round_.sleep(0.5, 3)
    wire.open = True


@fault
def wire_silent(round_):
    """No data is transferred, and neither side is notified; sometimes long enough
    for a timeout of both."""
    moment(round_)
    wire = round_.world.wire
    wire.flows = False
    round_.sleep(0.5, round_.random.choice([2, 2, 7]))
    if round_.random.random() < 0.5:
        wire.cut()
    wire.flows = True


@fault
def warehouse_cut(round_):
    """Refreshes fail before their end."""
    moment(round_)
    for _ in range(3):
        round_.world.warehouse.fault(f"cut_after_rows {round_.random.randint(0, 50)} TIMES 1")
        round_.sleep(0.1, 0.8)
    round_.world.warehouse.reset()
