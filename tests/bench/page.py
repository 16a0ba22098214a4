"""What a page of Jaeger's Monitor tab costs: asked of Prometheus itself, and of this service reading in either way.

    page.py --page-data PROGRAM [--hours N] [--rounds N] [--large] [--pages N]

Every way is asked once to warm up, then all of them in turn, round by round, so that a disturbance of the machine meets
each of them. Prometheus serves all ways with everything in the page cache, as a store that is in use. These ways keep
nothing; page_warm.py goes on with what a cache makes of the same pages.
"""

import argparse
import contextlib
import itertools
import pathlib
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import meters
import page_report
import page_requests
import page_store
import page_warm
from browser import CONNECTIONS, Browser
from spmtest import raw_http
from spmtest.proxy import Proxy
from spmtest.waiting import eventually

PLAN = {"X-SPM-Plan": "1"}
PATIENT = ["--query.timeout=5m", "--http.write-timeout=5m"]  # on a slow machine, too, there is something to measure


class Cost:
    """Of one page. Seconds; `samples`: raw ones that were decoded; `sent`: bytes that the store sent."""

    def __init__(self, wall, store_cpu, proxy_cpu, samples, sent):
        self.wall, self.store_cpu, self.proxy_cpu, self.samples, self.sent = wall, store_cpu, proxy_cpu, samples, sent


class Way:
    """One of the ways to ask. `proxy` None: the store itself is asked."""

    def __init__(self, letter, name, store, proxy=None, source=None):
        self.letter, self.name, self.store, self.proxy, self.source = letter, name, store, proxy, source
        host, port = proxy.http if proxy else ("127.0.0.1", store.port)
        self.browser = Browser(host, port)
        self.idle_kib = None
        self.forget()

    def forget(self):
        self.costs, self.peak_kib, self.points, self.to_client = [], 0, 0, 0

    def requests(self, data, lookback_s):
        make = page_requests.of_ui if self.proxy else page_requests.of_jaeger
        return make(data, page_store.END_S, lookback_s)

    def warm_up(self, requests):
        """Once unmeasured, and once to see what is read and answered."""
        self._page(requests)
        _, answers = self._page(requests, PLAN if self.proxy else ())
        self.to_client = sum(len(answer.body) for answer in answers)
        mark = b'"timestamp"' if self.proxy else b'"]'  # one a point
        self.points = sum(answer.body.count(mark) for answer in answers)
        for answer in answers:
            if self.source and not (answer.headers["X-SPM-Plan"] or "").startswith(f"source={self.source};"):
                raise SystemExit(f"page.py: {answer.request.target} was to be read by {self.source}, but X-SPM-Plan says "
                                 f"{answer.headers['X-SPM-Plan']}\n{readiness(self.proxy)}")
        if self.proxy:
            meters.forget_peak(self.proxy.child.pid)

    def measure(self, requests):
        pids = [self.store.child.pid] + ([self.proxy.child.pid] if self.proxy else [])
        samples, sent = self._raw_samples(), meters.sent_bytes(self.store.url)
        before = [meters.settled_cpu_seconds(pid) for pid in pids]
        wall, _ = self._page(requests)
        used = [meters.settled_cpu_seconds(pid) - was for pid, was in zip(pids, before)]
        self.costs.append(Cost(wall, used[0], used[1] if self.proxy else 0.0, self._raw_samples() - samples,
                               meters.sent_bytes(self.store.url) - sent))
        if self.proxy:
            self.peak_kib = meters.peak_kib(self.proxy.child.pid)

    def _page(self, requests, headers=()):
        took, answers = self.browser.page(requests, headers)
        for answer in answers:
            if answer.status != 200:
                raise SystemExit(f"page.py: ({self.letter}) {answer.request.target} {answer.request.body}: "
                                 f"{answer.status} {answer.body[:400]!r}")
        return took, answers

    def _raw_samples(self):
        return meters.samples_of(self.proxy.metrics(), "jaeger_spm_proxy_raw_samples_total") if self.proxy else 0

    def median(self, what):
        return statistics.median(getattr(cost, what) for cost in self.costs)

    def best(self, what):
        return min(getattr(cost, what) for cost in self.costs)


def readiness(proxy):
    return raw_http.get(proxy.admin, "/readyz").text


