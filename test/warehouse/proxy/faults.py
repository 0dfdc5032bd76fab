"""Faults that a test arms with STANDIN FAULT, and the counters.

Connection faults affect connections that are made after they were armed, but
never the control port:
    refuse_connections      nothing listens; with TIMES n the next n
                            connections are accepted and reset at once
    hang_connect            accepted, but never answered
    reject_logins           password authentication failed
    too_many_connections    the connection limit of the cluster is reached
    black_hole              the network is lost until RESET: nothing is answered,
                            on existing connections, too
    reset_connections       immediately and once: every connection is reset
Statement faults affect queries that use a user table or begin with the comment
"/* rsfed" (a target), when they are run:
    cut_after_bytes N       close the connection after N bytes of the answer
    cut_after_rows N        the same, after N rows
    stall_after_rows N      send nothing after N rows; the connection stays open
    stall_before_rows       send nothing, not even the first row
    slow MS                 wait in the server before the query runs
    slow_rows MS N          wait MS after each N rows
    wlm_abort [ROWS]        cancelled by a query monitoring rule
    user_cancel [ROWS]      cancelled on user's request
    error_1023 [ROWS]       serializable isolation violation, with its DETAIL
    error SQLSTATE 'TEXT' [ROWS]
    garbage                 bytes that are no message instead of the answer
    garbage_after_bytes N SEED    random bytes, made from SEED, after N bytes; then the end of
                            the connection, or, if SEED is odd, nothing until RESET
    column_type NAME OID TYPMOD   a column of results has another type
    column_name OLD NEW           a column of results has another name
    bad_utf8                a byte of each row's first text value becomes 0xff
    replace_text 'A' 'B'    in every value
    drop_notice             notices are lost
on cancels, by CancelRequest and by CANCEL:
    late_cancel MS          acknowledged immediately, but takes effect after this time
and on every statement, target or not:
    no_function NAME        a function that this warehouse does not have
ROWS: the number of rows that are sent before the error (none by default; then the
query is not run at all).  TIMES n at the end: for n connections or statements,
otherwise until STANDIN RESET.
"""

import threading
import time

from tokenizer import STRING, tokenize

CONNECTION_FAULTS = ("refuse_connections", "hang_connect", "reject_logins", "too_many_connections",
                     "black_hole")
STATEMENT_FAULTS = (
    "cut_after_bytes", "cut_after_rows", "stall_after_rows", "stall_before_rows", "slow", "slow_rows",
    "wlm_abort", "user_cancel", "error_1023", "error", "garbage", "garbage_after_bytes", "column_type",
    "column_name", "bad_utf8", "replace_text", "drop_notice",
)
EVERY_STATEMENT_FAULTS = ("no_function",)
CANCEL_FAULTS = ("late_cancel",)
# name: (least, most) number of arguments
_ARGUMENTS = {
    "cut_after_bytes": (1, 1), "cut_after_rows": (1, 1), "stall_after_rows": (1, 1), "slow": (1, 1), "garbage_after_bytes": (2, 2),
    "slow_rows": (2, 2), "wlm_abort": (0, 1), "user_cancel": (0, 1), "error_1023": (0, 1),
    "error": (2, 3), "column_type": (3, 3), "column_name": (2, 2), "replace_text": (2, 2),
    "no_function": (1, 1), "late_cancel": (1, 1),
}
BILLED_MINIMUM = 60


class Fault:
    def __init__(self, name, arguments, times):
        self.name = name
        self.arguments = arguments
        self.times = times

    def number(self, index=0, default=0):
        return int(self.arguments[index]) if index < len(self.arguments) else default

    def __str__(self):
        times = f" TIMES {self.times}" if self.times is not None else ""
        return " ".join([self.name] + self.arguments) + times


class Faults(list):
    """The faults that apply to one statement or connection.

    They last until the first RESET after they were taken: a RESET between that
    moment and the wait ends the wait, too.
    """

    def __init__(self, taken=(), generation=None):
        super().__init__(taken)
        self.generation = generation

    def get(self, name):
        return next((fault for fault in self if fault.name == name), None)

    def __contains__(self, name):
        return self.get(name) is not None


class BadCommand(Exception):
    """The words after STANDIN are not a command."""


def unquote(token):
    if token.kind == STRING:
        return token.text[1:-1].replace("''", "'").replace("\\\\", "\\")
    return token.text.strip('"')


