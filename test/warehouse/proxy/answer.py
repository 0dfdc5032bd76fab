"""The answer of the server, converted to Redshift's answer for the client.

Changes tags, error fields and column names that differ, and applies the faults of
the statement that is being answered.
"""

import random
import re
import select
import time

import names
import protocol
from faults import Faults
from protocol import Closed, Cutter, message, split_rows
from refuse import Refusal

_TEXT_TYPES = (25, 1042, 1043, 705)
_ERRORS = {
    "wlm_abort": lambda n: Refusal("57014", f'Query ({n}) cancelled by WLM abort action of Query Monitoring Rule "rsfed_rule".'),
    "user_cancel": lambda n: Refusal("57014", f"Query ({n}) cancelled on user's request"),
    "error_1023": lambda n: Refusal(
        "XX000", "1023", 0, f"Serializable isolation violation on table - {100000 + n}, transactions forming the cycle are: "
        f"{n}, {n + 1} (pid:1023)"),
}
# The proxy's own channel: settings that it needs to know.
_HIDDEN = {"enable_case_sensitive_identifier": "case_sensitive", "describe_field_name_in_uppercase": "uppercase"}
_SHORT_TAGS = re.compile(rb"^(SELECT|FETCH) \d+$")


class Running:
    """A statement that was sent and is being answered."""

    def __init__(self, rewritten, faults, simple):
        self.rewritten = rewritten
        self.faults = faults
        self.simple = simple
        self.begun = time.monotonic()


