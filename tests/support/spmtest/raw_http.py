"""HTTP by hand over a socket: sends exactly the bytes a test wants, and reads answers strictly."""

import json
import socket
import ssl

SECONDS = 60.0


class BrokenAnswer(Exception):
    """The connection ended, or its bytes are not an HTTP answer."""


class Answer:
    def __init__(self, version, status, reason, headers, body):
        self.version, self.status, self.reason, self.headers, self.body = version, status, reason, headers, body

    def header(self, name, default=None):
        return next((value for key, value in self.headers if key.lower() == name.lower()), default)

    def headers_named(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]

    @property
    def text(self):
        return self.body.decode("utf-8")

    @property
    def json(self):
        return json.loads(self.body, parse_constant=_refuse)

    @property
    def message(self):
        """The text of the error envelope, whose form is checked."""
        envelope = self.json
        assert set(envelope) == {"data", "total", "limit", "offset", "errors"}, self
        assert envelope["data"] is None and len(envelope["errors"]) == 1, self
        assert envelope["errors"][0]["code"] == self.status, self
        assert self.header("Content-Type", "").startswith("application/json"), self
        return envelope["errors"][0]["msg"]

    def __repr__(self):
        return f"<{self.version} {self.status} {self.reason} {self.headers} {self.body[:600]!r}>"


def _refuse(name):
    raise ValueError(f"{name} is not JSON")


class Connection:
    """One client connection. `address` is (host, port)."""

    def __init__(self, address, seconds=SECONDS, receive_buffer=None, tls=None):
        self.socket = socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(seconds)
        self.socket.connect(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_hostname=address[0])
        self._buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def reset(self):
        """Ends the connection with RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode("utf-8"))

    def request(self, method, target, headers=(), body=b"", version="HTTP/1.1", host="localhost"):
        """Sends one request. Content-Length is added when there is a body; Host unless `host` is None."""
        lines = [f"{method} {target} {version}"]
        if host is not None:
            lines.append(f"Host: {host}")
        lines += [f"{name}: {value}" for name, value in headers]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        self.send("\r\n".join(lines).encode("utf-8") + b"\r\n\r\n" + body)

    def _more(self):
        try:
            data = self.socket.recv(65536)
        except (ConnectionResetError, BrokenPipeError, ssl.SSLError) as error:
            raise BrokenAnswer(f"{error} after {self._buffer[:200]!r}") from None
        if not data:
            raise BrokenAnswer(f"closed after {self._buffer[:200]!r}")
        self._buffer += data

    def _take(self, size):
        while len(self._buffer) < size:
            self._more()
        taken, self._buffer = self._buffer[:size], self._buffer[size:]
        return taken

    def _take_line(self):
        while b"\r\n" not in self._buffer:
            self._more()
        line, self._buffer = self._buffer.split(b"\r\n", 1)
        return line

    def read_answer(self, method="GET") -> Answer:
        line = self._take_line().decode("latin-1")
        version, _, rest = line.partition(" ")
        code, _, reason = rest.partition(" ")
        if not version.startswith("HTTP/1.") or not code.isdigit():
            raise BrokenAnswer(f"not a status line: {line!r}")
        headers = []
        while True:
            line = self._take_line().decode("utf-8", "replace")
            if not line:
                break
            name, colon, value = line.partition(":")
            if not colon or name != name.strip():
                raise BrokenAnswer(f"not a header line: {line!r}")
            headers.append((name, value.strip()))
        answer = Answer(version, int(code), reason, headers, b"")
        if 100 <= answer.status < 200:
            return self.read_answer(method)
        if method == "HEAD" or answer.status in (204, 304):
            return answer
        if answer.header("Transfer-Encoding", "").lower() == "chunked":
            answer.body = self._chunked()
        elif answer.header("Content-Length") is not None:
            answer.body = self._take(int(answer.header("Content-Length")))
        else:
            answer.body = self._to_end()
        return answer

    def _chunked(self):
        parts = []
        while True:
            size = int(self._take_line().split(b";")[0], 16)
            parts.append(self._take(size))
            if size == 0:
                while self._take_line():
                    pass
                return b"".join(parts)
            if self._take(2) != b"\r\n":
                raise BrokenAnswer("a chunk without its end of line")

    def _to_end(self):
        while True:
            try:
                self._more()
            except BrokenAnswer:
                data, self._buffer = self._buffer, b""
                return data

    def closed_by_peer(self, seconds=10.0):
        """Whether the other side ends the connection within `seconds`, sending nothing more."""
        self.socket.settimeout(seconds)
        try:
            return self._buffer == b"" and self.socket.recv(1) == b""
        except (ConnectionResetError, BrokenPipeError):
            return True
        except socket.timeout:
            return False


def get(address, target, method="GET", headers=(), body=b"", version="HTTP/1.1", seconds=SECONDS, host="localhost"):
    """One request on a connection of its own."""
    with Connection(address, seconds) as connection:
        connection.request(method, target, [*headers, ("Connection", "close")], body, version, host)
        return connection.read_answer(method)


def exchange(address, data, seconds=SECONDS):
    """Sends raw bytes; returns (first answer, whether the server then closed the connection)."""
    with Connection(address, seconds) as connection:
        try:
            connection.send(data)
        except (ConnectionResetError, BrokenPipeError):
            pass  # an answer may still be readable
        answer = connection.read_answer()
        return answer, connection.closed_by_peer()
