#!/usr/bin/env python3
"""The demo: a real Prometheus with sample span metrics, and the proxy in front of it. Ctrl-C ends all of it.

Needs the Debian package prometheus and a built proxy; `make run` sees to both. Everything listens on loopback.
"""

import argparse
import contextlib
import ctypes
import http.server
import json
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

import shop

ROOT = pathlib.Path(__file__).resolve().parent.parent
PORTS = (  # name, default, what listens there
    ("http", 16690, "the proxy's HTTP door"),
    ("grpc", 16691, "the proxy's gRPC door"),
    ("admin", 16692, "the proxy's admin port"),
    ("prometheus", 19090, "Prometheus"),
    ("exporter", 18889, "the exporter of sample metrics"),
)
BLOCK_SECONDS = 7200  # of Prometheus
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


class Stop(Exception):
    """The demo cannot go on; the text says why."""


class Interrupted(Exception):
    """SIGINT or SIGTERM."""


def interrupted(*_):
    raise Interrupted


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default, what in PORTS:
        parser.add_argument(f"--{name}-port", type=int, default=default, metavar="PORT", help=f"of {what} (%(default)s)")
    parser.add_argument("--hours", type=float, default=6, help="length of the history (%(default)s)")
    parser.add_argument("--names", choices=shop.PRODUCERS, default="connector",
                        help="under whose names the sample metrics are written; the proxy is not told (%(default)s)")
    parser.add_argument("--binary", type=pathlib.Path, default=ROOT / "build/release/jaeger-spm-proxy",
                        help="the proxy's program (%(default)s)")
    return parser.parse_args()


def check(options):
    """Everything that can be known to fail before anything is started."""
    if not options.binary.is_file():
        raise Stop(f"{options.binary} does not exist: run `make build` first")
    for program in ("prometheus", "promtool"):
        if not shutil.which(program):
            raise Stop(f"{program} is not installed: run `make deps` first")
    taken = {}
    for name, _, what in PORTS:
        port, variable = getattr(options, f"{name}_port"), f"{name.upper()}_PORT"
        if port in taken:
            raise Stop(f"{variable} and {taken[port]} are both {port}: give one of them another port")
        taken[port] = variable
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                probe.listen(1)
            except (OSError, OverflowError) as error:
                raise Stop(f"port {port}, for {what}, cannot be used ({error}).\n"
                           f"Free it, or choose another: make run {variable}={port + 10000 if port < 55000 else 20000}") from None


def make_blocks(scratch, series, until):
    """One promtool for each two hours, side by side: it reads its whole input once for every block it makes."""
    data = scratch / "data"
    data.mkdir()
    running = []
    try:
        return _make_blocks(scratch, data, series, until, running)
    finally:
        for promtool, _, _ in running:
            promtool.kill()


def _make_blocks(scratch, data, series, until, running):
    while series[0].time < until:
        end = min(until, (series[0].time // BLOCK_SECONDS + 1) * BLOCK_SECONDS)
        text, blocks = scratch / f"{end}.om", scratch / f"{end}.blocks"
        with open(text, "w", encoding="utf-8") as file:
            shop.write_history(file, series, end)
        running.append((subprocess.Popen(["promtool", "tsdb", "create-blocks-from", "openmetrics", text, blocks],
                                         stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True), text, blocks))
    for promtool, text, blocks in running:
        _, said = promtool.communicate()
        if promtool.returncode:
            raise Stop(f"promtool could not write the history: {said.strip()}")
        text.unlink()
        for block in blocks.iterdir():
            block.rename(data / block.name)
    return data


def start_exporter(port, series):
    lock = threading.Lock()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            with lock:
                body = shop.exposition(series, time.time()).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()


class Program:
    """A child in a session of its own (so that Ctrl-C reaches only this script), which dies with this script."""

    def __init__(self, name, command, scratch):
        self.name, self.log = name, scratch / f"{name}.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            start_new_session=True,
                                            preexec_fn=lambda: _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL))

    def assert_running(self):
        if self.process.poll() is not None:
            tail = self.log.read_text(errors="replace").strip()[-3000:]
            raise Stop(f"{self.name} ended with status {self.process.returncode}. Its last words:\n{tail}")

    def wait_for(self, url, seconds=60):
        end = time.monotonic() + seconds
        while True:
            self.assert_running()
            with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5) as answer:
                if answer.status == 200:
                    return
            if time.monotonic() > end:
                raise Stop(f"{self.name} was not ready within {seconds} s ({url}); its log: {self.log.read_text()[-3000:]}")
            time.sleep(0.02)

    def end(self):
        """SIGTERM, and SIGKILL to what does not listen."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def configuration(options):
    return f"""global:
  scrape_interval: 5s
