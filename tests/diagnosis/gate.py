"""What stands before a store with tenants: each token opens another store, none opens nothing."""

import http.server
import threading
import urllib.error
import urllib.request


class Gate:
    """A context manager. `stores`: {token: URL of the store that it opens}."""

    def __init__(self, stores):
        gate = self
        self._stores = stores

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                gate._pass_on(self)

            do_POST = do_GET

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_port}"

    def _pass_on(self, handler):
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        store = self._stores.get(handler.headers.get("Authorization", "").removeprefix("Bearer "))
        status, kind, answer = 401, "text/plain", b"who are you?"
        if store:
            kept = {name: value for name, value in handler.headers.items() if name.lower() == "content-type"}
            request = urllib.request.Request(store + handler.path, body or None, kept, method=handler.command)
            try:
                with urllib.request.urlopen(request, timeout=30) as reply:
                    status, kind, answer = reply.status, reply.headers["Content-Type"], reply.read()
            except urllib.error.HTTPError as error:
                status, kind, answer = error.code, error.headers["Content-Type"], error.read()
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(answer)))
        handler.end_headers()
        handler.wfile.write(answer)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
