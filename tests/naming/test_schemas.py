"""Every schema answers as `connector` does, with nothing configured. README.md has the rules."""

import time
import urllib.parse

import pytest

from spmtest import dataset
from spmtest.prometheus import Prometheus
from spmtest.proxy import Proxy
from spmtest.questions import Asked, Judge, Question, log_tail, page

HOURS = 1.75  # operations and errors that begin half way begin after an hour and a half
END = dataset.START + HOURS * 3600
LATENCY_TOLERANCE = 1e-9  # seconds and nanoseconds become milliseconds


def _questions():
    made = page(dataset.SERVICES, END, 5400.0)
    made += [Question(metric, [service], END, 1800.0, 15.0, quantile=quantile, by_operation=True)
             for metric, quantile in (("latencies", 0.95), ("calls", None), ("errors", None))
             for service in ("frontend", "a.b", "one|two", 'quo"te\\back', "line\nbreak", "ünï-服务")]
    made.append(Question("calls", ["frontend"], END, 1800.0, by_operation=True, tags=["instance:otelcol-1:8889"]))
    return made


QUESTIONS = _questions()


@pytest.fixture(scope="session")
def reference():
    """What Prometheus says about `connector`, question by question."""
    with Prometheus(dataset.stored("connector", HOURS)) as store:
        judge = Judge(store.url, dataset.names_of("connector"))
        return [judge.expected(question) for question in QUESTIONS]


@pytest.fixture(scope="module", params=dataset.SCHEMAS)
def schema(request):
    return request.param


@pytest.fixture(scope="module")
def store(schema):
    with Prometheus(dataset.stored(schema, HOURS)) as running:
        yield running


@pytest.fixture(scope="module")
def proxy(store):
    with Proxy(store.url) as running:
        yield running


def test_the_reference_is_worth_something(reference):
    assert sum(1 for expected in reference if expected) > 40
    values = {value for expected in reference for points in expected.values() for value in points.values()}
    assert len(values) > 5000


@pytest.mark.parametrize("metric", ["latencies", "calls", "errors"])
def test_answers_are_those_of_connector(schema, store, proxy, reference, metric):
    for question, expected in zip(QUESTIONS, reference):
        if question.metric == metric:
            asked = Asked(proxy, question)
            if metric == "latencies":
                asked.is_like(expected, LATENCY_TOLERANCE)
            elif schema == "connector-otel-status" and not question.by_operation:
                # Its error series are the first ones in the store's order, whatever their operation: the sum over
                # operations is that of the same numbers in another order. To the last bit it is this store's own.
                asked.is_like(expected, 1e-14)
                asked.is_like(Judge(store.url, dataset.names_of(schema)).expected(question))
            else:
                asked.is_like(expected)
            for header in ("X-SPM-Span-Kind", "X-SPM-Errors", "X-SPM-Unit", "X-SPM-Diagnosis", "X-SPM-Warning"):
                assert asked.header(header) is None, asked.explained(f"{header}: nothing is missing in this store")


def _list(proxy, target):
    answer = proxy.get(target)
    if answer.status != 200:
        pytest.fail(f"{target}: {answer}\n{log_tail(proxy)}")
    return answer.json


def _envelope(data):
    return {"data": data or None, "total": len(data), "limit": 0, "offset": 0, "errors": None}


def test_lists(proxy):
    services = sorted(dataset.SERVICES, key=lambda name: name.encode())
    assert _list(proxy, "/api/services") == _envelope(services)
    for service in ("frontend", "broker", 'quo"te\\back', "ünï-服务", "unknown"):
        operations = sorted({name for owner, name, _ in dataset.OPERATIONS if owner == service})
        pairs = sorted((name, kind) for owner, name, kind in dataset.OPERATIONS if owner == service)
        quoted = urllib.parse.quote(service, safe="")
        assert _list(proxy, f"/api/services/{quoted}/operations") == _envelope(operations)
        assert _list(proxy, f"/api/operations?service={quoted}") == _envelope(
            [{"name": name, "spanKind": kind} for name, kind in pairs])
        assert _list(proxy, f"/api/operations?service={quoted}&spanKind=client") == _envelope(
            [{"name": name, "spanKind": kind} for name, kind in pairs if kind == "client"])


def test_attributes(proxy):
    since = round((time.time() - dataset.START + 3600) * 1000)
    assert _list(proxy, f"/api/metrics/attributes?key=instance&lookback={since}") == _envelope(
        ["otelcol-0:8889", "otelcol-1:8889"])
    assert _list(proxy, f"/api/metrics/attributes?key=instance&service=checkout&lookback={since}") == _envelope(
        ["otelcol-0:8889"])
    answer = proxy.get(f"/api/metrics/attributes?key=instence&lookback={since}")
    assert answer.status == 400 and "instance" in answer.message, answer
