"""One question put to a store as PromQL and as a remote read; the answers are compared to the last bit."""

import json
import os
import random
import struct
import subprocess
import tempfile
import urllib.parse
import urllib.request

from spmtest import remote_read

CASES = int(os.environ.get("SPM_RATES_CASES", "40"))
SEED = int(os.environ.get("SPM_RATES_SEED", "20261121"))

PROMETHEUS_2 = ("closed", "older", "plain", "raise")
PROMETHEUS_3 = ("left", "newer", "compensated", "small")
VARIANTS = [(start, extrapolation, summation) for start in ("closed", "left") for extrapolation in ("older", "newer")
            for summation in ("plain", "compensated")]


class Question:
    def __init__(self, metric, matchers, start_ms, step_ms, points, window_ms, by, quantile=None):
        self.metric, self.matchers, self.by, self.quantile = metric, matchers, by, quantile
        self.start_ms, self.step_ms, self.points, self.window_ms = start_ms, step_ms, points, window_ms

    def promql(self):
        matchers = ",".join(f"{name}{'=~' if kind == remote_read.RE else '='}{json.dumps(value, ensure_ascii=False)}"
                            for name, kind, value in self.matchers)
        rates = f"sum by ({','.join(self.by)}) (rate({self.metric}{{{matchers}}}[{self.window_ms}ms]))"
        return rates if self.quantile is None else f"histogram_quantile({self.quantile!r}, {rates})"

    def line(self, variant):
        start, extrapolation, summation, repair = variant
        quantile = "-" if self.quantile is None else repr(self.quantile)
        return (f"{self.start_ms} {self.step_ms} {self.points} {self.window_ms} {start} {extrapolation} {summation} "
                f"{quantile} {repair} {','.join(self.by)}\n")

    def __str__(self):
        return f"{self.promql()} from {self.start_ms} step {self.step_ms} points {self.points}"


def bits(value):
    # Any NaN is as good as another: JSON has one.
    number = float(value)
    return "NaN" if number != number else struct.unpack("<Q", struct.pack("<d", number))[0]


def of_store(url, question):
    """{labels: {index of point: bits}}"""
    end_ms = question.start_ms + (question.points - 1) * question.step_ms
    fields = {"query": question.promql(), "start": f"{question.start_ms / 1000:.3f}", "end": f"{end_ms / 1000:.3f}",
              "step": f"{question.step_ms / 1000:.3f}"}
    with urllib.request.urlopen(url + "/api/v1/query_range", urllib.parse.urlencode(fields).encode(), timeout=60) as answer:
        result = json.load(answer)["data"]["result"]
    return {frozenset(series["metric"].items()): {
        round((time * 1000 - question.start_ms) / question.step_ms): bits(value) for time, value in series["values"]}
        for series in result}


class Recorded:
    """The body of one remote read, and the program that computes from it."""

    def __init__(self, url, metric, matchers, from_ms, to_ms):
        self.body = remote_read.read(url, from_ms, to_ms, [("__name__", remote_read.EQ, metric), *matchers])
        self._file = tempfile.NamedTemporaryFile(prefix="spm-rates-")
        self._file.write(self.body)
        self._file.flush()
        self._program = subprocess.Popen([os.environ["SPM_RATES_FROM_BODY"], self._file.name, str(from_ms), str(to_ms)],
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, question, variant):
        self._program.stdin.write(question.line(variant))
        self._program.stdin.flush()
        found = {}
        while True:
            line = self._program.stdout.readline()
            assert line, "rates_from_body ended"
            if line == ".\n":
                return found
            labels, points = line.split(":")
            decode = lambda text: bytes.fromhex(text).decode()
            key = frozenset(tuple(decode(part) for part in label.split("=")) for label in labels.split(",") if label)
            values = {}
            for point in points.split():
                index, number = point.split("=")
                number = int(number, 16)
                nan = number & 0x7ff0000000000000 == 0x7ff0000000000000 and number & 0xfffffffffffff
                values[int(index)] = "NaN" if nan else number
            found[key] = values

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._program.stdin.close()
        self._program.stdout.close()
        assert self._program.wait(20) == 0
        self._file.close()


