"""What the store is asked: always a form, always literal names, nothing of a caller's own making."""

import re
import urllib.parse

import pytest

from spmtest import fake_store as fake
from spmtest.grpc_client import Client

NAMES = ["a.b", 'quo"te\\back', "one|two", "pay+ment (eu)", "line\nbreak", "ünï-服务", ".*", "a\\.b", "{{matchers}}",
         '"} or vector(1) or x{y="', "'", "`", "$1", "%s", "\\n", "\\x00", "a\tb", "[a-z]", "^$", "{{window}}"]
WINDOW = "endTs=1795141800000&lookback=1800000&step=60000&ratePer=90000"


def _string_literals(promql):
    """The decoded double-quoted strings of an expression, with what stands before each."""
    found = []
    for before, body in re.findall(r'(=~|!=|!~|=|,|\(|\s)\s*"((?:[^"\\]|\\.)*)"', promql):
        plain = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}

        def character(escape):
            code = escape.group(1)
            if code[0] in "xuU":
                return chr(int(code[1:], 16))
            return plain.get(code, code)
        found.append((before, re.sub(r'\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)', character, body)))
    return found


def _skeleton(promql):
    """The expression with every string literal emptied."""
    return re.sub(r'"(?:[^"\\]|\\.)*"', '""', promql)


def _get(proxy, path, services, extra=""):
    query = "&".join(f"service={urllib.parse.quote(name, safe='')}" for name in services)
    return proxy.get(f"/api/metrics/{path}?{query}&{WINDOW}{extra}")


def test_form(shared, shared_store):
    assert _get(shared, "calls", ["frontend"]).status == 200
    query = shared_store.queries[-1]
    assert (query.method, query.target) == ("POST", "/api/v1/query_range")
    assert query.header("Content-Type") == "application/x-www-form-urlencoded"
    assert int(query.header("Content-Length")) == len(query.body)
    assert set(query.form) == {"query", "start", "end", "step", "timeout"}
    assert (float(query.value("start")), float(query.value("end"))) == (1795140000, 1795141800)
    assert float(query.value("step").rstrip("s")) == 60
    assert query.headers_named("Host") == [f"127.0.0.1:{shared_store.port}"]
    assert len(query.headers_named("Content-Length")) == 1 and query.header("Transfer-Encoding") is None


def test_window_is_exact(shared, shared_store):
    _get(shared, "calls", ["frontend"])
    assert "[1m30s]" in shared_store.queries[-1].value("query") or "[90s]" in shared_store.queries[-1].value("query")


@pytest.mark.parametrize("quantile", ["0.5", "0.999", "0.9999999", "1"])
def test_quantile_is_exact(shared, shared_store, quantile):
    assert _get(shared, "latencies", ["frontend"], f"&quantile={quantile}").status == 200
    assert re.search(rf"\b{re.escape(quantile)}\b", shared_store.queries[-1].value("query"))


@pytest.mark.parametrize("path,extra", [("calls", ""), ("errors", ""), ("latencies", "&quantile=0.95")])
@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_one_name_is_an_equality(shared, shared_store, name, path, extra):
    before = len(shared_store.queries)
    assert _get(shared, "calls", ["plain"]).status == 200
    _get(shared, path, ["plain"], extra)
    plain = {_skeleton(query.value("query")) for query in shared_store.queries[before + 1:]}
    before = len(shared_store.queries)
    assert _get(shared, path, [name], extra).status == 200
    sent = [query.value("query") for query in shared_store.queries[before:]]
    assert sent
    for promql in sent:
        assert ("=", name) in _string_literals(promql), promql
        assert not [text for operator, text in _string_literals(promql) if operator == "=~" and name in text]
        assert _skeleton(promql) in plain, "the name changed the form of the query"


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_several_names_are_an_escaped_alternation(shared, shared_store, name):
    assert _get(shared, "calls", [name, "frontend"]).status == 200
    promql = shared_store.queries[-1].value("query")
    patterns = [text for operator, text in _string_literals(promql) if operator == "=~"]
    assert len(patterns) >= 1
    pattern = next(text for text in patterns if "frontend" in text)
    for candidate, wanted in ((name, True), ("frontend", True), ("frontendx", False), (name + "x", False), ("xfrontend", False), ("", False)):
        assert bool(re.fullmatch(pattern, candidate)) == wanted, (pattern, candidate)


@pytest.mark.parametrize("name", ["a.b", 'quo"te\\back', '"} or vector(1) #', ".*"], ids=ascii)
def test_grpc_names_are_literal(shared, shared_store, name):
    with Client(shared.grpc) as client:
        code, details, _ = client.calls(name)
    assert code == "OK", details
    assert ("=", name) in _string_literals(shared_store.queries[-1].value("query"))


