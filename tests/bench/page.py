"""What a page of Jaeger's Monitor tab costs: asked of Prometheus itself, and of this service reading in either way.

    page.py --page-data PROGRAM [--hours N] [--rounds N] [--large]

Every way is asked once to warm up, then all of them in turn, round by round, so that a disturbance of the machine meets
each of them. Prometheus serves all ways with everything in the page cache, as a store that is in use.
"""

import argparse
import contextlib
import pathlib
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import meters
import page_requests
import page_store
from browser import CONNECTIONS, Browser
from spmtest import raw_http
from spmtest.proxy import Proxy
from spmtest.waiting import eventually

PLAN = {"X-SPM-Plan": "1"}


class Cost:
    """Of one page. Seconds; `sent`: bytes that the store sent; `samples`: raw ones that were decoded."""

    def __init__(self, wall, store_cpu, proxy_cpu, samples):
        self.wall, self.store_cpu, self.proxy_cpu, self.samples = wall, store_cpu, proxy_cpu, samples


class Way:
    """One of the ways to ask. `proxy` None: the store itself is asked."""

    def __init__(self, letter, name, store, proxy=None, source=None):
        self.letter, self.name, self.store, self.proxy, self.source = letter, name, store, proxy, source
        host, port = proxy.http if proxy else ("127.0.0.1", store.port)
        self.browser = Browser(host, port)
        self.idle_kib = None
        self.forget()

    def forget(self):
        self.costs, self.peak_kib, self.points, self.to_client, self.from_store = [], 0, 0, 0, 0

    def requests(self, data, lookback_s):
        make = page_requests.of_ui if self.proxy else page_requests.of_jaeger
        return make(data, page_store.END_S, lookback_s)

    def warm_up(self, requests):
        """Once unmeasured, and once to see what is read and answered."""
        self._page(requests)
        sent = meters.sent_bytes(self.store.url)
        _, answers = self._page(requests, PLAN if self.proxy else ())
        self.from_store = meters.sent_bytes(self.store.url) - sent
        self.to_client = sum(len(answer.body) for answer in answers)
        mark = b'"timestamp"' if self.proxy else b'[1795'
        self.points = sum(answer.body.count(mark) for answer in answers)
        for answer in answers:
            if self.source and not (answer.headers["X-SPM-Plan"] or "").startswith(f"source={self.source};"):
                raise SystemExit(f"page.py: {answer.request.target} was to be read by {self.source}, but X-SPM-Plan says "
                                 f"{answer.headers['X-SPM-Plan']}\n{readiness(self.proxy)}")
        if self.proxy:
            meters.forget_peak(self.proxy.child.pid)

    def measure(self, requests):
        pids = [self.store.child.pid] + ([self.proxy.child.pid] if self.proxy else [])
        samples = self._raw_samples()
        before = [meters.settled_cpu_seconds(pid) for pid in pids]
        wall, _ = self._page(requests)
        used = [meters.settled_cpu_seconds(pid) - was for pid, was in zip(pids, before)]
        self.costs.append(Cost(wall, used[0], used[1] if self.proxy else 0.0, self._raw_samples() - samples))
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
    request = page_requests.of_ui(data, page_store.END_S, 600)[0].target

    def plan():
        return raw_http.get(proxy.http, request, headers=list(PLAN.items())).header("X-SPM-Plan") or ""
    eventually(lambda: plan().startswith(f"source={source};"),
               lambda: f"source={source} in X-SPM-Plan, which says: {plan()}\n{readiness(proxy)}", 60)


# -- what is printed -----------------------------------------------------------------------------------------------------
def _cell(way, what):
    return f"{way.median(what):7.3f} {way.best(what):7.3f}"


def _each(seconds, count):
    return f"{seconds / count * 1e9:9.1f}" if count else "        -"


def print_table(ways):
    base = ways[0] if ways[0].proxy is None else None
    print(f"{'':34}{'wall s':>15}{'store CPU s':>17}{'proxy CPU s':>17}{'ns/sample':>11}{'ns/point':>10}"
          f"{'store MB':>10}{'client MB':>11}{'peak MiB':>10}" + ("   of (a): wall  CPU" if base else ""))
    for way in ways:
        line = f"({way.letter}) {way.name:30}{_cell(way, 'wall')}  {_cell(way, 'store_cpu')}"
        if way.proxy:
            cpu = way.median("proxy_cpu")
            line += (f"  {_cell(way, 'proxy_cpu')}  {_each(cpu, way.median('samples'))} {_each(cpu, way.points)}"
                     f"{way.from_store / 1e6:10.1f}{way.to_client / 1e6:11.1f}{above_idle_mib(way):10.1f}")
        else:
            line += f"{'-':>16}{'':>3}{'-':>10}{'-':>10}{way.from_store / 1e6:10.1f}{way.to_client / 1e6:11.1f}{'-':>10}"
        if base and way is not base:
            line += f"        {ratio(way, base, 'wall'):6.3f} {ratio(way, base, 'store_cpu'):6.3f}"
        print(line)
    for way in ways:
        if way.proxy and way.median("samples"):
            print(f"    ({way.letter}) read {way.median('samples'):,.0f} raw samples for {way.points:,} answered points")


