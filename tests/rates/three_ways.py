"""Questions of Jaeger's UI, answered by the program in its three ways and by the store itself: all to the last bit."""

import collections
import concurrent.futures
import contextlib
import pathlib
import random
import re
import tempfile
import time

import pytest

from spmtest import prometheus, questions, raw_http
from spmtest.proxy import Proxy
from spmtest.waiting import eventually

import differential
import worlds

TEMPLATES = pathlib.Path(__file__).resolve().parents[2] / "promql-templates"
WAYS = ("chunks", "promql", "whole")
STEPS = [1_000, 7_001, 15_000, 15_000, 30_000, 60_000, 60_000, 61_337, 300_000]


def _quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _any_of(values):
    return _quoted("|".join(re.sub(r"([.+*?()|\[\]{}^$\\])", r"\\\1", value) for value in values))


class Jaeger:
    """What Jaeger's reader answers with: its PromQL put to the store, under the store's own names."""

    def __init__(self, store_url, names):
        self._url, self._names = store_url, names

    def answer(self, question):
        """Clean operations have the error rate 0, here as in the program; Jaeger's reader leaves them out."""
        if question.metric == "latencies":
            by = f"{self._by(question)},le"
            rates = f"sum(rate({self._selector(self._names.bucket, question)})) by ({by})"
            found = self._ask(question, f"histogram_quantile({question.quantile!r}, {rates})")
            return {key: {time: value * (1 / self._names.per_ms) for time, value in points.items()}
                    for key, points in found.items()}
        calls_text = f"sum(rate({self._selector(self._names.calls, question)})) by ({self._by(question)})"
        calls = self._ask(question, calls_text)
        if question.metric == "calls":
            return calls
        failed = f"{self._names.status} = {_quoted(self._names.error)}, "
        errors_text = f"sum(rate({self._selector(self._names.calls, question, failed)})) by ({self._by(question)})"
        rates = self._ask(question, f"{errors_text} / {calls_text}")
        return {key: {time: rates.get(key, {}).get(time, 0.0) for time in points} for key, points in calls.items()}

    def _by(self, question):
        return f"{self._names.service},{self._names.operation}" if question.by_operation else self._names.service

    def _selector(self, metric, question, more=""):
        kinds = _any_of(f"SPAN_KIND_{kind.upper()}" for kind in question.kinds)
        return (f"{metric}{{{self._names.service} =~ {_any_of(question.services)}, {more}{self._names.kind} =~ {kinds}}}"
                f"[{round(question.rate * 1000)}ms]")

    def _ask(self, question, text):
        made = {}
        for series in questions.in_range(self._url, text, question):
            labels = series["metric"]
            key = (labels.get(self._names.service, ""),
                   labels.get(self._names.operation, "") if question.by_operation else None)
            made[key] = {round(float(time) * 1000): float(value) for time, value in series["values"]}
        return made


@contextlib.contextmanager
def changed_templates():
    """A pair of parentheses that changes no answer, but nobody may compute a changed template by himself."""
    with tempfile.TemporaryDirectory(prefix="spm-templates-") as directory:
        for template in TEMPLATES.glob("[a-m]*.promql"):
            text = "".join(line for line in template.read_text(encoding="utf-8").splitlines(keepends=True)
                           if not line.startswith("#"))
            (pathlib.Path(directory) / template.name).write_text(f"({text})\n", encoding="utf-8")
        yield directory


class Ways:
    """The program once for each way, over one store."""

    def __init__(self, proxies, store_url, world):
        self.proxies, self.world, self.jaeger = proxies, world, Jaeger(store_url, world["names"])
        self.most_pieces = {way: 0 for way in proxies}  # that an answer was put together of

    def ask(self, way, question):
        asked = questions.Asked(self.proxies[way], question, headers=[("X-SPM-Plan", "1")])
        assert source(asked) == way, asked.explained(f"was to be answered by {way}: {readiness(self.proxies[way])}")
        pieces = re.search(r"; pieces=(\d+);", asked.header("X-SPM-Plan"))
        self.most_pieces[way] = max(self.most_pieces[way], int(pieces.group(1)) if pieces else 1)
        return asked

    def compare(self, question):
        """The number of points compared."""
        expected = self.jaeger.answer(question)
        for way in WAYS:
            self.ask(way, question).is_like(expected)
        return sum(map(len, expected.values()))


def source(asked):
    found = re.match(r"source=(\w+);", asked.header("X-SPM-Plan") or "")
    return found.group(1) if found else None


def readiness(proxy):
    return raw_http.get(proxy.admin, "/readyz").text


def _now_ms():
    return int(time.time() * 1000)


WORLDS = {
    "blocks": worlds.blocks,
    "blocks, in seconds": lambda program: worlds.blocks(program, schema="connector-seconds"),
    "head": lambda program: worlds.live(_now_ms(), program, seed=differential.SEED, late=False),
    "head, out of order": lambda program: worlds.live(_now_ms(), program, seed=differential.SEED + 1),
    "head and blocks": lambda program: worlds.head_and_blocks(_now_ms(), program, seed=differential.SEED + 2),
}
LARGE = "one large service"  # its answers are long: a few do