scrape_configs:
  - job_name: {shop.JOB}
    static_configs:
      - targets: ['127.0.0.1:{options.exporter_port}']
        labels: {{instance: '{shop.INSTANCE}'}}
"""


def found_by_itself(options):
    """What the proxy, which was told no names, says of the store."""
    with urllib.request.urlopen(f"http://127.0.0.1:{options.http_port}/api/spm/diagnosis", timeout=30) as answer:
        report = json.load(answer)
    return report["choice"]


def greeting(options):
    door = f"http://127.0.0.1:{options.http_port}"
    admin = f"http://127.0.0.1:{options.admin_port}"
    window = "lookback=1800000&step=60000"
    return f"""
Found in the store, without being told any names (make run NAMES=tempo writes others):
  {found_by_itself(options)}

The proxy answers Jaeger's metrics API at {door} and gRPC at 127.0.0.1:{options.grpc_port}.
Open:
  {door}/api/metrics/calls?service=frontend&{window}&prettyPrint=true
  {admin}/metrics      what the proxy says about itself
  {admin}/readyz
  {door}/api/spm/diagnosis?prettyPrint=true      what is found in the store, and what to do about it
  http://127.0.0.1:{options.prometheus_port}               the Prometheus behind it
Try (services: {", ".join(dict.fromkeys(row[0] for row in shop.OPERATIONS))}):
  curl -sS '{door}/api/metrics/latencies?service=frontend&quantile=0.95&{window}'
  curl -sS '{door}/api/metrics/calls?service=checkout&service=payment&groupByOperation=true&{window}'
  curl -sS '{door}/api/metrics/errors?service=payment&{window}&prettyPrint=true'
Point a Jaeger at it, as if it were its Prometheus:
  Jaeger v1:  METRICS_STORAGE_TYPE=prometheus
              PROMETHEUS_SERVER_URL={door}
  Jaeger v2:  under metric_backends.<name>.prometheus of its configuration:
              endpoint: {door}
Ctrl-C ends everything.
"""


def run(options, cleanup):
    check(options)
    scratch = pathlib.Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="spm-demo-")))
    until = int(time.time()) // shop.STEP * shop.STEP
    print(f"writing {options.hours:g} h of sample span metrics ...", flush=True)
    series = shop.all_series(shop.PRODUCERS[options.names], until - int(options.hours * 3600) // shop.STEP * shop.STEP)
    data = make_blocks(scratch, series, until)
    start_exporter(options.exporter_port, series)
    (scratch / "prometheus.yml").write_text(configuration(options), encoding="utf-8")

    print("starting Prometheus and the proxy ...", flush=True)
    programs = []
    prometheus = Program("prometheus", [
        "prometheus", f"--config.file={scratch / 'prometheus.yml'}", f"--storage.tsdb.path={data}",
        f"--web.listen-address=127.0.0.1:{options.prometheus_port}"], scratch)
    cleanup.callback(prometheus.end)
    programs.append(prometheus)
    prometheus.wait_for(f"http://127.0.0.1:{options.prometheus_port}/-/ready")
    proxy = Program("jaeger-spm-proxy", [
        options.binary, f"--http.host-port=127.0.0.1:{options.http_port}", f"--grpc.host-port=127.0.0.1:{options.grpc_port}",
        f"--admin.host-port=127.0.0.1:{options.admin_port}",
        f"--prometheus.server-url=http://127.0.0.1:{options.prometheus_port}"], scratch)
    cleanup.callback(proxy.end)
    programs.append(proxy)
    proxy.wait_for(f"http://127.0.0.1:{options.admin_port}/readyz")
    print(greeting(options), flush=True)
    while True:
        for program in programs:
            program.assert_running()
        time.sleep(0.2)


def main():
    options = arguments()
    signal.signal(signal.SIGINT, interrupted)
    signal.signal(signal.SIGTERM, interrupted)
    try:
        with contextlib.ExitStack() as cleanup:
            try:
                run(options, cleanup)
            finally:  # a second Ctrl-C must not stop the cleaning up
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
    except Stop as reason:
        print(f"make run: {reason}", file=sys.stderr)
        return 1
    except Interrupted:
        print("\nended.", flush=True)
        return 0
    return 0


sys.exit(main())
