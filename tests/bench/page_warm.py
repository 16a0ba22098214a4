"""What pages cost once the cache holds something: the page again, a dashboard that stays open, and many viewers at once.

The data end at a fixed time in the past. The proxy lives by a clock that says it is that time, so that pages end now, as
dashboards do, and the cache moves their windows as it would any other day. Minutes pass by moving that clock.
"""

import collections
import random
import statistics
import threading
import time

import meters
import page_requests
import page_store
from browser import Browser
from spmtest.moved_clock import MovedClock
from spmtest.proxy import Proxy

BEFORE_END_S = 660  # data go on for as long after the first page
PAGES, VIEWERS = 10, 20
BUDGET_MIB, BESIDE_MIB = 128, 64


class Cost:
    """Of one page, or of several at once. Seconds; `words` of X-SPM-Cache."""

    def __init__(self, wall, store_cpu, proxy_cpu, answers):
        self.wall, self.store_cpu, self.proxy_cpu = wall, store_cpu, proxy_cpu
        self.points = sum(answer.body.count(b'"timestamp"') for answer in answers)
        self.words = collections.Counter((answer.headers["X-SPM-Cache"] or "-").partition(";")[0] for answer in answers)


class Warm:
    """One way of looking. `mean`: of pages that differ; otherwise the median of pages that are alike."""

    def __init__(self, letter, name, mean=False):
        self.letter, self.name, self.costs = letter, name, []
        self._middle = statistics.fmean if mean else statistics.median

    def middle(self, what):
        return self._middle([getattr(cost, what) for cost in self.costs])

    def best(self, what):
        return min(getattr(cost, what) for cost in self.costs)

    @property
    def words(self):
        return sum((cost.words for cost in self.costs), collections.Counter())


class Screen:
    """A running proxy with an empty cache, and browsers that look at it."""

    def __init__(self, store, proxy, clock, data, lookback_s):
        self.store, self.proxy, self.clock, self.data, self.lookback_s = store, proxy, clock, data, lookback_s
        self.browser = Browser(*proxy.http)
        self.more = []

    def look(self, end_s, viewers=1):
        """The cost of a page that ends then, for so many at the same moment."""
        requests = page_requests.of_ui(self.data, end_s, self.lookback_s)
        while len(self.more) < viewers - 1:
            self.more.append(Browser(*self.proxy.http))
        pids = self.store.child.pid, self.proxy.child.pid
        before = [meters.settled_cpu_seconds(pid) for pid in pids]
        wall, answers = _together([self.browser, *self.more[:viewers - 1]], requests)
        used = [meters.settled_cpu_seconds(pid) - was for pid, was in zip(pids, before)]
        for answer in answers:
            if answer.status != 200:
                raise SystemExit(f"page_warm.py: {answer.request.target}: {answer.status} {answer.body[:400]!r}")
        return Cost(wall, *used, answers)

    def now_s(self):
        return self.clock.now_ms() / 1000


def _together(browsers, requests):
    """(seconds until the last answer is here, the answers of the last one)"""
    if len(browsers) == 1:
        return browsers[0].page(requests)
    start, answers, failures = threading.Barrier(len(browsers) + 1), [None] * len(browsers), []

    def view(number):
        try:
            start.wait(60)
            answers[number] = browsers[number].page(requests)[1]
        except BaseException as failure:  # a thread's own would only be printed
            failures.append(failure)
    threads = [threading.Thread(target=view, args=(number,)) for number in range(len(browsers))]
    for thread in threads:
        thread.start()
    start.wait(60)
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - started
    if failures:
        raise failures[0]
    return took, [answer for page in answers for answer in page]


def measured(store, data, lookback_s, rounds, await_source, settings):
    """[Warm] of one lookback: first, again, a minute later ten times over, one and twenty viewers of a page not held."""
    first = Warm("c'", "first page, cache empty")
    again = Warm("d", "the page again at once")
    later = Warm("e", f"a minute later, {PAGES} times over (mean)", mean=True)
    one = Warm("f1", "one viewer of a page that is not held")
    many = Warm("f", f"{VIEWERS} viewers of such a page at the same moment")
    begin_s = page_store.END_S - BEFORE_END_S
    with MovedClock(begin_s * 1000) as clock, Proxy(store.url, "--store.read=auto", *settings,
                                                    environment=clock.environment) as proxy:
        await_source(proxy, data, "chunks")
        screen = Screen(store, proxy, clock, data, lookback_s)
        # Pages of the past, of a second of their own each: nothing of one serves the next.
        seconds = iter(range(1, 60))
        for _ in range(2):  # warms up
            screen.look(begin_s - 600 - next(seconds))
        for _ in range(min(rounds, 3)):
            one.costs.append(screen.look(begin_s - 600 - next(seconds)))
            many.costs.append(screen.look(begin_s - 600 - next(seconds), VIEWERS))
        end_s = screen.now_s()
        first.costs.append(screen.look(end_s))
        for _ in range(rounds):
            again.costs.append(screen.look(end_s))
        for _ in range(PAGES):
            clock.pass_time(60)
            later.costs.append(screen.look(screen.now_s()))
    return [first, again, later, one, many]


def many_pages(store, data, pages, seconds, await_source, settings):
    """Looks at pages of all kinds of windows, some of them held, and prints what the proxy's memory came to."""
    chance = random.Random(1)
    with Proxy(store.url, "--store.read=auto", f"--cache.max-bytes={BUDGET_MIB}MiB", *settings) as proxy:
        pid = proxy.child.pid
        await_source(proxy, data, "chunks")
        idle, most, done, browser = meters.resident_kib(pid), 0, 0, Browser(*proxy.http)
        meters.forget_peak(pid)
        phases = [chance.randrange(60_000) for _ in range(40)]
        ends = time.monotonic() + seconds
        while done < pages and time.monotonic() < ends:
            longest_s = (data.hours - 1) * 3600
            lookback_s = chance.choice([300, 600, 900, 1800, 3600, 3600, 7200]) if chance.random() < 0.97 else longest_s
            first_s = data.begin_s + lookback_s
            phase_ms = chance.choice(phases) if chance.random() < 0.5 else chance.randrange(60_000)
            end_s = chance.randrange(first_s // 60, page_store.END_S // 60) * 60 + phase_ms / 1000
            for answer in browser.page(page_requests.of_ui(data, end_s, lookback_s))[1]:
                if answer.status != 200:
                    raise SystemExit(f"page_warm.py: {answer.request.target}: {answer.status} {answer.body[:400]!r}")
            most, done = max(most, meters.resident_kib(pid)), done + 1
        held = meters.samples_of(proxy.metrics(), "jaeger_spm_proxy_cache_bytes")
        after, peak = meters.resident_kib(pid), meters.peak_kib(pid)
    return {"pages": done, "idle": idle / 1024, "most": most / 1024, "peak": peak / 1024, "after": after / 1024,
            "held": held / 2**20}
