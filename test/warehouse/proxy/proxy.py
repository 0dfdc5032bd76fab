"""The proxy of the Redshift stand-in (see ../README.md).

Listens on two ports of 127.0.0.1: the ordinary one, plain and TLS, and a control
port without faults.  A thread serves each connection.
"""

import argparse
import json
import os
import random
import socket
import ssl
import sys
import threading
import time
import traceback

import lake
import names
import protocol
from faults import BadCommand, State
from session import Session

# below the ports of outgoing connections: while a fault keeps a port closed, one of
# them could take it, or even connect to itself there
PORTS = range(20000, 32000)


class Server:
    def __init__(self, folder, backend_port, mirror):
        self.folder = folder
        self.backend_port = backend_port
        self.mirror = mirror
        self.state = State()
        self.state.cut_all = self.cut_all
        self.numbers = 0
        self.by_key = {}
        self.listening = True
        self.log_file = open(os.path.join(folder, "statements.log"), "a", encoding="utf-8", errors="replace")
        self.log_lock = threading.Lock()
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.minimum_version = ssl.TLSVersion.TLSv1_2
        self.tls.load_cert_chain(os.path.join(folder, "server.crt"), os.path.join(folder, "server.key"))

    # -- sessions ------------------------------------------------------------

    def remember(self, session):
        with self.state.lock:
            self.by_key[session.key] = session

    def forget(self, session):
        with self.state.lock:
            self.by_key.pop(session.key, None)

    def cut_all(self):
        """Resets every connection that faults may affect."""
        with self.state.lock:
            sessions = [session for session in self.by_key.values() if not session.control]
        for session in sessions:
            session.cut()

    def cancel(self, key):
        """A client's CancelRequest: is sent to the server, and ends the proxy's waits."""
        with self.state.lock:
            self.state.cancels += 1
            session = self.by_key.get(key)
        if session is not None:
            self.cancel_later(session, self.state.cancel_delay())

    def cancel_later(self, session, seconds):
        """Cancels the session's statement after some time, if seconds is not 0."""
        if seconds > 0:
            timer = threading.Timer(seconds, self.cancel_later, (session, 0))
            timer.daemon = True
            timer.start()
            return
        session.cancelled = True
        self.cancel_backend(session)

    def cancel_process_late(self, pid):
        """CANCEL of a pid under the fault late_cancel: True if it takes effect later."""
        seconds = self.state.cancel_delay()
        if seconds > 0:
            with self.state.lock:
                sessions = [s for key, s in self.by_key.items() if int.from_bytes(key[:4], "big") == pid]
            for session in sessions:
                self.cancel_later(session, seconds)
        return seconds > 0

    def cancel_backend(self, session):
        with socket.create_connection(("127.0.0.1", self.backend_port)) as sock:
            sock.sendall(b"\0\0\0\x10" + protocol.CANCEL_REQUEST.to_bytes(4, "big") + session.key)
            sock.recv(1)

    def log(self, session, how, text):
        line = json.dumps({
            "time": round(time.time(), 6), "connection": session.number, "user": session.user,
            "application_name": session.application, "database": session.database, "protocol": how, "text": text,
        })
        with self.log_lock:
            self.log_file.write(line + "\n")
            self.log_file.flush()

    def standin(self, text, status):
        """Answers a STANDIN command on any connection."""
        try:
            rows = self.state.command(text)
        except (BadCommand, ValueError) as error:
            return protocol.error_response("42601", str(error)) + protocol.ready(status)
        # the change must be in effect when the command is answered
        for _ in range(6000):
            if self.listening == self.state.listening():
                break
            time.sleep(0.01)
        answer = b""
        if rows is not None:
            answer = protocol.row_description([("name", 25, -1), ("value", 25, -1)])
            answer += b"".join(protocol.data_row(row) for row in rows)
        return answer + protocol.message(b"C", "STANDIN") + protocol.ready(status)

    # -- listening -------------------------------------------------------------

    def listen(self, port=None):
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        while True:
            try:
                sock.bind(("127.0.0.1", port or random.choice(PORTS)))
                break
            except OSError:
                if port:
                    raise
        sock.listen(128)
        sock.settimeout(0.05)
        return sock

    def last_ports(self):
        """The ports of the last start, so that existing settings remain valid."""
        try:
            with open(os.path.join(self.folder, "proxy.ports"), encoding="ascii") as file:
                first, second = file.read().split()
                return int(first), int(second)
        except (OSError, ValueError):
            return None, None

    def listen_again(self, port):
        try:
            return self.listen(port)
        except OSError:
            return self.listen()

    def accept(self, sock, control):
        try:
            client, _ = sock.accept()
        except OSError:
            return
        client.settimeout(None)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.numbers += 1
        session = Session(client, self.numbers, self, control)
        threading.Thread(target=session.serve, daemon=True).start()

    def serve_control(self, sock):
        while True:
            self.accept(sock, True)

    def serve(self):
        """Accepts connections; closes the port while a fault refuses connections."""
        ordinary, control = [self.listen_again(port) for port in self.last_ports()]
        port = ordinary.getsockname()[1]
        temporary = os.path.join(self.folder, "proxy.ports.new")
        with open(temporary, "w", encoding="ascii") as file:
            file.write(f"{port}\n{control.getsockname()[1]}\n")
        os.rename(temporary, os.path.join(self.folder, "proxy.ports"))
        threading.Thread(target=self.serve_control, args=(control,), daemon=True).start()
        while True:
            if not self.state.listening():
                if ordinary is not None:
                    ordinary.close()
                    ordinary = None
                    self.listening = False
                time.sleep(0.02)
                continue
            if ordinary is None:
                ordinary = self.listen(port)
                self.listening = True
            self.accept(ordinary, False)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dir", required=True)
    parser.add_argument("--backend-port", type=int, required=True)
    parser.add_argument("--lake", required=True)
    parser.add_argument("--psql", required=True)
    arguments = parser.parse_args()
    threading.excepthook = lambda args: traceback.print_exception(args.exc_type, args.exc_value, args.exc_traceback)
    sys.setswitchinterval(0.001)
    names.keep_in(arguments.dir)
    mirror = lake.Mirror(arguments.dir, arguments.backend_port, arguments.psql, arguments.lake)
    Server(arguments.dir, arguments.backend_port, mirror).serve()


if __name__ == "__main__":
    main()
