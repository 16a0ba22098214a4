"""--query.matchers in a store of two tenants with the same service names: every endpoint shows one of them only."""

import json
import time
import urllib.parse

import pytest

from spmtest import dataset, grpc_client
from spmtest.prometheus import Prometheus, merged
from spmtest.proxy import Proxy, run_command
from spmtest.questions import KINDS, Asked, Judge, Question, difference, log_tail, page, series_of

HOURS = 0.5
END = dataset.START + HOURS * 3600
SERVICES = sorted(set(dataset.SERVICES) - {"late"}, key=str.encode)  # that one comes later
QUESTIONS = page(SERVICES, END, 900.0, kinds=("server", "client"))
# Whatever only the other tenant has: nothing of it may be in any answer.
FOREIGN = ("tenant-b", "vault", "spanmetrics_latency", "spanmetrics_calls")
ENFORCED = ['--query.matchers=tenant="tenant-a"']


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    ours = dataset.stored("connector", HOURS, labels=["tenant=tenant-a"])
    theirs = [dataset.stored("connector", HOURS, labels=["tenant=tenant-b", "vault=of-b"], seed=7),
              dataset.stored("tempo", HOURS, labels=["tenant=tenant-b"], seed=7)]
    with Prometheus(ours) as alone:
        judge = Judge(alone.url, dataset.names_of("connector"))
        expected = [judge.expected(question) for question in QUESTIONS]
    with Prometheus(merged([ours, *theirs], tmp_path_factory.mktemp("store") / "both")) as both:
        yield both, expected


@pytest.fixture(scope="module")
def proxy(stores):
    with Proxy(stores[0].url, *ENFORCED) as running:
        yield running


def _clean(proxy, answer, what):
    for foreign in FOREIGN:
        if foreign in answer.text or any(foreign in value for _, value in answer.headers):
            pytest.fail(f"{what} tells of another tenant ({foreign}): {answer}\n{log_tail(proxy)}")


def test_the_rest_endpoints(proxy, stores):
    for question, expected in zip(QUESTIONS, stores[1]):
        asked = Asked(proxy, question)
        _clean(proxy, asked.answer, question)
        asked.is_like(expected, 1e-9 if question.metric == "latencies" else 0.0)


def _as_http(family):
    """Names of fields as the HTTP API writes them."""
    return {"metrics": [{"labels": metric["labels"], "metricPoints": [
        {"timestamp": point["timestamp"], "gaugeValue": {"doubleValue": point["gauge_value"]["double_value"]}}
        for point in metric.get("metric_points", [])]} for metric in family.get("metrics", [])]}


def test_grpc(proxy, stores):
    methods = {"latencies": "GetLatencies", "calls": "GetCallRates", "errors": "GetErrorRates"}
    with grpc_client.Client(proxy.grpc) as client:
        for question, expected in zip(QUESTIONS, stores[1]):
            base = {"service_names": list(question.services), "groupByOperation": question.by_operation,
                    "end_time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(question.end)),
                    "lookback": f"{question.lookback:g}s", "step": f"{question.step:g}s", "ratePer": f"{question.rate:g}s",
                    "spanKinds": ["SPAN_KIND_" + kind.upper() for kind in question.kinds]}
            request = {"baseRequest": base} | ({"quantile": question.quantile} if question.quantile else {})
            code, details, answer = client.call(methods[question.metric], request)
            assert code == "OK", f"{question}: {code} {details}\n{log_tail(proxy)}"
            assert not any(foreign in json.dumps(answer) for foreign in FOREIGN), question
            found = difference(series_of(_as_http(answer["metrics"])), expected, 1e-9)
            assert found is None, f"{question}: {found}\n{log_tail(proxy)}"


def _values(answer):
    return answer.json["data"]


def test_lists(proxy):
    since = round((time.time() - dataset.START + 3600) * 1000)
    for target, wanted in (
            ("/api/services", SERVICES),
            ("/api/services/checkout/operations", ["POST /pay"]),
            ("/api/operations?service=checkout", [{"name": "POST /pay", "spanKind": "server"}]),
            (f"/api/metrics/attributes?key=tenant&lookback={since}", ["tenant-a"]),
            (f"/api/metrics/attributes?key=tenant&service=frontend&lookback={since}", ["tenant-a"])):
        answer = proxy.get(target)
        _clean(proxy, answer, target)
        assert answer.status == 200 and _values(answer) == wanted, f"{target}: {answer}\n{log_tail(proxy)}"
    answer = proxy.get(f"/api/metrics/attributes?key=vaul&lookback={since}")
    assert answer.status == 400 and "vault" not in answer.message, answer


def _prometheus(proxy, path, parameters=(), method="GET"):
    encoded = urllib.parse.urlencode(list(parameters))
    if method == "POST":
        return proxy.get(path, method="POST", body=encoded.encode(),
                         headers=[("Content-Type", "application/x-www-form-urlencoded")])
    return proxy.get(f"{path}?{encoded}" if encoded else path)


def _window():
    return [("start", f"{END - 900:.3f}"), ("end", f"{END:.3f}")]


SELECTOR = '{service_name =~ "frontend|checkout", span_kind =~ "SPAN_KIND_SERVER"}'
SHAPES = {
    "latencies": "histogram_quantile(0.95, sum(rate(traces_span_metrics_duration_bucket%s[10m])) by (service_name,le))",
    "calls": "sum(rate(traces_span_metrics_calls%s[10m])) by (service_name)",
}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("metric", SHAPES)
def test_the_prometheus_door(proxy, stores, metric, method):
    question = next(one for one in QUESTIONS if one.metric == metric and not one.by_operation)
    expected = stores[1][QUESTIONS.index(question)]
    answer = _prometheus(proxy, "/api/v1/query_range",
                         [("query", SHAPES[metric] % SELECTOR), *_window(), ("step", "60")], method)
    _clean(proxy, answer, SHAPES[metric])
    assert answer.status == 200, f"{answer}\n{log_tail(proxy)}"
    got = {one["metric"]["service_name"]: [float(value) for _, value in one["values"]]
           for one in answer.json["data"]["result"]}
    for service in ("frontend", "checkout"):
        assert got[service] == pytest.approx(list(expected[service, None].values()), rel=1e-9), f"{answer}"
    assert set(got) == {"frontend", "checkout"}


