"""A store that does what a test tells it: every fault that a Prometheus, or what stands before it, can show.

A behaviour is a function of one Exchange. FakeStore.script() queues behaviours for the coming range queries;
FakeStore.always is used when the queue is empty; FakeStore.others answers everything that is not a range query
(readiness probes, and the questions of discovery: see span_metrics()). Behaviours run on threads of their own: waiting in one holds up nobody else.
"""

import collections
import gzip
import json
import os
import socket
import ssl
import struct
import threading
import urllib.parse
import zlib

from .waiting import eventually

RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Request:
    def __init__(self, connection, method, target, headers, body):
        self.connection, self.method, self.target, self.headers, self.body = connection, method, target, headers, body
        self.path, _, self.query = target.partition("?")

    def header(self, name):
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def headers_named(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]

    @property
    def form(self):
        """The body's form as {name: [values]}."""
        return urllib.parse.parse_qs(self.body.decode("utf-8"), keep_blank_values=True, strict_parsing=bool(self.body))

    @property
    def parameters(self):
        """Those of the target and of the form as {name: [values]}."""
        return {**urllib.parse.parse_qs(self.query, keep_blank_values=True), **self.form}

    def value(self, name):
        values = self.form.get(name, [])
        assert len(values) == 1, f"{name} is in the form {len(values)} times: {self.form}"
        return values[0]

    @property
    def is_range_query(self):
        """A question of a caller's. Discovery looks for samples by counting, which no caller's question does."""
        return self.path.endswith("/api/v1/query_range") and not self.value("query").startswith("count(")

    def grid(self):
        """The evaluation times in seconds."""
        start, end, step = (float(self.value(name)) for name in ("start", "end", "step"))
        return [round(start + index * step, 3) for index in range(int(round((end - start) / step, 9)) + 1)]

    def __repr__(self):
        return f"<{self.method} {self.target} {self.headers} {self.body[:300]!r}>"


class Exchange:
    """One request being answered."""

    def __init__(self, request, connection):
        self.request, self._socket = request, connection
        self.gone = threading.Event()  # set by wait_until_gone()

    def send(self, data):
        self._socket.sendall(data)

    def reply(self, status=200, body=b"", headers=(), content_type="application/json", framing=True):
        body = body if isinstance(body, bytes) else body.encode("utf-8")
        lines = [f"HTTP/1.1 {status} Scripted", *(f"{name}: {value}" for name, value in headers)]
        if content_type:
            lines.append(f"Content-Type: {content_type}")
        if framing:
            lines.append(f"Content-Length: {len(body)}")
        self.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)

    def reply_json(self, value, status=200, headers=()):
        self.reply(status, json.dumps(value), headers)

    def reset(self):
        """RST at once, whatever was sent before."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        self._end()

    def close(self):
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._end()

    def _end(self):
        # Not socket.close(): the reader's reference to the socket would keep it open.
        descriptor = self._socket.detach()
        if descriptor >= 0:
            os.close(descriptor)

    def wait_until_gone(self, seconds=60.0):
        """Waits until the client ends the connection; True when it did."""
        self._socket.settimeout(seconds)
        try:
            while self._socket.recv(4096):
                pass
            self.gone.set()
        except socket.timeout:
            return False
        except OSError:
            self.gone.set()
        return self.gone.is_set()


class FakeStore:
    """A context manager. `context`: an ssl.SSLContext for TLS. `path` is the prefix of its URL."""

    def __init__(self, context=None, path="", always=None, others=None, host="127.0.0.1", port=0):
        self._context, self._path, self._host, self.port = context, path, host, port
        self.always, self.others = always or answer(), others or span_metrics()
        self._script = collections.deque()
        self._lock = threading.Lock()
        self._requests, self._sockets = [], set()
        self.connections = 0
        self.complaints = []
        self.handshake_failures = 0
        self._listener = None

    @property
    def url(self):
        scheme = "https" if self._context else "http"
        return f"{scheme}://{self._host}:{self.port}{self._path}"

    def script(self, *behaviours):
        with self._lock:
            self._script.extend(behaviours)

    @property
    def requests(self):
        with self._lock:
            return list(self._requests)

    @property
    def queries(self):
        return [request for request in self.requests if request.is_range_query]

    def wait_for_queries(self, count, seconds=20.0):
        return eventually(lambda: self.queries if len(self.queries) >= count else None,
                          lambda: f"{count} queries at the store, there were {len(self.queries)}", seconds)

    def use(self, context):
        """Other certificates for the connections to come."""
        self._context = context

    # -- listening ---------------------------------------------------------------------------------------------------
    def __enter__(self):
        self.open()
        return self

    def open(self):
        """Listens; on the same port as before, if there was one."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self._host, self.port))
        listener.listen(256)
        self.port = listener.getsockname()[1]
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def refuse(self):
        """Stops listening and ends every connection: from now on connecting is refused."""
        if self._listener is not None:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        self.drop_connections()

    def drop_connections(self):
        with self._lock:
            sockets, self._sockets = self._sockets, set()
        for one in sockets:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()

    def __exit__(self, *_):
        self.refuse()
        assert not self.complaints, self.complaints

    def _accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    # -- one connection ----------------------------------------------------------------------------------------------
    def _serve(self, connection):
        reader = None
        with self._lock:
            self.connections += 1
            number = self.connections
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._context is not None:
                try:
                    connection = self._context.wrap_socket(connection, server_side=True)
                except (OSError, ssl.SSLError):
                    self.handshake_failures += 1
                    return
            with self._lock:
                self._sockets.add(connection)
            reader = connection.makefile("rb")
            while True:
                request = _read_request(reader, number)
                if request is None:
                    return
                exchange = Exchange(request, connection)
                with self._lock:
                    self._requests.append(request)
                    if not request.is_range_query:
                        behaviour = self.others
                    else:
                        behaviour = self._script.popleft() if self._script else self.always
                behaviour(exchange)
        except (OSError, ValueError):
            pass  # the behaviour, or the client, ended the connection
        except AssertionError as error:
            self.complaints.append(error)  # a request that breaks a rule of Request
            connection.close()
        finally:
            with self._lock:
                self._sockets.discard(connection)
            connection.close()
            if reader is not None:
                reader.close()


