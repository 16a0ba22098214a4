"""Pages asked of the program in every mode of its cache while the data go on: each answer is the store's own for the
window that X-SPM-Cache names, to the last bit."""

import collections
import concurrent.futures
import contextlib
import copy
import random
import re
import time

import pytest

import three_ways
import worlds
from spmtest import grpc_client, prometheus, questions
from spmtest.moved_clock import MovedClock
from spmtest.waiting import eventually
from spmtest.proxy import Proxy

HOUR_MS = 3600_000
WORDS = ("miss", "partial", "hit", "bypass")
GRPC_METHODS = {"latencies": "GetLatencies", "calls": "GetCallRates", "errors": "GetErrorRates"}
MODES = {
    "aligned": ("aligned", "auto"),
    "exact": ("exact", "auto"),
    "off": ("off", "auto"),
    "aligned, rates by PromQL": ("aligned", "promql"),
    "aligned, answers of the store's": ("aligned", "whole"),
}


class Window:
    """What X-SPM-Cache tells: a word, and the grid that was really used."""

    _FORM = re.compile(r"(miss|partial|hit|bypass); start=(-?\d+); end=(-?\d+); step=(\d+)")

    def __init__(self, text):
        found = self._FORM.fullmatch(text or "")
        assert found, f"X-SPM-Cache is {text!r}"
        self.word = found.group(1)
        self.start_ms, self.end_ms, self.step_ms = (int(part) for part in found.groups()[1:])

    def of(self, question):
        """The question with this window in place of its own."""
        made = copy.copy(question)
        made.end, made.lookback, made.step = self.end_ms / 1000, (self.end_ms - self.start_ms) / 1000, self.step_ms / 1000
        return made


class Viewer:
    """Someone who looks at one page for a while, by one kind of door."""

    def __init__(self, chance, world, door=None):
        self.door = door or chance.choice(["http", "http", "grpc"])
        self.services = tuple(chance.sample(world["services"], chance.choice([1, 1, 2])))
        self.step_ms = chance.choice([15_000, 30_000, 60_000, 60_000, 60_000])
        self.lookback_ms = chance.choice([10, 20, 30, 45]) * 60_000 + chance.choice([0, 0, 7_001])
        self.rate_ms = chance.choice([60_000, 300_000, 600_000, 600_000])
        self.kinds = chance.choice([("server",), ("server",), ("server", "client")])
        self.quantiles = chance.sample([0.5, 0.75, 0.95, 0.99, 1.0, 0.123], 3)
        self.phase_ms = chance.randrange(self.step_ms)  # of a page that is moved by whole steps

    def page(self, end_ms):
        low, middle, high = self.quantiles
        cards = [("latencies", low, False), ("latencies", middle, False), ("latencies", high, False), ("calls", None, False),
                 ("errors", None, False), ("latencies", high, True), ("calls", None, True), ("errors", None, True)]
        return [questions.Question(metric, self.services, end_ms / 1000, self.lookback_ms / 1000, self.step_ms / 1000,
                                   self.rate_ms / 1000, quantile, by_operation, self.kinds)
                for metric, quantile, by_operation in cards]

    def last_of_phase(self, now_ms):
        return now_ms - (now_ms - self.phase_ms) % self.step_ms


class Given:
    """One answer: of the HTTP door or of the gRPC door."""

    def __init__(self, question, series, window, explained):
        self.question, self.series, self.window, self.explained = question, series, window, explained


def _ask_http(proxy, question, fresh):
    headers = [("Cache-Control", "no-cache")] if fresh else []
    asked = questions.Asked(proxy, question, headers=headers)
    return Given(question, asked.series, Window(asked.header("X-SPM-Cache")), asked.explained)


def _ask_grpc(client, proxy, question, fresh):
    request = {"baseRequest": {
        "service_names": list(question.services), "groupByOperation": question.by_operation, "step": f"{question.step:.3f}s",
        "lookback": f"{question.lookback:.3f}s", "ratePer": f"{question.rate:.3f}s",
        "end_time": _rfc3339(round(question.end * 1000)),
        "spanKinds": [f"SPAN_KIND_{kind.upper()}" for kind in question.kinds]}}
    if question.quantile is not None:
        request["quantile"] = question.quantile
    metadata = [("cache-control", "no-cache")] if fresh else []
    code, details, answer, trailers = client.call_with_trailers(GRPC_METHODS[question.metric], request, metadata=metadata)

    def explained(what):
        return f"by gRPC: {question}\n{what}\n{code} {details}\ntrailers: {trailers}\n{questions.log_tail(proxy)}"
    if code != "OK":
        pytest.fail(explained("the call failed"), pytrace=False)
    series = {}
    for metric in answer["metrics"].get("metrics", []):
        labels = {label["name"]: label["value"] for label in metric["labels"]}
        points = metric.get("metric_points", [])
        series[labels["service_name"], labels.get("operation")] = {
            questions._milliseconds(point["timestamp"]): float(point["gauge_value"].get("double_value", 0.0)) for point in points}
    return Given(question, series, Window(trailers.get("x-spm-cache")), explained)


def _rfc3339(time_ms):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time_ms // 1000)) + f".{time_ms % 1000:03d}Z"


