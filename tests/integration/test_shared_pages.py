"""What a page of the Monitor tab asks of a real store: little for one viewer, and no more for twenty."""

import collections
import contextlib
import itertools
import pathlib
import re
import statistics
import sys
import threading
import urllib.parse

import pytest

from spmtest import dataset, questions
from spmtest.hop import Hop
from spmtest.prometheus import Prometheus
from spmtest.proxy import Proxy
from spmtest.waiting import eventually

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "bench"))
from browser import CONNECTIONS, Browser, Request  # noqa: E402

NAMES = dataset.names_of("connector")
END_MS = (dataset.START + 9_000) * 1000
VIEWERS = 20
REQUESTS = ('jaeger_spm_proxy_requests_in_flight{door="http"}', 'jaeger_spm_proxy_requests_total{code="200",door="http"')


def page(end_ms, service="frontend"):
    """The eight requests of Jaeger's UI."""
    cards = [("latencies", 0.5, False), ("latencies", 0.75, False), ("latencies", 0.95, False), ("calls", None, False),
             ("errors", None, False), ("latencies", 0.95, True), ("calls", None, True), ("errors", None, True)]
    return [Request(questions.Question(metric, [service], end_ms / 1000, 3600, quantile=quantile, by_operation=by).target)
            for metric, quantile, by in cards]


def _without_time_limit(form):
    """Each question has its own: what is left of its time."""
    return re.sub(r"&timeout=\w+", "", urllib.parse.unquote_plus(form.decode()))


class Counts:
    """Of one stretch of time: remote reads of buckets and of calls, and range queries of callers."""

    def __init__(self, asked):
        reads = [each.body for each in asked if each.path == "/api/v1/read"]
        self.buckets = sum(1 for body in reads if NAMES.bucket.encode() in body)
        self.calls = len(reads) - self.buckets
        self.queries = collections.Counter(_without_time_limit(each.body) for each in asked if each.path == "/api/v1/query_range")

    def __repr__(self):
        texts = "".join(f"\n  {count} times {text}" for text, count in self.queries.items())
        return f"{self.buckets} reads of buckets, {self.calls} of calls, {len(self.queries)} different queries{texts}"


class Running:
    def __init__(self, hop, proxy):
        self.hop, self.proxy = hop, proxy

    def look(self, end_ms, viewers=1, headers=()):
        """(what the store was asked, the words of X-SPM-Cache, the answers' bodies of each viewer)"""
        browsers = [Browser(*self.proxy.http) for _ in range(viewers)]
        start, pages, failures = threading.Barrier(viewers), [None] * viewers, []

        def view(number):
            try:
                start.wait(60)
                pages[number] = browsers[number].page(page(end_ms), headers)[1]
            except BaseException as failure:  # a thread's own would only be printed
                failures.append(failure)
        threads = [threading.Thread(target=view, args=(number,)) for number in range(viewers)]
        self.hop.taken()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for browser in browsers:
            browser.close()
        if failures:
            raise failures[0]
        answers = [answer for one in pages for answer in one]
        assert {answer.status for answer in answers} == {200}, [answer.body[:200] for answer in answers]
        words = collections.Counter((answer.headers["X-SPM-Cache"] or "none").partition(";")[0] for answer in answers)
        assert all(len(answer.body) > 500 for answer in answers), "empty answers prove nothing"
        return Counts(self.hop.taken()), words, [[answer.body for answer in one] for one in pages]


@pytest.fixture(scope="module")
def data():
    with Prometheus(dataset.stored("connector", 2.5)) as store:
        yield store


@contextlib.contextmanager
def over(data, *settings, source="chunks"):
    names = [f"--schema.calls={NAMES.calls}", f"--schema.histogram={NAMES.histogram}"]
    with Hop(data.url) as hop, Proxy(hop.url, *names, *settings) as proxy:
        phases = itertools.count(END_MS - 3_700_000)  # what one try read is not to serve the next

        def ready():
            end_ms = next(phases)
            return all(proxy.get(request.target, headers=[("X-SPM-Plan", "1")]).header("X-SPM-Plan").startswith(
                f"source={source};") for request in page(end_ms))
        eventually(ready, lambda: f"answers from {source}\n{questions.log_tail(proxy)}", 60 * proxy.slowdown)
        yield Running(hop, proxy)


def requests_so_far(proxy):
    """Those answered and those under way."""
    return sum(float(line.split()[-1]) for line in proxy.metrics().splitlines() if line.startswith(REQUESTS))