def ratio(way, base, what):
    return way.median(what) / base.median(what)


def above_idle_mib(way):
    return (way.peak_kib - way.idle_kib) / 1024


def print_aim(what, value, bound):
    print(f"    {what:44} {value:8.3f}   aim <= {bound:<6} {'met' if value <= bound else 'MISSED'}")


def print_aims(ways, hours):
    a, b, c = ways
    if hours == 1:
        print_aim("(c) wall of (a)", ratio(c, a, "wall"), 0.45)
    else:
        print_aim("(c) Prometheus CPU of (a)", ratio(c, a, "store_cpu"), 0.03)
        print_aim("(c) wall of (a)", ratio(c, a, "wall"), 0.1)
        print_aim("(c) proxy CPU, ns a raw sample", c.median("proxy_cpu") / max(1, c.median("samples")) * 1e9, 12)
        print_aim("(b) Prometheus CPU of (a)", ratio(b, a, "store_cpu"), 0.62)
        print_aim("(b) wall of (a)", ratio(b, a, "wall"), 0.75)
        print_aim("(c) peak memory above idle, MiB", above_idle_mib(c), 64)


def rounds_of(ways, data, lookback_s, rounds):
    for way in ways:
        way.forget()
        way.warm_up(way.requests(data, lookback_s))
    for _ in range(rounds):
        for way in ways:
            way.measure(way.requests(data, lookback_s))


# -- what is measured ----------------------------------------------------------------------------------------------------
def way_of_proxy(letter, mode, source, store, data, stack):
    setting = f"--store.read={mode}"
    proxy = stack.enter_context(Proxy(store.url, setting))
    await_source(proxy, data, source)
    way = Way(letter, f"proxy, {setting}", store, proxy, source)
    way.idle_kib = meters.resident_kib(proxy.child.pid)
    return way


def measure_pages(options):
    data = page_store.Data(operations=20, instances=2, every_s=15, hours=options.hours)
    with contextlib.ExitStack() as stack:
        store = stack.enter_context(page_store.running(options.page_data, data))
        ways = [Way("a", "Prometheus, as Jaeger asks it", store)]
        for letter, mode, source in (("b", "promql", "promql"), ("c", "auto", "chunks")):
            if letter in options.ways:
                ways.append(way_of_proxy(letter, mode, source, store, data, stack))
        for hours in (1, data.hours - 1):
            print(f"\nThe UI's 8 requests over {CONNECTIONS} connections, lookback {hours} h, step {page_requests.STEP_S} s. {data}."
                  f"\nMedian and best of {options.rounds} rounds; peak: of the proxy's memory, above idle.")
            rounds_of(ways, data, hours * 3600, options.rounds)
            print_table(ways)
            if len(ways) == 3:
                print_aims(ways, hours)
            sys.stdout.flush()


def measure_large(options):
    data = page_store.Data(operations=500, instances=4, every_s=60, hours=24)
    with contextlib.ExitStack() as stack:
        store = stack.enter_context(page_store.running(options.page_data, data))
        print(f"\nThe same page, lookback {data.hours} h. {data}.")
        p95_by_operation = page_requests.of_jaeger(data, page_store.END_S, data.hours * 3600)[5]
        _, (answer,) = Browser("127.0.0.1", store.port).page([p95_by_operation])
        print(f"Prometheus itself, p95 by operation: {answer.status} {answer.body[:200].decode()}")
        way = way_of_proxy("c", "auto", "chunks", store, data, stack)
        rounds_of([way], data, data.hours * 3600, min(3, options.rounds))
        print_table([way])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--page-data", required=True, help="the program that writes the data")
    parser.add_argument("--hours", type=int, default=24, help="of data; the long page looks back an hour less")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--ways", default="abc", help="some of them only")
    parser.add_argument("--large", action="store_true", help="also a service of 500 operations; its data takes minutes, once")
    options = parser.parse_args()
    measure_pages(options)
    if options.large:
        measure_large(options)


if __name__ == "__main__":
    main()