class Answer:
    """Passes the server's messages to the client of one session."""

    def __init__(self, session):
        self.session = session
        self.cutter = Cutter()
        self.out = []            # for the client, not yet sent
        self.queue = []          # Running, the current one first
        self.erring = None       # the text that positions in errors refer to
        self.shift = 0           # characters that the proxy put before the text
        self.rows = 0
        self.bytes = 0
        self.columns = []
        self.dropping = False    # rows and errors, until ReadyForQuery
        self.poisoned = False    # an error of the proxy must still be raised in the server
        self.query_number = 1000 * session.number

    # -- called by the session ---------------------------------------------

    def expect_errors_of(self, rewritten):
        """Errors from now on have positions in this text; None: they have no position."""
        self.erring = rewritten

    def begin(self, rewritten, simple):
        """A statement starts: returns the faults that apply to it."""
        faults = Faults()
        if not self.session.control:
            faults = self.session.state.statement_faults(rewritten.is_target)
            if rewritten.is_target:
                self.session.state.target_begins(rewritten.is_run)
        self.queue.append(Running(rewritten, faults, simple))
        self.erring = rewritten
        self.query_number += 1
        self.session.cancelled = False
        return faults

    def refusal(self, faults):
        """The error that a statement must fail with before its first row."""
        for fault in faults:
            if fault.name == "no_function" and fault.arguments[0].lower() in self.erring.calls():
                return Refusal("42883", f"function {fault.arguments[0]}() does not exist", detail=None)
        return self.error_of(faults, lambda after: after == 0)

    def error_of(self, faults, when):
        """The error of the first fault whose number of rows satisfies when()."""
        for fault in faults:
            if fault.name == "error" and when(fault.number(2)):
                return Refusal(fault.arguments[0], fault.arguments[1])
            if fault.name in _ERRORS and when(fault.number()):
                return _ERRORS[fault.name](self.query_number)
        return None

    # -- the stream ---------------------------------------------------------

    def faults(self):
        return self.queue[0].faults if self.queue else Faults()

    def feed(self, data):
        for kind, raw, count in self.cutter.feed(data):
            if kind == b"D":
                self.data_rows(raw, count)
            else:
                handler = self.HANDLERS.get(kind)
                answer = handler(self, raw) if handler else raw
                if answer:
                    self.put(answer)
        self.flush()

    def flush(self):
        if self.out:
            self.session.client.sendall(b"".join(self.out))
            self.out.clear()

    def put(self, raw):
        """Queues bytes for the client, and closes the connection if a fault requires it."""
        fault = self.faults().get("cut_after_bytes")
        if fault is not None and self.queue:
            left = fault.number() - self.bytes
            if left < len(raw):
                self.out.append(raw[:max(left, 0)])
                self.flush()
                raise Closed()
            self.bytes += len(raw)
        fault = self.faults().get("garbage_after_bytes")
        if fault is not None and self.queue:
            left = fault.number() - self.bytes
            if left < len(raw):
                self.out.append(raw[:max(left, 0)])
                self.noise(fault.number(1))
            self.bytes += len(raw)
        self.out.append(raw)

    def noise(self, seed):
        """Random bytes, then the end of the connection, now or after RESET."""
        self.out.append(random.Random(seed).randbytes(4096))
        self.flush()
        if seed % 2:
            self.stall()
        raise Closed()

    # -- rows -----------------------------------------------------------------

    def data_rows(self, raw, count):
        if self.dropping:
            return
        if not self.faults():
            self.rows += count
            self.out.append(raw)
            return
        for row in split_rows(raw):
            if self.dropping:
                return
            self.one_row(row)

    def one_row(self, row):
        """Sends one row, subject to faults."""
        faults = self.faults()
        if "stall_before_rows" in faults:
            self.stall()
        fault = faults.get("stall_after_rows")
        if fault is not None and self.rows >= fault.number():
            self.stall()
        fault = faults.get("cut_after_rows")
        if fault is not None and self.rows >= fault.number():
            self.flush()
            raise Closed()
        error = self.error_of(faults, lambda after: self.rows >= after > 0)
        if error is not None:
            self.fail(error)
            return
        if "bad_utf8" in faults or "replace_text" in faults:
            row = self.change_values(row, faults)
        self.put(row)
        self.rows += 1
        fault = faults.get("slow_rows")
        if fault is not None and self.rows % max(fault.number(1), 1) == 0:
            self.flush()
            if not self.wait(fault.number() / 1000):
                self.fail(_ERRORS["user_cancel"](self.query_number))

    def change_values(self, row, faults):
        values = protocol.parse_row(row[5:])
        if "replace_text" in faults:
            old, new = (word.encode() for word in faults.get("replace_text").arguments)
            values = [value if value is None else value.replace(old, new) for value in values]
        if "bad_utf8" in faults:
            for index, value in enumerate(values):
                if value and index < len(self.columns) and self.columns[index][1][2] in _TEXT_TYPES:
                    values[index] = value[:-1] + b"\xff"
                    break
        return protocol.data_row(values)

    def stall(self):
        """Sends nothing until RESET or until the client closes the connection."""
        self.flush()
        state = self.session.state
        gone = select.poll()
        gone.register(self.session.client.fileno(), select.POLLRDHUP | select.POLLHUP | select.POLLERR)
        while state.still_waits(self.faults()):
            if gone.poll(100):
                raise Closed()
        self.queue[0].faults = Faults()

    def wait(self, seconds):
        """Waits; returns False as soon as the statement is cancelled."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.session.cancelled:
                return False
            time.sleep(min(0.02, max(end - time.monotonic(), 0)))
        return not self.session.cancelled

    def fail(self, error):
        """Ends the statement with an error after some of its rows."""
        self.put(protocol.error_response(error.sqlstate, error.message, detail=error.detail))
        self.flush()
        self.dropping = True
        self.poisoned = True
        self.session.server.cancel_backend(self.session)

    # -- other messages ---------------------------------------------------------

    def description(self, raw):
        if self.dropping:
            return None
        columns = protocol.parse_description(raw[5:])
        self.columns = columns
        faults = self.faults()
        erring = self.erring
        if not self.queue and erring is not None and erring.is_target and not self.session.control:
            # a separate Describe: faults of the result's shape apply to it, too
            with self.session.state.lock:
                faults = Faults(self.session.state.faults)
        changed = self.session.uppercase
        for column in columns:
            if names.full(column[0]) != column[0]:
                column[0] = names.full(column[0])
                changed = True
        if self.session.uppercase:
            for column in columns:
                column[0] = column[0].upper()
        for fault in faults:
            for column in columns:
                if fault.name == "column_type" and column[0] == fault.arguments[0]:
                    column[1][2], column[1][4] = fault.number(1), fault.number(2)
                    changed = True
                if fault.name == "column_name" and column[0] == fault.arguments[0]:
                    column[0] = fault.arguments[1]
                    changed = True
        return protocol.build_description(columns) if changed else self.garbage(raw)

    def garbage(self, raw):
        if "garbage" in self.faults():
            return b"\x07\xff\xff\xff\xff this is no message of the protocol"
        return raw

    def complete(self, raw):
        """CommandComplete: 8.0 sends no row counts for SELECT and FETCH."""
        if self.dropping:
            return None
        faults = self.faults()
        stall, cut = faults.get("stall_after_rows"), faults.get("cut_after_rows")
        if "stall_before_rows" in faults or stall is not None and self.rows >= stall.number():
            self.stall()
        if cut is not None and self.rows >= cut.number():
            self.flush()
            raise Closed()
        tag = raw[5:-1]
        raw = self.garbage(raw)
        running = self.queue[0] if self.queue else None
        if running is not None and running.rewritten.tag and tag == b"CALL":
            raw = message(b"C", running.rewritten.tag)
        elif _SHORT_TAGS.match(tag):
            raw = message(b"C", tag.split()[0].decode())
        self.rows = 0
        if running is not None and not running.simple:
            self.done(self.queue.pop(0))
        return raw

    def done(self, running):
        """A statement has ended: its cost is recorded."""
        self.forget(running)
        if running.rewritten.is_query:
            self.session.state.statement_done(running.begun)

    def close(self):
        """The session ends, and so do its open statements."""
        for running in self.queue:
            self.forget(running)
        self.queue.clear()

    def forget(self, running):
        if running.rewritten.is_target and not self.session.control:
            self.session.state.target_ends(running.rewritten.is_run)

    def error(self, raw):
        if self.dropping:
            return None
        fields = []
        for code, value in protocol.fields_of(raw[5:]):
            if code == "P":
                value = str(self.position(int(value)))
            # 8.0 did not have V and the names of objects
            if code not in "Vstcdn":
                fields.append((code, value))
        return protocol.from_fields(raw[:1], fields)

    def position(self, position):
        rewritten = self.erring
        if rewritten is None or rewritten.refused:
            return position
        return rewritten.original_position(max(position - self.shift, 1))

    def notice(self, raw):
        if self.dropping or "drop_notice" in self.faults():
            return None
        return self.error(raw)

    def parameter(self, raw):
        name, value = raw[5:-1].decode().split("\0")
        if name in _HIDDEN:
            setattr(self.session, _HIDDEN[name], value == "on")
            return None
        if name == "application_name":
            self.session.application = value
        return raw

    def backend_key(self, raw):
        self.session.key = raw[5:13]
        self.session.server.remember(self.session)
        return raw

    def ready(self, raw):
        """ReadyForQuery: the statements before it have ended."""
        status = raw[5:6]
        if self.poisoned:
            self.poisoned = False
            if status == b"T":
                # the server had ended the statement before the error: raise the
                # error there, too
                error = Refusal("57014", "statement ended by a fault")
                self.session.backend.sendall(message(b"Q", error.as_statement()))
                return None
        for running in self.queue:
            self.done(running)
        self.queue.clear()
        self.dropping = False
        self.rows = self.bytes = 0
        self.session.status = status
        return raw

    HANDLERS = {
        b"T": description, b"C": complete, b"E": error, b"N": notice, b"S": parameter, b"K": backend_key, b"Z": ready,
    }