@pytest.mark.parametrize("mode", ["aligned", "exact", "off"])
def test_one_page(data, mode):
    """Eight requests over six connections: the first six are there before the store answers, and the last two before it
    answers again, as with a store that has more to read."""
    calls_reads = []
    with over(data, f"--cache.mode={mode}") as running:
        for number in range(10):
            before, first_wave_is_there = requests_so_far(running.proxy), threading.Event()

            def hold_back(asked, before=before, first_wave_is_there=first_wave_is_there):
                if asked.path == "/api/v1/read":
                    wanted = before + (8 if first_wave_is_there.is_set() else CONNECTIONS)
                    eventually(lambda: requests_so_far(running.proxy) >= wanted, "the requests of a wave")
                    first_wave_is_there.set()
            running.hop.before = hold_back
            counts, words, _ = running.look(END_MS - number * 1_001)
            assert not counts.queries, counts
            if mode == "off":
                assert counts.buckets == 1, counts
                calls_reads.append(counts.calls)
                assert words == {"bypass": 8}
            else:
                assert (counts.buckets, counts.calls) == (1, 1), counts
                assert words["miss"] >= 1 and not words["bypass"], words
    # Without a cache only what is under way is shared: a request that was taken in may still come too late for that.
    assert mode != "off" or statistics.median(calls_reads) <= 2, calls_reads


@pytest.mark.parametrize("mode", ["aligned", "exact"])
def test_the_page_again(data, mode):
    with over(data, f"--cache.mode={mode}") as running:
        _, _, first = running.look(END_MS)
        counts, words, again = running.look(END_MS)
        assert (counts.buckets, counts.calls, len(counts.queries)) == (0, 0, 0), counts
        assert words == {"hit": 8}
        assert again == first


@pytest.mark.parametrize("mode", ["aligned", "exact"])
def test_twenty_viewers_at_once(data, mode):
    with over(data, f"--cache.mode={mode}") as running:
        for number in range(3):
            counts, words, pages = running.look(END_MS - number * 1_001, VIEWERS)
            assert (counts.buckets, counts.calls, len(counts.queries)) == (1, 1, 0), counts
            assert words["miss"] >= 1 and not words["bypass"], words
            assert all(one == pages[0] for one in pages)


@pytest.mark.parametrize("mode", ["aligned", "exact", "off"])
def test_rates_by_promql(data, mode):
    """Two columns of buckets, two of calls and two of errors serve the eight requests. Each is asked for once."""
    with over(data, f"--cache.mode={mode}", "--store.read=promql", source="promql") as running:
        one, _, _ = running.look(END_MS)
        assert one.buckets == one.calls == 0 and len(one.queries) == 6, one
        if mode == "off":
            return
        assert set(one.queries.values()) == {1}, one
        many, _, pages = running.look(END_MS - 1_001, VIEWERS)
        assert len(many.queries) == 6 and set(many.queries.values()) == {1}, many
        assert all(answers == pages[0] for answers in pages)
        again, _, _ = running.look(END_MS)
        assert not again.queries, again


def test_whole_answers(data):
    """Of a store that is only asked for whole answers: each question once, for however many."""
    with over(data, "--store.read=whole", source="whole") as running:
        one, _, _ = running.look(END_MS)
        many, _, pages = running.look(END_MS - 1_001, VIEWERS)
        assert sorted(many.queries.values()) == sorted(one.queries.values()), (one, many)
        assert len(many.queries) == len(one.queries)
        assert all(answers == pages[0] for answers in pages)
        again, words, _ = running.look(END_MS)
        assert not again.queries and words == {"hit": 8}, (again, words)


def test_another_quantile_costs_the_store_nothing(data):
    with over(data) as running:
        running.look(END_MS)
        for quantile in (0.25, 0.9, 0.999):
            question = questions.Question("latencies", ["frontend"], END_MS / 1000, 3600, quantile=quantile)
            answer = running.proxy.get(question.target)
            assert answer.status == 200 and answer.header("X-SPM-Cache").startswith("hit;"), answer
        assert not [each for each in running.hop.taken() if each.path in ("/api/v1/read", "/api/v1/query_range")]


def test_no_cache_asks_again(data):
    """For all that is shown, and still each thing once for the requests of one page at most."""
    with over(data) as running:
        _, _, first = running.look(END_MS)
        counts, words, fresh = running.look(END_MS, headers=[("Cache-Control", "no-cache")])
        assert counts.buckets >= 1 and counts.calls >= 1 and words == {"bypass": 8}, (counts, words)
        assert fresh == first
        counts, words, _ = running.look(END_MS)
        assert (counts.buckets, counts.calls) == (0, 0) and words == {"hit": 8}, (counts, words)