class Kept:
    """The program in all modes beside each other, over one store. `clock` is that of all of them."""

    def __init__(self, data, clock, proxies, clients):
        self.data, self.clock, self.proxies, self._clients = data, clock, proxies, clients
        self._browser = concurrent.futures.ThreadPoolExecutor(6)
        self.words = {mode: collections.Counter() for mode in proxies}
        self.points = 0
        self.forget()

    def forget(self):
        """What the store was heard to say: before anything is stored or deleted."""
        self._known = {}

    def pass_time(self, seconds):
        """Time passes, and what was scraped meanwhile is there."""
        self.forget()
        self.clock.pass_time(seconds)
        self.data.grow_to(self.clock.now_ms())

    def answer(self, mode, viewer_door, question, fresh=False):
        proxy = self.proxies[mode]
        if viewer_door == "http":
            return _ask_http(proxy, question, fresh)
        return _ask_grpc(self._clients[mode], proxy, question, fresh)

    def ask_page(self, mode, viewer, page, fresh=False):
        return list(self._browser.map(lambda question: self.answer(mode, viewer.door, question, fresh), page))

    def compare(self, viewer, end_ms, modes=None, fresh=False):
        """One page in every mode. {mode: words of its answers}"""
        page, found = viewer.page(end_ms), {}
        for mode in modes or self.proxies:
            found[mode] = self.judge(mode, self.ask_page(mode, viewer, page, fresh))
        return found

    def judge(self, mode, answers):
        words = collections.Counter()
        for given in answers:
            self._is_right_window(mode, given)
            expected = self._of_store(given.window.of(given.question))
            found = questions.difference(given.series, expected)
            if found:
                pytest.fail(given.explained(f"{mode}, {given.window.word}: {found}"), pytrace=False)
            words[given.window.word] += 1
            self.points += sum(map(len, expected.values()))
        self.words[mode] += words
        return words

    def _of_store(self, question):
        key = question.target
        if key not in self._known:
            self._known[key] = three_ways.Jaeger(self.data.store.url, worlds.LIVE).answer(question)
        return self._known[key]

    def _is_right_window(self, mode, given):
        """Moved only where the mode says so, by less than a step, and never with another number of points."""
        question, window = given.question, given.window
        end_ms, lookback_ms, step_ms = (round(1000 * part) for part in (question.end, question.lookback, question.step))
        start_ms = end_ms - lookback_ms
        moved = start_ms - window.start_ms
        right = window.step_ms == step_ms and (window.end_ms - window.start_ms) // step_ms == lookback_ms // step_ms
        distance = abs(self.clock.now_ms() - end_ms)
        if not mode.startswith("aligned") or distance > step_ms + 5_000:
            right = right and moved == 0
        elif distance < step_ms - 5_000:
            right = right and moved == end_ms % step_ms
        else:
            right = right and moved in (0, end_ms % step_ms)
        if not right:
            pytest.fail(given.explained(f"{mode}: not the window of this mode; now is {self.clock.now_ms()}"), pytrace=False)

    def await_agreement(self):
        """Chunks are read, and quantiles computed, once they agreed with the store's own answers."""
        chance, world = random.Random(7), self.data.world()
        for mode, proxy in self.proxies.items():
            source = {"auto": "chunks", "promql": "promql", "whole": "whole"}[MODES[mode][1]]

            def agreed(proxy=proxy, source=source):
                asked = questions.Asked(proxy, three_ways.draw(chance, world), headers=[("X-SPM-Plan", "1")])
                return asked.question.metric == "latencies" and three_ways.source(asked) == source
            eventually(agreed, lambda: f"an answer from {source}; {three_ways.readiness(proxy)}\n{questions.log_tail(proxy)}",
                       60 * proxy.slowdown)

    def close(self):
        self._browser.shutdown()


@contextlib.contextmanager
def over(program=prometheus.PROMETHEUS, seed=1, in_block=0, modes=tuple(MODES), settings=(), at_first=160):
    """Starts in the past, so that there is time to pass: data of the first scrapes, then as many as time allows."""
    now_ms = int(time.time() * 1000)
    with contextlib.ExitStack() as stack:
        from_ms = (now_ms - 5 * HOUR_MS) // worlds.EVERY_MS * worlds.EVERY_MS
        data = stack.enter_context(worlds.growing(from_ms, program, seed, at_first=at_first, in_block=in_block))
        clock = stack.enter_context(MovedClock(data.now_ms + 1_000))
        templates = stack.enter_context(three_ways.changed_templates())
        proxies, clients = {}, {}
        for mode in modes:
            cache, reads = MODES[mode]
            read = f"--templates.dir={templates}" if reads == "whole" else f"--store.read={reads}"
            proxies[mode] = stack.enter_context(Proxy(
                data.store.url, f"--cache.mode={cache}", read, f"--schema.calls={worlds.LIVE.calls}",
                f"--schema.histogram={worlds.LIVE.histogram}", *settings, environment=clock.environment))
            clients[mode] = stack.enter_context(grpc_client.Client(proxies[mode].grpc))
        kept = Kept(data, clock, proxies, clients)
        stack.callback(kept.close)
        kept.await_agreement()
        kept.pass_time(61)  # the questions until then are behind us
        yield kept