class State:
    """The state that connections share; every method takes the lock."""

    def __init__(self):
        self.lock = threading.Lock()
        self.changed = threading.Condition(self.lock)
        self.generation = 0
        self.open_now = 0
        self.running = 0
        self.runs = 0
        self.cut_all = lambda: None      # set by the server, which has the connections
        self._clear()

    def _clear(self):
        self.faults = []
        self.connections = 0
        self.statements = 0
        self.cancels = 0
        self._bursts = []
        self.running_most = self.running
        self.runs_most = self.runs

    def reset(self):
        with self.lock:
            self._clear()
            self.generation += 1
            self.changed.notify_all()

    def arm(self, name, arguments, times):
        if name not in CONNECTION_FAULTS + STATEMENT_FAULTS + EVERY_STATEMENT_FAULTS + CANCEL_FAULTS:
            raise BadCommand(f'unknown fault "{name}"')
        least, most = _ARGUMENTS.get(name, (0, 0))
        if not least <= len(arguments) <= most:
            raise BadCommand(f'fault "{name}" takes {least} to {most} arguments')
        with self.lock:
            self.faults.append(Fault(name, arguments, times))
            self.changed.notify_all()

    def _take(self, names):
        """Returns the armed faults among names, and counts one use of each."""
        taken = []
        for fault in list(self.faults):
            if fault.name not in names:
                continue
            taken.append(fault)
            if fault.times is not None:
                fault.times -= 1
                if fault.times <= 0:
                    self.faults.remove(fault)
        return taken

    def connection_faults(self):
        """Counts a new connection and returns the faults for it."""
        with self.lock:
            self.connections += 1
            return Faults(self._take(CONNECTION_FAULTS), self.generation)

    def is_black_hole(self):
        with self.lock:
            return any(fault.name == "black_hole" for fault in self.faults)

    def statement_faults(self, is_target):
        names = EVERY_STATEMENT_FAULTS + (STATEMENT_FAULTS if is_target else ())
        with self.lock:
            return Faults(self._take(names), self.generation)

    def cancel_delay(self):
        """The delay in seconds of a cancel that arrives now."""
        with self.lock:
            fault = Faults(self._take(CANCEL_FAULTS)).get("late_cancel")
        return fault.number() / 1000 if fault else 0

    def still_waits(self, faults):
        """Do faults that were taken still apply, or was there a RESET?"""
        with self.lock:
            return faults.generation == self.generation

    def listening(self):
        """Should the ordinary port be open?"""
        with self.lock:
            return not any(fault.name == "refuse_connections" and fault.times is None for fault in self.faults)

    def target_begins(self, is_run):
        """Counts the targets that run at the same time, and those that refresh a rollup."""
        with self.lock:
            self.running += 1
            self.running_most = max(self.running_most, self.running)
            self.runs += is_run
            self.runs_most = max(self.runs_most, self.runs)

    def target_ends(self, is_run):
        with self.lock:
            self.running -= 1
            self.runs -= is_run

    def statement_done(self, started):
        """Counts a query for the bill: at least 60 s for a burst of queries."""
        now = time.monotonic()
        with self.lock:
            self._bursts.append((started, max(now, started + BILLED_MINIMUM)))

    def billed_seconds(self):
        billed, covered = 0.0, 0.0
        for start, end in sorted(self._bursts):
            if end > covered:
                billed += end - max(start, covered)
                covered = end
        return round(billed)

    def status(self):
        with self.lock:
            rows = [
                ("connections_open", self.open_now), ("connections_made", self.connections),
                ("statements", self.statements), ("billed_seconds", self.billed_seconds()),
                ("cancels", self.cancels), ("running", self.running), ("running_most", self.running_most),
                ("runs", self.runs), ("runs_most", self.runs_most),
            ]
            return rows + [("fault", str(fault)) for fault in self.faults]

    def command(self, text):
        """Runs the words after STANDIN; returns rows, or None for no result."""
        tokens = tokenize(text.rstrip().rstrip(";"))[1:]
        words = [unquote(token) for token in tokens]
        verb = words[0].upper() if words else ""
        if verb == "RESET" and len(words) == 1:
            self.reset()
            return None
        if verb == "STATUS" and len(words) == 1:
            return self.status()
        if verb == "FAULT" and len(words) == 2 and words[1].lower() == "reset_connections":
            self.cut_all()
            return None
        if verb == "FAULT" and len(words) > 1:
            times, arguments = None, _join_signs(words[2:])
            if len(arguments) >= 2 and arguments[-2].upper() == "TIMES":
                times = int(arguments[-1])
                arguments = arguments[:-2]
            self.arm(words[1].lower(), arguments, times)
            return None
        raise BadCommand("STANDIN takes RESET, STATUS, or FAULT name [arguments] [TIMES n]")


def _join_signs(words):
    """The typmod -1 consists of two tokens."""
    joined = []
    for word in words:
        if joined and joined[-1] == "-":
            joined[-1] = "-" + word
        else:
            joined.append(word)
    return joined
