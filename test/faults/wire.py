"""A network between two servers that can be cut: a relay of TCP connections.

Its port stays the same while the server behind it changes, like a name that
follows a failover.
"""

import selectors
import socket
import threading


class Wire:
    """Relays connections of its port to 127.0.0.1, port `to`, in a separate thread."""

    def __init__(self):
        self.to = None
        self.open = True         # are connections accepted?
        self.flows = True        # are bytes passed on?  If not, neither side is notified
        self.left = None         # bytes from the server until all connections are cut once
        self.cuts = 0
        self.pairs = {}          # socket: the other one
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def cut(self):
        """Ends all connections, with a reset."""
        with self.lock:
            self.left = None
            self.cuts += 1
            for sock in list(self.pairs):
                self.end(sock)

    def end(self, sock):
        """Closes a connection on both sides; the lock must be held."""
        other = self.pairs.pop(sock, None)
        if other is not None:
            del self.pairs[other]
            for one in (sock, other):
                # data in transit is lost
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                one.close()

    def accept(self):
        client, _ = self.listener.accept()
        if not self.open:
            client.close()
            return
        try:
            server = socket.create_connection(("127.0.0.1", self.to), timeout=2)
        except OSError:
            client.close()
            return
        for sock in (client, server):
            sock.settimeout(2)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.pairs[client], self.pairs[server] = server, client

    def pass_on(self, sock):
        """Passes on the data that a connection received; False if it must be closed."""
        try:
            data = sock.recv(65536)
            from_server = sock.getpeername()[1] == self.to
            if self.left is not None and from_server:
                data, self.left = data[:self.left], self.left - len(data[:self.left])
            if data:
                self.pairs[sock].sendall(data)
        except OSError:
            return False
        return bool(data)

    def run(self):
        while True:
            with self.lock:
                watched = [self.listener, *(self.pairs if self.flows else ())]
            with selectors.DefaultSelector() as selector:
                for sock in watched:
                    try:
                        selector.register(sock, selectors.EVENT_READ)
                    except (OSError, ValueError):
                        pass     # closed meanwhile
                ready = [key.fileobj for key, _ in selector.select(0.1)]
            with self.lock:
                for sock in ready:
                    if sock is self.listener:
                        self.accept()
                    elif sock in self.pairs and not self.pass_on(sock):
                        if self.left == 0:
                            self.left = None
                            self.cuts += 1
                            for one in list(self.pairs):
                                self.end(one)
                        else:
                            self.end(sock)
