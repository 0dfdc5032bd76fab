"""Messages of protocol 3.0: building, parsing and changing them."""

import struct

SSL_REQUEST, CANCEL_REQUEST, GSS_REQUEST, PROTOCOL_3 = 80877103, 80877102, 80877104, 196608

_LENGTH = struct.Struct("!I")


class Closed(Exception):
    """The other side has closed the connection."""


def message(kind, *parts):
    """Returns one message; str parts become zero-terminated strings."""
    body = b"".join(
        part.encode("utf-8", "surrogateescape") + b"\0" if isinstance(part, str) else part for part in parts
    )
    return kind + _LENGTH.pack(len(body) + 4) + body


def read_exactly(sock, size):
    data = b""
    while len(data) < size:
        chunk = sock.recv(size - len(data))
        if not chunk:
            raise Closed()
        data += chunk
    return data


def read_startup(sock):
    """Reads a packet without type: returns its code and body."""
    (size,) = _LENGTH.unpack(read_exactly(sock, 4))
    if not 8 <= size <= 10240:
        raise Closed()
    body = read_exactly(sock, size - 4)
    return _LENGTH.unpack(body[:4])[0], body[4:]


def startup_parameters(body):
    """Converts the body of a StartupMessage to a dict."""
    words = body.rstrip(b"\0").decode("utf-8", "surrogateescape").split("\0")
    if len(words) % 2:
        words.append("")
    return dict(zip(words[::2], words[1::2]))


def startup_packet(parameters):
    body = b"".join(
        word.encode("utf-8", "surrogateescape") + b"\0" for pair in parameters.items() for word in pair
    )
    return _LENGTH.pack(len(body) + 9) + _LENGTH.pack(PROTOCOL_3) + body + b"\0"


def error_response(sqlstate, text, severity="ERROR", detail=None, kind=b"E", position=0):
    """Severity has no V field, as in 8.0."""
    fields = [("S", severity), ("C", sqlstate), ("M", text)]
    if detail:
        fields.append(("D", detail))
    if position:
        fields.append(("P", str(position)))
    return message(kind, *(code + value for code, value in fields), b"\0")


def fields_of(body):
    """Parses the body of an ErrorResponse or NoticeResponse: [(code, text)]."""
    parts = body.rstrip(b"\0").split(b"\0")
    return [(part[:1].decode(), part[1:].decode("utf-8", "surrogateescape")) for part in parts if part]


def from_fields(kind, fields):
    return message(kind, *(code + value for code, value in fields), b"\0")


def ready(status):
    return message(b"Z", status)


def row_description(columns):
    """columns: [(name, type oid, typmod)], all text."""
    parts = [struct.pack("!h", len(columns))]
    for name, oid, typmod in columns:
        parts += [name, struct.pack("!ihihih", 0, 0, oid, -1, typmod, 0)]
    return message(b"T", *parts)


def data_row(values):
    parts = [struct.pack("!h", len(values))]
    for value in values:
        if value is None:
            parts.append(struct.pack("!i", -1))
        else:
            data = value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogateescape")
            parts += [struct.pack("!i", len(data)), data]
    return message(b"D", *parts)


def parse_row(body):
    """Splits the body of a DataRow into values."""
    (count,) = struct.unpack_from("!h", body)
    at, values = 2, []
    for _ in range(count):
        (size,) = struct.unpack_from("!i", body, at)
        at += 4
        values.append(None if size < 0 else body[at:at + size])
        at += max(size, 0)
    return values


def parse_description(body):
    """Parses the body of a RowDescription: [[name, the six fields]]."""
    (count,) = struct.unpack_from("!h", body)
    at, columns = 2, []
    for _ in range(count):
        end = body.index(b"\0", at)
        name = body[at:end].decode("utf-8", "surrogateescape")
        columns.append([name, list(struct.unpack_from("!ihihih", body, end + 1))])
        at = end + 19
    return columns


def build_description(columns):
    parts = [struct.pack("!h", len(columns))]
    for name, fields in columns:
        parts += [name, struct.pack("!ihihih", *fields)]
    return message(b"T", *parts)


class Cutter:
    """Splits a stream into messages; keeps an incomplete one."""

    def __init__(self):
        self.rest = b""

    def feed(self, data):
        """Yields (type, whole message) for each complete message.

        Consecutive DataRows are yielded as one (b"D", bytes, count): most of a
        stream is rows, and most of them need not be parsed.
        """
        data = self.rest + data if self.rest else data
        at, size = 0, len(data)
        run, rows = 0, 0
        unpack = _LENGTH.unpack_from
        while at + 5 <= size:
            end = at + 1 + unpack(data, at + 1)[0]
            if end > size:
                break
            if data[at] == 68:
                rows += 1
                at = end
                continue
            if rows:
                yield b"D", data[run:at], rows
            yield data[at:at + 1], data[at:end], 1
            rows = 0
            run = at = end
        if rows:
            yield b"D", data[run:at], rows
        self.rest = data[at:]


def split_rows(data):
    """Splits consecutive DataRow messages into single ones."""
    at = 0
    while at < len(data):
        end = at + 1 + _LENGTH.unpack_from(data, at + 1)[0]
        yield data[at:end]
        at = end
