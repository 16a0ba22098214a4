"""How connections to the store are used: kept, given up, limited, and not opened while the breaker is open."""

import threading
import time

from spmtest import fake_store as fake
from spmtest.doors import ask, succeeded
from spmtest.prometheus import Prometheus
from spmtest.waiting import eventually


def _ask_all(proxy, door, count):
    outcomes = [None] * count

    def one(index):
        outcomes[index] = ask(proxy, door)
    threads = [threading.Thread(target=one, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    return threads, outcomes


def _join(threads):
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()


def _gauge(proxy, name):
    wanted = f"jaeger_spm_proxy_{name} "
    return next((float(line.split()[-1]) for line in proxy.metrics().splitlines() if line.startswith(wanted)), None)


def test_connection_is_kept(start, store):
    proxy = start(store)
    for _ in range(20):
        assert succeeded(ask(proxy, "http"))
    assert len({query.connection for query in store.queries}) == 1


def test_idle_connection_that_the_store_closed(start, store, door):
    proxy = start(store)
    assert succeeded(ask(proxy, door))
    store.drop_connections()
    assert succeeded(ask(proxy, door))


def test_idle_connection_that_is_only_half_open(start, store, door):
    """The store forgot the connection and says so only when it is used: once more, on a fresh one."""
    proxy = start(store)
    assert succeeded(ask(proxy, door))
    store.script(fake.reset_without_answer)
    assert succeeded(ask(proxy, door))
    first, second, third = store.queries
    assert first.connection == second.connection != third.connection


def test_connection_age(start, store):
    proxy = start(store, "--store.max-connection-age=1s")
    eventually(lambda: succeeded(ask(proxy, "http")) and len({query.connection for query in store.queries}) >= 2,
               "a fresh connection after a second", 15)


def test_connection_that_the_store_wants_closed(start, store):
    def last(exchange):
        exchange.reply_json(fake.matrix(exchange.request), headers=[("Connection", "close")])
        exchange.close()
    store.always = last
    proxy = start(store)
    for _ in range(3):
        assert succeeded(ask(proxy, "http"))
    assert len(store.queries) == 3


def test_at_most_so_many_at_once(start, store, door):
    release = threading.Event()
    store.always = fake.after(release, fake.answer())
    proxy = start(store, "--store.max-concurrent=2", "--store.max-waiting=3")
    threads, outcomes = _ask_all(proxy, door, 5)
    eventually(lambda: _gauge(proxy, "upstream_waiting") == 3, "three that wait for their turn")
    eventually(lambda: len(store.queries) == 2, "two that are with the store")
    refused = ask(proxy, door)
    assert refused.is_one_of(503, "UNAVAILABLE"), refused
    assert len(store.queries) == 2
    assert door == "grpc" or refused.header("Retry-After")
    release.set()
    _join(threads)
    assert all(succeeded(outcome) for outcome in outcomes), outcomes
    assert _gauge(proxy, "upstream_waiting") == 0 and _gauge(proxy, "upstream_active") == 0


def test_many_at_once(start, store, door):
    proxy = start(store)
    threads, outcomes = _ask_all(proxy, door, 60)
    _join(threads)
    assert all(succeeded(outcome) for outcome in outcomes), outcomes
    assert len({query.connection for query in store.queries}) <= 8


def test_breaker(start, store, door):
    """Five failures in a row: refused at once for five seconds, then one probe decides."""
    proxy = start(store)
    assert succeeded(ask(proxy, door))
    before = len(store.queries)
    store.refuse()
    for _ in range(5):
        assert ask(proxy, door).is_one_of(502, "UNAVAILABLE")
    assert _gauge(proxy, "upstream_breaker_open") == 1
    opened = time.monotonic()
    release = threading.Event()
    store.always = fake.after(release, fake.answer())
    store.open()
    refused = ask(proxy, door)
    assert refused.is_one_of(502, "UNAVAILABLE"), refused
    assert len(store.queries) == before
    assert proxy.get("/livez").status == 200

    # Asking again and again until one is let through: it is the only one until it has its answer.
    outcomes = []

    def ask_until_let_through():
        while not release.is_set() and time.monotonic() < opened + 30:
            outcomes.append(ask(proxy, door))
    threads = [threading.Thread(target=ask_until_let_through) for _ in range(3)]
    for thread in threads:
        thread.start()
    store.wait_for_queries(before + 1, 20)
    assert time.monotonic() - opened > 3
    assert len(store.queries) == before + 1
    release.set()
    _join(threads)
    eventually(lambda: succeeded(ask(proxy, door)), "the breaker is closed")
    assert _gauge(proxy, "upstream_breaker_open") == 0


def test_breaker_does_not_count_refused_queries(start, store):
    proxy = start(store)
    store.always = fake.refusal(400, "bad_data", "no")
    for _ in range(8):
        assert ask(proxy, "http").code == 400
    store.always = fake.answer()
    assert succeeded(ask(proxy, "http"))


def test_real_prometheus_that_is_killed_and_comes_back(start):
    with Prometheus() as prometheus:
        proxy = start(prometheus.url)
        assert ask(proxy, "http").family["metrics"] == []
        prometheus.kill()
        assert ask(proxy, "http").code == 502
        prometheus.start()
        eventually(lambda: succeeded(ask(proxy, "http")), "answers again", 30)
        eventually(lambda: proxy.get("/readyz").status == 200, "ready again", 30)