@contextlib.contextmanager
def over(name, program=prometheus.PROMETHEUS):
    """The program's three ways over the store called `name` in WORLDS, or LARGE."""
    with contextlib.ExitStack() as stack:
        make = WORLDS.get(name) or (lambda program: worlds.one_large_service(_now_ms(), program))
        store_url, world = stack.enter_context(make(program))
        names = [f"--schema.calls={world['names'].calls}", f"--schema.histogram={world['names'].histogram}"]
        templates = stack.enter_context(changed_templates())
        settings = {"chunks": "--store.read=auto", "promql": "--store.read=promql", "whole": f"--templates.dir={templates}"}
        proxies = {way: stack.enter_context(Proxy(store_url, setting, "--cache.mode=off", *names)) for way, setting in settings.items()}
        ways = Ways(proxies, store_url, world)
        _await_agreement(ways)
        yield ways


def _await_agreement(ways):
    """Chunks are read, and quantiles computed, once they agreed with the store's own answers. Each question gives the
    program a chance to compare."""
    chance = random.Random(differential.SEED)
    for way, proxy in ways.proxies.items():
        def agreed(way=way, proxy=proxy):
            asked = questions.Asked(proxy, draw(chance, ways.world), headers=[("X-SPM-Plan", "1")])
            return asked.question.metric == "latencies" and source(asked) == way
        eventually(agreed, lambda: f"an answer by {way}; {readiness(proxy)}\n{questions.log_tail(proxy)}", 60 * proxy.slowdown)


# -- questions by chance -------------------------------------------------------------------------------------------------
def draw(chance, world):
    metric = chance.choice(["latencies", "latencies", "calls", "errors"])
    quantile = chance.choice([0.5, 0.75, 0.95, 0.95, 0.99, 1.0, 0.123, 1e-9]) if metric == "latencies" else None
    kinds = chance.choice([("server",)] * 3 + [("client",), ("server", "client"), questions.KINDS])
    services = chance.sample(world["services"], min(chance.choice([1, 1, 1, 2, 3]), len(world["services"])))
    return questions.Question(metric, services, quantile=quantile, by_operation=chance.random() < 0.5, kinds=kinds,
                              **draw_times(chance, world))


def draw_times(chance, world):
    rate = chance.choice([30_500, 45_000, 60_000, 61_001, 90_000, 150_000, 300_000, 600_000, 600_000, 907_003, 3_600_000])
    step = chance.choice(STEPS)
    from_ms, to_ms = world["from"], world["to"]
    length = min(chance.randrange(to_ms - from_ms), step * chance.choice([0, 20, 60, 60, 250]))
    # Evaluation times that are a sample's own time, and others.
    phase = chance.choice([0, 3_000, 8_000, 1, 14_999, chance.randrange(15_000)])
    if chance.random() < 0.3:  # long enough to be read in pieces, which meet in the midst of the data
        step = chance.choice([15_000, 30_000, 61_337, 300_000])
        half = chance.randrange(2 * 3600_000, 3 * 3600_000)
        end, length = chance.randrange(from_ms, to_ms) + half, 2 * half
    else:
        end = chance.randrange(from_ms + length, to_ms + 120_000)
    end = end // 15_000 * 15_000 + phase
    return {"end": end / 1000, "lookback": length / 1000, "step": step / 1000, "rate": rate / 1000}


def page(chance, world):
    """The eight requests of the UI for one service, at times drawn by chance."""
    times, services = draw_times(chance, world), [chance.choice(world["services"])]
    cards = [("latencies", 0.5, False), ("latencies", 0.75, False), ("latencies", 0.95, False), ("calls", None, False),
             ("errors", None, False), ("latencies", 0.95, True), ("calls", None, True), ("errors", None, True)]
    return [questions.Question(metric, services, quantile=quantile, by_operation=by_operation, **times)
            for metric, quantile, by_operation in cards]


def compare_single(ways, cases=4 * differential.CASES, seed=differential.SEED):
    chance = random.Random(seed)
    compared = collections.Counter()
    for number in range(cases):
        question = draw(chance, ways.world)
        try:
            compared[question.metric] += ways.compare(question)
        except BaseException:
            print(f"seed {seed}, case {number}")
            raise
    for metric in ("latencies", "calls", "errors"):
        assert compared[metric] >= cases * 5, f"seed {seed}: {compared} points are too few to prove anything"
    assert ways.most_pieces["chunks"] >= 2, f"seed {seed}: no answer was put together of pieces"


def compare_pages(ways, cases=differential.CASES // 4, seed=differential.SEED):
    """Requests that are under way at once share what they read."""
    chance, compared = random.Random(seed), 0
    with concurrent.futures.ThreadPoolExecutor(6) as browser:
        for number in range(cases):
            wanted = page(chance, ways.world)
            expected = [ways.jaeger.answer(question) for question in wanted]
            compared += sum(len(points) for answer in expected for points in answer.values())
            for way in WAYS:
                answers = list(browser.map(lambda question, way=way: ways.ask(way, question), wanted))
                for asked, known in zip(answers, expected):
                    found = questions.difference(asked.series, known)
                    if found:
                        pytest.fail(asked.explained(f"{way}, seed {seed}, page {number}: {found}"), pytrace=False)
    assert compared >= 100 * cases, f"seed {seed}: {compared} points are too few to prove anything"
