"""Starting and ending."""

import signal
import socket
import threading
import time

from spmtest import fake_store as fake
from spmtest import raw_http
from spmtest.doors import DOORS, ask, succeeded
from spmtest.proxy import Proxy, run_command
from spmtest.raw_http import BrokenAnswer, Connection
from spmtest.waiting import eventually


def test_ends_with_0(store):
    for _ in range(3):
        with Proxy(store.url) as proxy:
            assert succeeded(ask(proxy, "http"))


def test_interrupt_is_as_good(store):
    with Proxy(store.url) as proxy:
        proxy.child.signal(signal.SIGINT)
        assert proxy.child.wait() == 0


def test_ends_with_0_while_the_store_is_away(store):
    url = store.url
    store.refuse()
    with Proxy(url, until="live") as proxy:
        assert ask(proxy, "http").code == 502


def test_what_is_in_flight_finishes(store, door):
    release = threading.Event()
    store.script(fake.after(release, fake.answer()))
    with Proxy(store.url) as proxy:
        outcomes = []
        asking = threading.Thread(target=lambda: outcomes.append(ask(proxy, door)))
        asking.start()
        store.wait_for_queries(1)
        proxy.terminate()
        eventually(lambda: not _ready(proxy), "readiness off")
        eventually(lambda: not _takes_work(proxy), "no new work")
        assert proxy.child.running()
        release.set()
        asking.join(30)
        assert succeeded(outcomes[0]), outcomes
        assert proxy.child.wait(20) == 0


def _ready(proxy):
    try:
        return raw_http.get(proxy.admin, "/readyz").status == 200
    except (OSError, BrokenAnswer):
        return False


def _takes_work(proxy):
    try:
        return proxy.calls().status == 200
    except (OSError, BrokenAnswer):
        return False


def test_idle_connections_do_not_hold_up_the_end(store):
    with Proxy(store.url) as proxy:
        with Connection(proxy.http) as used, Connection(proxy.http) as silent, Connection(proxy.admin) as admin:
            used.request("GET", "/livez")
            assert used.read_answer().status == 200
            before = time.monotonic()
            proxy.terminate()
            assert proxy.child.wait(20) == 0
            assert time.monotonic() - before < 5 * proxy.slowdown
            assert silent.closed_by_peer() and used.closed_by_peer() and admin.closed_by_peer()


def test_grace_time_is_bounded(store, door):
    store.always = fake.never()
    with Proxy(store.url, "--shutdown.grace-time=300ms", expect_exit=None) as proxy:
        outcomes = []

        def one():
            try:
                outcomes.append(ask(proxy, door))
            except (OSError, BrokenAnswer) as error:
                outcomes.append(error)
        asking = threading.Thread(target=one)
        asking.start()
        store.wait_for_queries(1)
        before = time.monotonic()
        proxy.terminate()
        proxy.child.wait(20)
        assert time.monotonic() - before < 5 * proxy.slowdown
        asking.join(30)
        assert not asking.is_alive()


def test_second_signal_ends_at_once(store):
    store.always = fake.never()
    with Proxy(store.url, "--shutdown.grace-time=60s", expect_exit=None) as proxy:
        with Connection(proxy.http) as connection:
            connection.request("GET", "/api/metrics/calls?service=frontend")
            store.wait_for_queries(1)
            proxy.terminate()
            eventually(lambda: not _ready(proxy), "readiness off")
            assert proxy.child.running()
            before = time.monotonic()
            proxy.terminate()
            proxy.child.wait(20)
            assert time.monotonic() - before < 3 * proxy.slowdown


def test_signal_right_after_the_start(store):
    """Whenever it comes, it is an orderly end once the doors are open."""
    with Proxy(store.url, until="listening") as proxy:
        proxy.terminate()
        assert proxy.child.wait(20) == 0


def test_ports_that_are_taken(store):
    for door in (*DOORS, "admin"):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen(1)
            port = taken.getsockname()[1]
            flags = {f"--{name}.host-port": "127.0.0.1:0" for name in (*DOORS, "admin")}
            flags[f"--{door}.host-port"] = f"127.0.0.1:{port}"
            done = run_command(f"--prometheus.server-url={store.url}", *(f"{name}={value}" for name, value in flags.items()))
            assert done.returncode not in (0, None) and done.returncode > 0, (door, done)
            assert str(port) in done.stderr and f"{door}" in done.stderr, done.stderr


def test_store_that_is_ourselves():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    done = run_command(f"--http.host-port=127.0.0.1:{port}", "--grpc.host-port=127.0.0.1:0", "--admin.host-port=127.0.0.1:0",
                       f"--prometheus.server-url=http://127.0.0.1:{port}")
    assert done.returncode == 2, done
    assert "prometheus.server-url" in done.stderr.lower().replace("_", ".").replace("server.url", "server-url"), done.stderr


def test_many_starts_at_once(store):
    """Ports and files of one instance are not in the way of another."""
    with Proxy(store.url) as one, Proxy(store.url) as two:
        assert one.doors != two.doors
        assert succeeded(ask(one, "http")) and succeeded(ask(two, "grpc"))


def test_no_store_configured():
    with Proxy(None, environment={"METRICS_STORAGE_TYPE": "none"}, until="live") as proxy:
        http, grpc = ask(proxy, "http"), ask(proxy, "grpc")
        assert (http.code, http.message) == (501, "metrics querying is currently disabled")
        assert (grpc.code, grpc.message) == ("UNIMPLEMENTED", "metrics querying is currently disabled")


def test_clients_that_reset_their_connections(store):
    with Proxy(store.url) as proxy:
        for number in range(60):
            connection = Connection(proxy.http)
            connection.send("GET /api/metrics/calls?service=frontend HTTP/1.1\r\nHost: a\r\n" + ("\r\n" if number % 2 else ""))
            connection.reset()
        assert succeeded(ask(proxy, "http"))


def test_start_and_memory(store, capsys):
    """Prints both; only a release build is held to bounds, and to loose ones: a busy machine must not fail the test."""
    seconds = []
    for _ in range(5):
        with Proxy(store.url) as proxy:
            seconds.append(proxy.seconds_to_ready)
            resident = proxy.resident_kib()
    with capsys.disabled():
        print(f"\nstart to ready: {min(seconds) * 1000:.0f} ms (best of {len(seconds)}); idle VmRSS: {resident / 1024:.1f} MB")
    if proxy.slowdown == 1.0:
        assert min(seconds) < 1.0
        assert resident < 40 * 1024