def await_source(proxy, data, source):
    """Until a small request is answered from `source`: the comparison with the store takes a moment."""
    ends_ms = itertools.count(page_store.END_S * 1000 - 3_600_000)  # what one try read is not to serve the next

    def plan():
        request = page_requests.of_ui(data, next(ends_ms) / 1000, 600)[0].target
        return raw_http.get(proxy.http, request, headers=list(PLAN.items())).header("X-SPM-Plan") or ""
    eventually(lambda: plan().startswith(f"source={source};"),
               lambda: f"source={source} in X-SPM-Plan, which says: {plan()}\n{readiness(proxy)}", 60)


def rounds_of(ways, data, lookback_s, rounds):
    for way in ways:
        way.forget()
        way.warm_up(way.requests(data, lookback_s))
    for _ in range(rounds):
        for way in ways:
            way.measure(way.requests(data, lookback_s))


def way_of_proxy(letter, mode, source, store, data, stack):
    setting = f"--store.read={mode}"
    proxy = stack.enter_context(Proxy(store.url, setting, "--cache.mode=off", *PATIENT))
    await_source(proxy, data, source)
    way = Way(letter, f"through the proxy, {setting}", store, proxy, source)
    way.idle_kib = meters.resident_kib(proxy.child.pid)
    return way


def print_heading(data, ways):
    print(f"\nThe 8 requests of Jaeger's UI over {CONNECTIONS} connections, step {page_requests.STEP_S} s, rates over "
          f"{page_requests.RATE}.\nData: {data}.")
    for way in ways:
        print(f"({way.letter}) {way.name}")


def measure_pages(options):
    data = page_store.Data(operations=20, instances=2, every_s=15, hours=options.hours)
    with contextlib.ExitStack() as stack:
        store = stack.enter_context(page_store.running(options.page_data, data))
        ways = [Way("a", "straight to Prometheus, in Jaeger's words", store)]
        for letter, mode, source in (("b", "promql", "promql"), ("c", "auto", "chunks")):
            if letter in options.ways:
                ways.append(way_of_proxy(letter, mode, source, store, data, stack))
        print_heading(data, ways)
        for hours in (1, data.hours - 1):
            print(f"\nlookback {hours} h; median (best) of {options.rounds} rounds")
            rounds_of(ways, data, hours * 3600, options.rounds)
            page_report.print_ways(ways)
            if len(ways) == 3:
                page_report.print_aims(ways, hours)
            sys.stdout.flush()
            if "w" in options.ways:
                warm = page_warm.measured(store, data, hours * 3600, options.rounds, await_source, PATIENT)
                page_report.print_warm(ways[0], warm)
                if hours > 1:
                    page_report.print_warm_aims(ways[0], warm)
                sys.stdout.flush()
        if options.pages:
            page_report.print_memory(page_warm.many_pages(store, data, options.pages, options.pages_seconds, await_source,
                                                          PATIENT))


def measure_large(options):
    data = page_store.Data(operations=500, instances=4, every_s=60, hours=24, merged=False)
    with contextlib.ExitStack() as stack:
        store = stack.enter_context(page_store.running(options.page_data, data))
        p95_by_operation = page_requests.of_jaeger(data, page_store.END_S, data.hours * 3600)[5]
        _, (answer,) = Browser("127.0.0.1", store.port).page([p95_by_operation])
        print(f"\nPrometheus itself, p95 by operation over 24 h: {answer.status} {answer.body[:200].decode()}")
        way = way_of_proxy("c", "auto", "chunks", store, data, stack)
        print_heading(data, [way])
        rounds = min(3, options.rounds)
        print(f"\nlookback {data.hours} h; median (best) of {rounds} rounds")
        rounds_of([way], data, data.hours * 3600, rounds)
        page_report.print_ways([way])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--page-data", required=True, help="the program that writes the data")
    parser.add_argument("--hours", type=int, default=24, help="of data; the long page looks back an hour less")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--ways", default="abcw", help="some of them only; w: those of the cache")
    parser.add_argument("--pages", type=int, default=10_000, help="of many windows, for the memory; 0: none")
    parser.add_argument("--pages-seconds", type=int, default=300, help="not longer than this")
    parser.add_argument("--large", action="store_true", help="also a service of 500 operations; its data take minutes")
    options = parser.parse_args()
    measure_pages(options)
    if options.large:
        measure_large(options)


if __name__ == "__main__":
    main()
