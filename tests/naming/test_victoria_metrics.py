"""VictoriaMetrics as the store: what it says itself, in its own spelling of names."""

import re

import pytest

from spmtest import dataset
from spmtest.dataset import Names
from spmtest.proxy import Proxy
from spmtest.questions import Asked, Judge, Question, Spelling, log_tail, page
from spmtest.victoria_metrics import VictoriaMetrics

HOURS = 0.5
END = dataset.START + HOURS * 3600
SERVICES = sorted(set(dataset.SERVICES) - {"late"}, key=str.encode)  # that one comes later
# VictoriaMetrics moves ranges of 50 points and more to multiples of the step; the times in its answer are right.
QUESTIONS = page(SERVICES, END, 900.0, kinds=("server", "client")) + [
    Question(metric, ["frontend"], END - 7, 900.0, 15.0, quantile=quantile, by_operation=True)
    for metric, quantile in (("latencies", 0.95), ("calls", None), ("errors", None))]

_RENAMED = {"service_name": "service.name", "span_name": "span.name", "span_kind": "span.kind", "status_code": "status.code"}
DOTTED = Names("traces.span.metrics.calls", "traces.span.metrics.duration", "service.name", "span.name", "span.kind",
               "status.code")


def _dotted(lines):
    label = re.compile(r"\b(" + "|".join(_RENAMED) + r')(?==")')
    for line in lines:
        line = line.replace("traces_span_metrics_calls", DOTTED.calls, 1)
        line = line.replace("traces_span_metrics_duration", DOTTED.histogram, 1)
        yield label.sub(lambda found: _RENAMED[found[0]], line)


STORES = {
    "connector": (lambda: dataset.lines("connector", HOURS), dataset.names_of("connector")),
    "tempo": (lambda: dataset.lines("tempo", HOURS), dataset.names_of("tempo")),
    "connector, no kind, no status": (lambda: dataset.lines("connector", HOURS, without=("kind", "status")),
                                      dataset.names_of("connector", ("kind", "status"))),
    "dotted": (lambda: _dotted(dataset.lines("connector-plain", HOURS)), DOTTED),
}


@pytest.mark.parametrize("content", STORES)
def test_answers_are_the_stores_own(content):
    lines, names = STORES[content]
    with VictoriaMetrics() as store:
        store.load(lines())
        judge = Judge(store.url, names, Spelling(escape=True))
        with Proxy(store.url) as proxy:
            for question in QUESTIONS:
                expected = judge.expected(question)
                assert "server" not in question.kinds or expected, f"the store itself has nothing for {question}"
                Asked(proxy, question).is_like(expected, 1e-9)
            services = proxy.get("/api/services")
            assert services.status == 200, f"{services}\n{log_tail(proxy)}"
            assert services.json["data"] == SERVICES, f"{services}\n{log_tail(proxy)}"


def test_buckets_of_its_own():
    """Exponential histograms become `vmrange` buckets there."""
    end = dataset.START + 1800
    ranges = ["1.000e+01...1.136e+01", "1.136e+01...1.292e+01", "1.292e+01...1.468e+01", "4.084e+01...4.642e+01"]
    labels = 'service.name="a",span.name="x",span.kind="SPAN_KIND_SERVER",status.code="STATUS_CODE_UNSET"'
    with VictoriaMetrics() as store:
        lines = []
        for number in range(121):
            stamp = (dataset.START + number * 15) * 1000
            counts = [(index + 2) * number for index in range(len(ranges))]
            lines += [f'{DOTTED.bucket}{{{labels},vmrange="{each}"}} {count} {stamp}\n'
                      for each, count in zip(ranges, counts)]
            lines.append(f"{DOTTED.calls}{{{labels}}} {sum(counts)} {stamp}\n")
        store.load(lines)
        judge = Judge(store.url, DOTTED, Spelling(escape=True), bucket_label="vmrange")
        with Proxy(store.url) as proxy:
            for question in page(["a"], end, 900.0, kinds=("server",)):
                expected = judge.expected(question)
                assert expected, f"the store itself has nothing for {question}"
                Asked(proxy, question).is_like(expected, 1e-9)
