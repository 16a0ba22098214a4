"""How fast answers that are kept are served, beside nginx serving the same bytes as files; memory at rest; the start.

    serving.py --page-data PROGRAM --load PROGRAM [--rounds N] [--seconds N] [--starts N]

nginx: a worker a core, sendfile, keep-alive, no gzip, access log to a file; this service with its access log to a file.
The same program asks both for the same bytes, in turn, over 32 connections that stay open.
"""

import argparse
import contextlib
import json
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import meters
import page_requests
import page_store
from browser import Browser
from spmtest import paths, raw_http
from spmtest.child import Child
from spmtest.proxy import Proxy, clean_environment
from spmtest.waiting import eventually

CONNECTIONS = 32
IDLE_CONNECTIONS = 1_000
# Which of the page's requests, and how far back: about 4 KB, 100 KB and 2 MB.
SIZES = {"4 KB": (3, 48 * 60), "100 KB": (6, 60 * 60), "2 MB": (6, 21 * 3600)}
AIM_RATIO, AIM_IDLE_MIB, AIM_CONNECTED_MIB, AIM_READY_MS = 0.7, 24, 64, 50

NGINX = """
worker_processes {workers};
daemon off;
pid {directory}/nginx.pid;
error_log {directory}/error.log;
events {{ worker_connections 4096; }}
http {{
  default_type application/json;
  access_log {directory}/nginx-access.log combined;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000000;
  gzip off;
  client_body_temp_path {directory}/t1; proxy_temp_path {directory}/t2; fastcgi_temp_path {directory}/t3;
  uwsgi_temp_path {directory}/t4; scgi_temp_path {directory}/t5;
  server {{ listen 127.0.0.1:{port}; root {directory}/files; }}
}}
"""


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Nginx:
    def __init__(self, directory, files):
        self.port, self._directory = free_port(), directory
        (directory / "files").mkdir()
        for name, body in files.items():
            (directory / "files" / name).write_bytes(body)
        # Its workers are somebody else when it is started by root.
        for path in (directory, directory / "files", *(directory / "files").iterdir()):
            path.chmod(0o755)
        self._configuration = directory / "nginx.conf"
        self._configuration.write_text(NGINX.format(workers=os.cpu_count(), directory=directory, port=self.port))

    def __enter__(self):
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        self._child = Child([program, "-p", self._directory, "-c", self._configuration])
        eventually(lambda: is_listening(self.port), lambda: f"nginx listens\n{self._child.text()}")
        return self

    def __exit__(self, *_):
        self._child.signal(3)  # it ends its workers
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(10)
        self._child.kill()


def is_listening(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def asked(options, port, target):
    command = [options.load, port, target, CONNECTIONS, options.seconds]
    done = subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)["per_s"]


def targets(data):
    for name, (card, lookback_s) in SIZES.items():
        yield name, page_requests.of_ui(data, page_store.END_S, lookback_s)[card].target


def measure_rates(options, data, proxy, directory):
    host, port = proxy.http
    bodies = {}
    for name, target in targets(data):
        _, (answer,) = Browser(host, port).page([page_requests.Request(target)])
        if answer.status != 200:
            raise SystemExit(f"serving.py: {target}: {answer.status} {answer.body[:400]!r}")
        bodies[name] = answer.body
    files = {f"{number}.json": body for number, body in enumerate(bodies.values())}
    with Nginx(directory, files) as nginx:
        print(f"\nAnswers a second, {CONNECTIONS} connections, median of {options.rounds} rounds of {options.seconds} s")
        for number, (name, target) in enumerate(targets(data)):
            ours, theirs = [], []
            for _ in range(options.rounds):
                # What is kept is kept for a minute: each round begins with a fresh answer.
                raw_http.get(proxy.http, target)
                ours.append(asked(options, port, target))
                theirs.append(asked(options, nginx.port, f"/{number}.json"))
            ratio = statistics.median(ours) / statistics.median(theirs)
            print(f"{name:8} {len(bodies[name]):9,} bytes: {statistics.median(ours):10,.0f} here {statistics.median(theirs):10,.0f} "
                  f"nginx  aim: ratio {ratio:5.2f} >= {AIM_RATIO} {'met' if ratio >= AIM_RATIO else 'MISSED'}", flush=True)


def print_memory(what, kib, bound):
    print(f"{what:34} {kib / 1024:6.1f} MiB  <= {bound} {'met' if kib / 1024 <= bound else 'MISSED'}", flush=True)


def measure_memory(store):
    """Of a process that has served nothing but these connections."""
    with Proxy(store.url, "--http.max-connections=2000") as proxy, contextlib.ExitStack() as stack:
        meters.settled_cpu_seconds(proxy.child.pid)
        print("\nVmRSS")
        print_memory("idle", proxy.resident_kib(), AIM_IDLE_MIB)
        for _ in range(IDLE_CONNECTIONS):
            connection = stack.enter_context(socket.create_connection(proxy.http))
            connection.sendall(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
            connection.settimeout(30)
            while not connection.recv(65536).endswith(b"alive\n"):
                pass
        meters.settled_cpu_seconds(proxy.child.pid)
        print_memory(f"with {IDLE_CONNECTIONS:,} idle connections", proxy.resident_kib(), AIM_CONNECTED_MIB)


def seconds_to_ready(store):
    """From the start of the process to the first 200 of /readyz."""
    ports = {door: free_port() for door in ("http", "grpc", "admin")}
    command = [paths.program(), f"--prometheus.server-url={store.url}"]
    command += [f"--{door}.host-port=127.0.0.1:{port}" for door, port in ports.items()]
    environment = clean_environment()
    began = time.perf_counter()
    child = Child(command, environment)
    try:
        while True:
            with contextlib.suppress(OSError, raw_http.BrokenAnswer):
                if raw_http.get(("127.0.0.1", ports["admin"]), "/readyz").status == 200:
                    return time.perf_counter() - began
            if time.perf_counter() - began > 20:
                raise SystemExit(f"serving.py: never ready\n{child.text()[-4000:]}")
            time.sleep(0.0005)
    finally:
        child.kill()


def measure_start(options, store):
    took = statistics.median(seconds_to_ready(store) for _ in range(options.starts)) * 1e3
    print(f"\nfrom start to ready, median of {options.starts}: {took:.1f} ms  <= {AIM_READY_MS} "
          f"{'met' if took <= AIM_READY_MS else 'MISSED'}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--page-data", required=True, help="the program that writes the data")
    parser.add_argument("--load", required=True, help="the program that asks")
    parser.add_argument("--hours", type=int, default=24, help="of data")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5, help="of a round")
    parser.add_argument("--starts", type=int, default=10)
    options = parser.parse_args()
    data = page_store.Data(operations=20, instances=2, every_s=15, hours=options.hours)
    with page_store.running(options.page_data, data) as store, tempfile.TemporaryDirectory() as scratch:
        directory = pathlib.Path(scratch)
        measure_start(options, store)
        measure_memory(store)
        with Proxy(store.url, f"--log.access-file={directory}/access.log", "--query.timeout=5m") as proxy:
            measure_rates(options, data, proxy, directory)


if __name__ == "__main__":
    main()