def _read_request(reader, number):
    line = reader.readline().decode("latin-1").rstrip("\r\n")
    if not line:
        return None
    method, target, _ = line.split(" ")
    headers = []
    while True:
        raw = reader.readline()
        if not raw:
            return None
        text = raw.decode("latin-1").rstrip("\r\n")
        if not text:
            break
        name, _, value = text.partition(":")
        headers.append((name, value.strip()))
    request = Request(number, method, target, headers, b"")
    length = request.header("Content-Length")
    if length is not None:
        request.body = reader.read(int(length))
        if len(request.body) != int(length):
            return None
    return request


# -- behaviours ------------------------------------------------------------------------------------------------------
def probe_answer(exchange):
    """What a healthy Prometheus says to whatever a readiness probe asks."""
    path = exchange.request.path
    if path.endswith("/api/v1/status/buildinfo"):
        exchange.reply_json({"status": "success", "data": {"version": "2.42.0"}})
    elif path.endswith("/api/v1/query"):
        exchange.reply_json({"status": "success", "data": {"resultType": "scalar", "result": [1795141800, "2"]}})
    elif path.endswith(("/-/ready", "/-/healthy")):
        exchange.reply(200, "Prometheus Server is Ready.\n", content_type="text/plain")
    else:
        exchange.reply_json({"status": "success", "data": []})


def span_metrics(calls="traces_span_metrics_calls", bucket="traces_span_metrics_duration_bucket",
                 labels=("service_name", "span_name", "span_kind", "status_code"),
                 statuses=("STATUS_CODE_UNSET", "STATUS_CODE_ERROR"), bounds=("5", "100", "1000", "+Inf")):
    """What a store with one family of span metrics says to discovery: metric names, label names and values, the newest
    sample (15 s before the time that is asked about), no native histograms. All else as probe_answer."""
    def behave(exchange):
        request = exchange.request
        given = request.parameters
        path = request.path
        if path.endswith("/api/v1/labels"):
            exchange.reply_json({"status": "success", "data": ["__name__", *labels]})
        elif path.endswith("/api/v1/query_range"):
            exchange.reply_json(matrix(request, [{}], "1"))
        elif path.endswith("/values"):
            values = {"__name__": [calls, bucket], "le": bounds, "status_code": statuses, "service_name": ["frontend"]}
            label = urllib.parse.unquote(path.split("/")[-2])
            exchange.reply_json({"status": "success", "data": list(values.get(label, []))})
        elif path.endswith("/api/v1/query") and given.get("query") != ["1"]:
            query, at = given["query"][0], float(given.get("time", [1795141800])[0])
            if "histogram_count" in query:
                refusal(400, "bad_data", 'unknown function with name "histogram_count"')(exchange)
                return
            metric = {"__name__": calls, **{label: "x" for label in labels}} if query.startswith("topk") else {}
            exchange.reply_json({"status": "success", "data": {
                "resultType": "vector", "result": [{"metric": metric, "value": [at, str(at - 15)]}]}})
        else:
            probe_answer(exchange)
    return behave


