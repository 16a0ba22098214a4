"""Serves one exposition as a target whose counters grow: every value times the number of the scrape."""

import http.server
import re
import threading

CLASSIC = "text/plain; version=0.0.4; charset=utf-8"
UTF8 = "text/plain; version=1.0.0; escaping=allow-utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
SCRAPES = "spmtest_scrapes_total"  # a counter of the scrapes: rates are those of this one times the values served

_SAMPLE = re.compile(r'(?P<series>(?:[A-Za-z_:][\w:.]*)?(?:\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\})?) (?P<value>\S+)(?P<rest>.*)')
_LABEL = re.compile(r'("(?:[^"\\]|\\.)*"|[A-Za-z_:][\w:.]*)(?:="((?:[^"\\]|\\.)*)")?')


class Sample:
    def __init__(self, name, labels, value):
        self.name, self.labels, self.value = name, labels, value

    def __repr__(self):
        return f"{self.name}{self.labels} {self.value}"


def _is_sample(line):
    return line and not line.startswith("#")


def samples(text):
    """All samples of an exposition; names may be quoted, and stand within the braces."""
    made = []
    for line in filter(_is_sample, text.splitlines()):
        found = _SAMPLE.fullmatch(line)
        assert found, line
        name, _, inner = found["series"].partition("{")
        labels = {}
        for key, value in _LABEL.findall(inner.rstrip("}")):
            key, quoted = key.strip('"'), key.startswith('"')
            if not value and quoted and not re.search(re.escape(f'"{key}"="'), inner):
                name = key
            else:
                labels[key] = value
        made.append(Sample(name, labels, float(found["value"])))
    return made


def times(text, number):
    """The exposition with every value times `number`; exemplars go, their values would leave their buckets."""
    lines = []
    for line in text.splitlines():
        if _is_sample(line):
            found = _SAMPLE.fullmatch(line)
            line = f"{found['series']} {float(found['value']) * number!r}"
        lines.append(line)
    return lines


class Exporter:
    """A context manager. `text` may be replaced at any time; None makes the scrapes fail."""

    def __init__(self, text, content_type=CLASSIC):
        self.text, self.content_type, self.scrapes = text, content_type, 0
        exporter = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                exporter._answer(self)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def address(self):
        return f"127.0.0.1:{self._server.server_port}"

    def _answer(self, handler):
        if self.text is None:
            handler.send_error(503)
            return
        number = self.scrapes + 1
        lines = times(self.text, number)
        ends = lines and lines[-1] == "# EOF"
        body = "\n".join((lines[:-1] if ends else lines) + [f"{SCRAPES} {number}"] + (["# EOF"] if ends else [])) + "\n"
        handler.send_response(200)
        handler.send_header("Content-Type", self.content_type)
        handler.send_header("Content-Length", str(len(body.encode())))
        handler.end_headers()
        handler.wfile.write(body.encode())
        self.scrapes = number

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
