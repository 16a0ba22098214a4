"""A hop before a store that passes everything on and remembers what was asked."""

import http.client
import http.server
import threading
import urllib.parse

_NOT_PASSED_ON = {"connection", "content-length", "transfer-encoding", "keep-alive", "host"}


class Asked:
    """One request: its path without the query, and its body as it came."""

    def __init__(self, path, body):
        self.path, self.body = path, body


class Hop:
    """A context manager. `url` is where the store seems to be. `before`: called with each request, on a thread of its own,
    before it is passed on."""

    def __init__(self, store_url):
        self._store = urllib.parse.urlsplit(store_url).netloc
        self._asked, self._lock = [], threading.Lock()
        self.before = lambda asked: None
        hop = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self):
                hop._pass_on(self)

            do_POST = do_GET

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads, request_queue_size = True, 256

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_port}"

    def taken(self):
        """What was asked since the last call."""
        with self._lock:
            taken, self._asked = self._asked, []
        return taken

    def _pass_on(self, handler):
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        asked = Asked(handler.path.partition("?")[0], body)
        with self._lock:
            self._asked.append(asked)
        self.before(asked)
        connection = http.client.HTTPConnection(self._store, timeout=60)
        try:
            headers = {name: value for name, value in handler.headers.items() if name.lower() not in _NOT_PASSED_ON}
            connection.request(handler.command, handler.path, body or None, headers)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        handler.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in _NOT_PASSED_ON:
                handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
