"""One client connection: startup, and the messages of both directions.

One thread serves both directions: the client's messages are rewritten and passed
on, the server's answers are passed back, as raw bytes if no change is necessary.
"""

import re
import select
import socket
import ssl
import struct
import time

import protocol
from answer import Answer
from faults import Faults
from protocol import Closed, Cutter, message
from rewrite import rewrite

CHUNK = 262144
SLOW = 1000000000


class Session:
    """Serves the client on one accepted socket until either side closes."""

    def __init__(self, client, number, server, control):
        self.client = client
        self.number = number
        self.server = server
        self.state = server.state
        self.control = control
        self.backend = None
        self.user = self.database = self.application = ""
        self.key = None
        self.status = b"I"
        self.case_sensitive = False
        self.uppercase = False
        self.texts = {}          # prepared statement name -> Rewritten
        self.portals = {}        # portal name -> Rewritten
        self.begun = False       # a BEGIN was sent before the last Sync
        self.cancelled = False   # a cancel request has arrived; Answer checks it
        self.answer = Answer(self)
        self.from_client = Cutter()

    # -- startup ----------------------------------------------------------

    def serve(self):
        faults = Faults() if self.control else self.state.connection_faults()
        fault = faults[0].name if faults else None
        try:
            if fault == "refuse_connections":
                self.reset()
                return
            if fault == "hang_connect":
                self.hang(faults)
                return
            if fault == "black_hole":
                self.wait_for_network()
            if self.start(fault):
                self.relay()
        except (Closed, OSError, ValueError):
            pass
        finally:
            self.close()

    def start(self, fault):
        """Answers startup packets until the session is connected."""
        while True:
            code, body = protocol.read_startup(self.client)
            if code == protocol.SSL_REQUEST and not isinstance(self.client, ssl.SSLSocket):
                self.client.sendall(b"S")
                self.client = self.server.tls.wrap_socket(self.client, server_side=True)
                continue
            if code == protocol.CANCEL_REQUEST:
                self.server.cancel(body)
                return False
            if code == protocol.GSS_REQUEST or code >> 16 != 3:
                return False
            break
        if code != protocol.PROTOCOL_3:
            self.fatal("0A000", f"unsupported frontend protocol 3.{code & 0xffff}: server supports 1.0 to 3.0")
            return False
        parameters = protocol.startup_parameters(body)
        self.user = parameters.get("user", "")
        self.database = parameters.get("database", self.user)
        self.application = parameters.get("application_name", "")
        if fault == "reject_logins":
            self.fatal("28000", f'password authentication failed for user "{self.user}"')
            return False
        if fault == "too_many_connections":
            self.fatal("53300", 'connection limit "500" exceeded for non-bootstrap users')
            return False
        options = parameters.get("options", "").replace("standin.through_proxy", "standin.forged")
        parameters["options"] = (options + " -c standin.through_proxy=on").strip()
        self.backend = socket.create_connection(("127.0.0.1", self.server.backend_port))
        self.backend.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.backend.sendall(protocol.startup_packet(parameters))
        with self.state.lock:
            self.state.open_now += not self.control
        return True

    def fatal(self, sqlstate, text):
        self.client.sendall(protocol.error_response(sqlstate, text, "FATAL"))

    def hang(self, faults):
        """Keeps the connection open and sends nothing until RESET or until it is closed."""
        while self.state.still_waits(faults):
            if select.select([self.client], [], [], 0.1)[0] and not self.client.recv(CHUNK):
                return

    def wait_for_network(self):
        """Lost packets would be sent again: nothing is read or written until RESET."""
        while not self.control and self.state.is_black_hole():
            time.sleep(0.05)

    def cut(self):
        """Called by another thread: ends this session's reads and writes."""
        try:
            self.reset()
            self.client.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def reset(self):
        """Closes the connection with RST instead of an orderly end."""
        self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    def close(self):
        self.server.forget(self)
        self.answer.close()
        if self.backend is not None:
            with self.state.lock:
                self.state.open_now -= not self.control
            self.backend.close()
        try:
            self.client.close()
        except OSError:
            pass

    # -- the two directions -----------------------------------------------

    def relay(self):
        while True:
            pending = isinstance(self.client, ssl.SSLSocket) and self.client.pending()
            readable = [self.client] if pending else select.select([self.client, self.backend], [], [])[0]
            self.wait_for_network()
            if self.client in readable:
                data = self.client.recv(CHUNK)
                if not data:
                    raise Closed()
                out = [self.client_message(kind, raw) for kind, raw, _ in self.from_client.feed(data)]
                self.backend.sendall(b"".join(out))
            if self.backend in readable:
                data = self.backend.recv(CHUNK)
                if not data:
                    raise Closed()
                self.answer.feed(data)

    def client_message(self, kind, raw):
        """Returns what to send to the server for one message of the client."""
        if kind == b"p" or kind == b"D" and raw[5:6] not in (b"S", b"P"):
            return raw
        if kind == b"Q":
            return self.query(raw)
        handler = {b"P": self.parse, b"B": self.bind, b"E": self.execute, b"D": self.describe,
                   b"S": self.sync}.get(kind)
        return handler(raw) if handler else raw

    def decode(self, raw):
        return raw.decode("utf-8", "surrogateescape")

    def rewrite(self, text, how):
        """Rewrites a text, logs it and counts it."""
        with self.state.lock:
            self.state.statements += not self.control
        self.server.log(self, how, text)
        self.server.mirror.follow()
        return rewrite(text, self.case_sensitive)

    def query(self, raw):
        text = self.decode(raw[5:-1])
        if text.lstrip()[:7].upper() == "STANDIN":
            self.client.sendall(self.server.standin(text, self.status))
            return b""
        rewritten = self.rewrite(text, "simple")
        faults = self.answer.begin(rewritten, simple=True)
        refusal = self.answer.refusal(faults)
        self.answer.shift = 0
        if refusal is not None:
            self.answer.expect_errors_of(None)
            return message(b"Q", refusal.as_statement())
        if rewritten.tag == "CANCEL" and self.server.cancel_process_late(int(re.search(r"\d+", rewritten.text)[0])):
            return message(b"Q", "CALL standin.all_of('{}')")
        mark = f"/*standin slow {faults.get('slow').number()}*/" if "slow" in faults else ""
        self.answer.shift = len(mark)
        return message(b"Q", mark + rewritten.text)

    def parse(self, raw):
        name_end = raw.index(b"\0", 5)
        text_end = raw.index(b"\0", name_end + 1)
        name = raw[5:name_end]
        rewritten = self.rewrite(self.decode(raw[name_end + 1:text_end]), "extended")
        self.texts[name] = rewritten
        self.answer.shift = 0
        self.answer.expect_errors_of(rewritten)
        return message(b"P", self.decode(name), rewritten.text, raw[text_end + 1:])

    def bind(self, raw):
        portal_end = raw.index(b"\0", 5)
        name = raw[portal_end + 1:raw.index(b"\0", portal_end + 1)]
        self.portals[raw[5:portal_end]] = self.texts.get(name)
        return raw

    def describe(self, raw):
        """Describe of a statement outside a transaction crashes 8.0.2."""
        if raw[5:6] == b"S" and self.status == b"I" and not self.begun:
            raise Closed()
        return raw

    def execute(self, raw):
        portal_end = raw.index(b"\0", 5)
        rewritten = self.portals.get(raw[5:portal_end])
        limit = 0                # the row limit of Execute is not reliable
        if rewritten is not None:
            self.begun = self.begun or rewritten.begins
            faults = self.answer.begin(rewritten, simple=False)
            refusal = self.answer.refusal(faults)
            if refusal is not None:
                self.answer.expect_errors_of(None)
                return message(b"P", "", refusal.as_statement(), b"\0\0")
            if "slow" in faults:
                # the module interprets such a high limit as a time to wait
                limit = SLOW + faults.get("slow").number()
        return message(b"E", self.decode(raw[5:portal_end]), struct.pack("!i", limit))

    def sync(self, raw):
        self.begun = False
        return raw