def test_lists_of_the_prometheus_door(proxy):
    for path, more in (("/api/v1/labels", []), ("/api/v1/label/service_name/values", []),
                       ("/api/v1/label/span_name/values", []), ("/api/v1/label/operation/values", []),
                       ("/api/v1/label/span_kind/values", []),
                       ("/api/v1/series", [("match[]", "traces_span_metrics_calls")]),
                       ("/api/v1/series", [("match[]", '{tenant="tenant-b"}')]),
                       ("/api/v1/labels", [("match[]", '{tenant="tenant-b"}')]),
                       ("/api/v1/label/tenant/values", []), ("/api/v1/label/vault/values", []),
                       ("/api/v1/label/__name__/values", []), ("/api/v1/query", [("query", "1+1")]),
                       ("/api/v1/status/buildinfo", [])):
        answer = _prometheus(proxy, path, [*more, *_window()] if "status" not in path else [])
        text = answer.text.replace('{tenant=\\"tenant-b\\"}', "")  # a refusal may repeat what was asked
        assert not any(foreign in text for foreign in FOREIGN), f"{path} {more}: {answer}\n{log_tail(proxy)}"
    services = _prometheus(proxy, "/api/v1/label/service_name/values", _window())
    assert sorted(_values(services), key=str.encode) == SERVICES, f"{services}\n{log_tail(proxy)}"


OTHER_TENANT = [
    'sum(rate(traces_span_metrics_calls{tenant="tenant-b"}[10m])) by (service_name)',
    'sum(rate(traces_span_metrics_calls{service_name =~ "frontend", tenant="tenant-b"}[10m])) by (service_name)',
    '{tenant="tenant-b"}',
    'sum(rate(traces_span_metrics_calls{service_name =~ "x"} or traces_span_metrics_calls{tenant="tenant-b"}[10m]))',
]


def test_other_queries_show_nothing(proxy):
    for query in OTHER_TENANT:
        for path, more in (("/api/v1/query_range", [*_window(), ("step", "60")]), ("/api/v1/query", [("time", str(END))])):
            answer = _prometheus(proxy, path, [("query", query), *more])
            assert answer.status == 422 or not _values(answer)["result"], f"{query}: {answer}\n{log_tail(proxy)}"


def test_names_of_the_other_tenants_metrics(proxy, stores):
    """A question under any names is answered from one's own metrics."""
    question = Question("calls", ["frontend"], END, 900.0)
    answer = _prometheus(proxy, "/api/v1/query_range", [
        ("query", 'sum(rate(traces_spanmetrics_calls_total{service_name =~ "frontend", span_kind =~ "SPAN_KIND_SERVER"}'
                  "[10m])) by (service_name)"), *_window(), ("step", "60")])
    assert answer.status == 200, f"{answer}\n{log_tail(proxy)}"
    ours = Asked(proxy, question).series["frontend", None]
    (one,) = answer.json["data"]["result"]
    assert [float(value) for _, value in one["values"]] == list(ours.values())
    _clean(proxy, answer, "a question under the other tenant's names")


def test_nothing_is_forwarded_past_the_matchers(stores):
    done = run_command(f"--prometheus.server-url={stores[0].url}", *ENFORCED, "--prometheus-door.other-queries=forward")
    assert done.returncode == 2 and "query.matchers" in done.stderr, done


@pytest.mark.parametrize("name,value", [("extra_label", "tenant=tenant-b"), ("dedup", "false"), ("tenant", "tenant-b"),
                                        ("extra_filters", '{tenant="tenant-b"}')])
def test_parameters_cannot_open_another_tenant(proxy, name, value):
    answer = _prometheus(proxy, "/api/v1/query_range",
                         [("query", SHAPES["calls"] % SELECTOR), *_window(), ("step", "60"), (name, value)])
    assert answer.status == 422, f"{answer}\n{log_tail(proxy)}"


HOSTILE_SERVICES = ['frontend"} or {tenant="tenant-b', 'x",tenant="tenant-b', ".*", "frontend|checkout", "}", "\\", '"']


@pytest.mark.parametrize("service", HOSTILE_SERVICES)
def test_hostile_services_are_names(proxy, service):
    asked = Asked(proxy, Question("calls", [service], END, 900.0, kinds=KINDS))
    asked.is_like({})


def test_filters_cannot_loosen(proxy):
    for filtered, wanted in (("tag=tenant%3Atenant-b", False), ("tag=tenant%3Atenant-a", True),
                             ("tags=%7B%22tenant%22%3A%22tenant-b%22%7D", False), ("tag=vault%3Aof-b", False)):
        answer = proxy.get(Question("calls", ["frontend"], END, 900.0).target + "&" + filtered)
        assert answer.status == 200 or (answer.status == 400 and "vault" in filtered), f"{answer}\n{log_tail(proxy)}"
        if answer.status == 200:
            assert bool(series_of(answer.json)) == wanted, f"{filtered}: {answer}\n{log_tail(proxy)}"


def test_the_diagnosis(proxy):
    answer = proxy.get("/api/spm/diagnosis")
    assert answer.status == 200, f"{answer}\n{log_tail(proxy)}"
    _clean(proxy, answer, "the diagnosis")