def differences(expected, found):
    """(points compared, points that differ, one of them in words)"""
    compared = differing = 0
    example = None
    for labels in sorted(expected.keys() | found.keys(), key=sorted):
        a, b = expected.get(labels, {}), found.get(labels, {})
        for index in sorted(a.keys() | b.keys()):
            compared += 1
            if a.get(index) != b.get(index):
                differing += 1
                example = example or f"{dict(labels)} point {index}: store {a.get(index)}, chunks {b.get(index)}"
    return compared, differing, example


def draw(chance, world, number):
    """A question about `world`: from and to in ms, the phase of its samples to
    `from`, the metrics' names, selectors and groupings."""
    buckets = number % 3 != 0
    metric = world["histogram"] + "_bucket" if buckets else world["calls"]
    window = chance.choice([30_500, 45_000, 60_000, 61_001, 90_000, 150_000, 300_000, 600_000, 907_003, 1_800_000, 3_600_000])
    step = chance.choice([1_000, 7_001, 15_000, 15_000, 30_000, 60_000, 60_000, 61_337, 300_000])
    from_ms, to_ms = world["from"], world["to"]
    # Evaluation times that are a sample's own time, and others.
    phase = chance.choice([0, 3_000, 8_000, 1, 14_999, chance.randrange(15_000)])
    length = chance.randrange(60_000, to_ms - from_ms)
    start = chance.randrange(from_ms - 60_000, max(from_ms, to_ms - length) + 1) // 15_000 * 15_000 + phase
    points = max(1, min(length // step, 250))
    by = chance.choice([g for g in world["groupings"] if ("le" in g) == buckets] or [["le"]])
    quantile = chance.choice([0.5, 0.75, 0.95, 0.99, 0.0, 1.0, 0.123]) if buckets and number % 3 == 2 else None
    return Question(metric, chance.choice(world["selectors"]), start, step, points, window, by, quantile)


def compare(url, world, variant, points_at_least=0, cases=CASES, seed=SEED):
    """Asks `cases` questions, or more until so many points were compared; fails at the first point that differs."""
    chance = random.Random(seed)
    compared = 0
    for number in range(10 * cases):
        if number >= cases and compared >= points_at_least:
            break
        question = draw(chance, world, number)
        expected = of_store(url, question)
        end_ms = question.start_ms + (question.points - 1) * question.step_ms
        with Recorded(url, question.metric, question.matchers, question.start_ms - question.window_ms, end_ms) as recorded:
            points, differing, example = differences(expected, recorded.ask(question, variant))
        compared += points
        assert not differing, f"seed {seed}, case {number}: {question}\n{differing} of {points} points differ: {example}"
    assert compared >= points_at_least, f"seed {seed}: only {compared} points"
    return compared


def fitting(url, world, repair, cases=CASES, seed=SEED):
    """Which of the eight ways of rate and sum agree with the store on all of the questions."""
    chance = random.Random(seed)
    left = set(VARIANTS)
    for number in range(cases):
        question = draw(chance, world, number)
        question.quantile = None
        if number % 2 == 0:  # these tell the windows apart: evaluated at a sample's own time, R a multiple of its distance
            question.start_ms = question.start_ms // 15_000 * 15_000 + world["from"] % 15_000 + world["phase"]
            question.step_ms, question.window_ms = 15_000, 60_000
        expected = of_store(url, question)
        end_ms = question.start_ms + (question.points - 1) * question.step_ms
        with Recorded(url, question.metric, question.matchers, question.start_ms - question.window_ms, end_ms) as recorded:
            left = {way for way in left if not differences(expected, recorded.ask(question, (*way, repair)))[1]}
    return left