DEFAULT_SERIES = ({"service_name": "frontend"},)


def matrix(request, series=DEFAULT_SERIES, value="1"):
    """A range answer over the request's own grid. `value` is a text, or a function of the time that returns one."""
    def of(time):
        return value(time) if callable(value) else value
    return {"status": "success", "data": {"resultType": "matrix", "result": [
        {"metric": dict(labels), "values": [[time, of(time)] for time in request.grid()]} for labels in series]}}


def answer(series=DEFAULT_SERIES, value="1", **extra):
    """The right answer. `extra` adds members beside `data`: warnings, infos."""
    def behave(exchange):
        exchange.reply_json({**matrix(exchange.request, series, value), **extra})
    return behave


def reply(status, body=b"", headers=(), content_type="application/json"):
    return lambda exchange: exchange.reply(status, body, headers, content_type)


def refusal(status, kind, message, headers=()):
    """An error in Prometheus' own form."""
    return reply(status, json.dumps({"status": "error", "errorType": kind, "error": message}), headers)


def html(status):
    return reply(status, "<html><body><h1>It is not here</h1></body></html>", content_type="text/html")


def after(event, then, seconds=60.0):
    """Waits for `event`, then behaves as `then`."""
    def behave(exchange):
        if event.wait(seconds):
            then(exchange)
    return behave


def never(gone=None):
    """Answers nothing; sets `gone` when the client ends the connection."""
    def behave(exchange):
        if exchange.wait_until_gone() and gone is not None:
            gone.set()
        exchange.close()
    return behave


def close_without_answer(exchange):
    exchange.close()


def reset_without_answer(exchange):
    exchange.reset()


def _body(exchange, series, value="1"):
    return json.dumps(matrix(exchange.request, series, value)).encode()


def reset_in_body(exchange):
    """Half of a right answer, then RST."""
    body = _body(exchange, DEFAULT_SERIES)
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body))
    exchange.send(body[:len(body) // 2])
    exchange.reset()


def truncated_by_length(exchange):
    """Everything but the last byte that Content-Length promised."""
    body = _body(exchange, DEFAULT_SERIES)
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body))
    exchange.send(body[:-1])
    exchange.close()


def truncated_in_chunks(exchange):
    """The whole document in chunks, but the last, empty chunk never comes."""
    body = _body(exchange, DEFAULT_SERIES)
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
    exchange.send(b"%x\r\n%s\r\n" % (len(body), body))
    exchange.close()


def ended_by_close_alone(exchange):
    """A whole document without any framing: nobody can tell that it is whole."""
    exchange.reply(200, _body(exchange, DEFAULT_SERIES), [("Connection", "close")], framing=False)
    exchange.close()


def without_last_brace(exchange):
    """Every point is there and the framing is right, but the document never ends."""
    exchange.reply(200, _body(exchange, DEFAULT_SERIES)[:-1])


def chunked(exchange):
    """A right answer in small chunks."""
    body = _body(exchange, DEFAULT_SERIES)
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
    for at in range(0, len(body), 7):
        part = body[at:at + 7]
        exchange.send(b"%x\r\n%s\r\n" % (len(part), part))
    exchange.send(b"0\r\n\r\n")


def compressed(exchange):
    """A right answer in gzip."""
    exchange.reply(200, gzip.compress(_body(exchange, DEFAULT_SERIES)), [("Content-Encoding", "gzip")])


def gzip_bomb(megabytes=160):
    """Well-formed JSON white space, `megabytes` of it, in less than a hundredth of the bytes."""
    def behave(exchange):
        packer = zlib.compressobj(1, zlib.DEFLATED, 31)
        block = b" " * (1 << 20)
        parts = [packer.compress(block) for _ in range(megabytes)]
        exchange.reply(200, b"".join(parts) + packer.flush(), [("Content-Encoding", "gzip")])
    return behave


def endless_body(megabytes):
    """A body of plain white space, `megabytes` long."""
    def behave(exchange):
        block = b" " * (1 << 20)
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(megabytes):
            exchange.send(b"100000\r\n" + block + b"\r\n")
        exchange.send(b"0\r\n\r\n")
    return behave