def test_every_query_is_a_post_form(shared_store, shared):
    for path, extra in (("calls", ""), ("errors", "&groupByOperation=true"), ("latencies", "&quantile=0.5")):
        _get(shared, path, ["frontend"], extra)
    for query in shared_store.queries:
        assert (query.method, query.query) == ("POST", "")
        assert set(query.form) == {"query", "start", "end", "step", "timeout"}
        assert all(len(values) == 1 for values in query.form.values())


def test_long_windows_are_fetched_in_pieces_of_one_grid(start, store):
    proxy = start(store)
    answer = proxy.get("/api/metrics/calls?service=frontend&endTs=1795141800000&lookback=100000000&step=5000")
    assert answer.status == 200
    assert len(answer.json["metrics"][0]["metricPoints"]) == 20_001
    pieces = sorted((query.grid() for query in store.queries), key=lambda times: times[0])
    assert len(pieces) >= 2 and all(len(times) <= 11_001 for times in pieces)
    joined = sorted({time for times in pieces for time in times})
    assert joined == [1795141800 - 100_000 + 5 * index for index in range(20_001)]


def test_default_step_is_widened_and_named(start, store):
    proxy = start(store)
    answer = proxy.get(f"/api/metrics/calls?service=frontend&endTs=1795141800000&lookback={7 * 86_400_000}")
    assert answer.status == 200
    step = answer.header("X-SPM-Step")
    assert step and len(answer.json["metrics"][0]["metricPoints"]) <= 110_000


def test_extra_parameters(start, store):
    proxy = start(store, environment={"PROMETHEUS_QUERY_EXTRA_QUERY_PARAMS": "dedup=true,tenant=a b&c=d"})
    assert proxy.calls().status == 200
    query = store.queries[-1]
    assert (query.value("dedup"), query.value("tenant")) == ("true", "a b&c=d")


def test_path_prefix(start):
    with fake.FakeStore(path="/prom/team-a") as store:
        proxy = start(store)
        assert proxy.calls().status == 200
        assert store.queries[-1].target == "/prom/team-a/api/v1/query_range"


@pytest.mark.parametrize("value,passed_on", [
    ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", True),
    ("00-00000000000000000000000000000000-00f067aa0ba902b7-01", False), ("nonsense", False),
])
def test_traceparent(shared, shared_store, value, passed_on):
    assert shared.calls(headers=[("traceparent", value)]).status == 200
    sent = shared_store.queries[-1].header("traceparent")
    assert (sent is not None and sent.split("-")[1] == value.split("-")[1] if passed_on else sent != value)


def test_traceparent_over_grpc(shared, shared_store):
    value = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    with Client(shared.grpc) as client:
        assert client.calls(metadata=[("traceparent", value)])[0] == "OK"
    assert (shared_store.queries[-1].header("traceparent") or "").split("-")[1:2] == value.split("-")[1:2]


@pytest.mark.parametrize("header", ["X-Scope-OrgID", "x-tenant", "THANOS-TENANT", "Cookie", "X-Forwarded-For", "Authorization"])
def test_headers_of_the_caller_stay_outside(shared, shared_store, header):
    assert shared.calls(headers=[(header, "of-the-caller")]).status == 200
    assert "of-the-caller" not in repr(shared_store.queries[-1].headers)


def test_fixed_headers(start, store):
    proxy = start(store, "--store.header=X-Scope-OrgID:team", "--store.header=X-Other: a, b")
    assert proxy.calls(headers=[("X-Scope-OrgID", "forged"), ("X-Other", "forged")]).status == 200
    query = store.queries[-1]
    assert (query.headers_named("X-Scope-OrgID"), query.headers_named("X-Other")) == (["team"], ["a, b"])


def test_names_follow_the_settings(start, store):
    """The store has traces_span_metrics_calls. Where settings ask for something else, Jaeger's names for them are used."""
    asked = []
    for environment in ({}, {"PROMETHEUS_QUERY_NORMALIZE_CALLS": "true"},
                        {"PROMETHEUS_QUERY_NAMESPACE": "mine"},
                        {"PROMETHEUS_QUERY_NAMESPACE": "", "PROMETHEUS_QUERY_SUPPORT_SPANMETRICS_CONNECTOR": ""},
                        {"PROMETHEUS_QUERY_SUPPORT_SPANMETRICS_CONNECTOR": "true", "PROMETHEUS_QUERY_NORMALIZE_CALLS": "true"}):
        assert start(store, environment=environment).calls().status == 200
        asked.append(re.search(r"\b(\w*calls\w*)", store.queries[-1].value("query")).group(1))
    assert asked == ["traces_span_metrics_calls", "traces_span_metrics_calls_total", "mine_calls", "traces_span_metrics_calls", "calls_total"]
