"""Filters by any label, and lists of what there is, over one store that holds two regions of the same services."""

import json
import urllib.parse

import pytest

from spmtest import dataset
from spmtest.prometheus import Prometheus, merged
from spmtest.proxy import Proxy
from spmtest.questions import Asked, Judge, Question, log_tail, page

HOURS = 0.5
END = dataset.START + HOURS * 3600
SERVICES = sorted(set(dataset.SERVICES) - {"late"}, key=str.encode)  # that one comes later
NORTH, SOUTH = ["cloud_region=north:1"], ["cloud_region=south", "vault_name=x"]
REACH = 40 * 365 * 86_400_000  # ms: the data may be old
EMPTY = {"data": None, "total": 0, "limit": 0, "offset": 0, "errors": None}


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    north, south = dataset.stored("connector", HOURS, labels=NORTH), dataset.stored("connector", HOURS, labels=SOUTH, seed=7)
    with Prometheus(north) as alone, Prometheus(merged([north, south], tmp_path_factory.mktemp("store") / "both")) as both:
        yield alone, both


@pytest.fixture(scope="module")
def proxy(stores):
    with Proxy(stores[1].url) as running:
        yield running


def _get(proxy, path, **parameters):
    answer = proxy.get(path + "?" + urllib.parse.urlencode(parameters, quote_via=urllib.parse.quote))
    assert answer.headers is not None
    return answer


def _listed(proxy, path, **parameters):
    answer = _get(proxy, path, **parameters)
    assert answer.status == 200, f"{path}: {answer}\n{log_tail(proxy)}"
    found = answer.json
    data = found["data"]
    assert found == EMPTY | {"data": data, "total": len(data or [])}, f"{path}: {answer}"
    return data


@pytest.mark.parametrize("key", ["cloud.region", "cloud_region", "cloud-region"])
def test_a_tag_leaves_its_own_series_only(stores, proxy, key):
    judge = Judge(stores[0].url, dataset.names_of("connector"))
    everything = page(SERVICES, END, 900.0, kinds=("server",))
    for question in everything if key == "cloud.region" else everything[:4]:
        expected = judge.expected(question)
        question.tags = (f"{key}:north:1",)
        Asked(proxy, question).is_like(expected, 1e-9 if question.metric == "latencies" else 0.0)


def test_tags_as_json_are_the_same(proxy):
    question = Question("calls", ["frontend"], END, 900.0, tags=["cloud.region:north:1"])
    target = question.target.replace("&tag=cloud.region%3Anorth%3A1", "&tags=" + urllib.parse.quote('{"cloud.region":"north:1"}'))
    assert "tags=" in target
    assert proxy.get(target).json == Asked(proxy, question).answer.json


def test_values_are_literal(proxy):
    for value in ("north.1", "nor.*", "north", 'north:1"} or vector(1)', ""):
        assert not Asked(proxy, Question("calls", ["frontend"], END, 900.0, tags=["cloud.region:" + value])).series, value


def test_two_tags_are_both_meant(proxy):
    asked = Asked(proxy, Question("calls", ["frontend"], END, 900.0, tags=["cloud.region:north:1", "vault.name:x"]))
    assert not asked.series
    asked = Asked(proxy, Question("calls", ["frontend"], END, 900.0, tags=["cloud.region:south", "vault.name:x"]))
    asked.is_not_empty()


@pytest.mark.parametrize("tag, near", [("cloud.regoin:a", "cloud_region"), ("region:a", "cloud_region"), ("__name__:up", ""),
                                       ("le:100", "")])
def test_a_wrong_key_is_refused_with_near_ones(proxy, tag, near):
    answer = proxy.get(Question("latencies", ["frontend"], END, 900.0, quantile=0.95, tags=[tag]).target)
    assert answer.status == 400, f"{answer}\n{log_tail(proxy)}"
    message = answer.json["errors"][0]["msg"]
    assert message.startswith("unable to parse param 'tag'") and near in message, message


def test_services(proxy):
    assert _listed(proxy, "/api/services") == SERVICES


def test_operations_of_every_service(proxy):
    for service in SERVICES:
        expected = sorted({name for owner, name, _ in dataset.OPERATIONS if owner == service}, key=str.encode)
        with_kinds = sorted({(name, kind) for owner, name, kind in dataset.OPERATIONS if owner == service})
        found = _listed(proxy, f"/api/services/{urllib.parse.quote(service, safe='')}/operations")
        assert set(found) <= set(expected) and found == sorted(found, key=str.encode), service
        found = _listed(proxy, "/api/operations", service=service)
        assert {(each["name"], each["spanKind"]) for each in found} <= set(with_kinds), service
        clients = _listed(proxy, "/api/operations", service=service, spanKind="client")
        assert (clients or []) == [each for each in found if each["spanKind"] == "client"], service
    assert _listed(proxy, "/api/operations", service="broker") == [
        {"name": "orders process", "spanKind": "consumer"}, {"name": "orders publish", "spanKind": "producer"}]


def test_an_unknown_service_has_nothing(proxy):
    assert _listed(proxy, "/api/services/nobody/operations") is None
    assert _listed(proxy, "/api/operations", service="nobody") is None
    assert _listed(proxy, "/api/metrics/attributes", key="cloud.region", service="nobody", lookback=REACH) is None


def test_values_of_an_attribute(proxy):
    assert _listed(proxy, "/api/metrics/attributes", key="cloud.region", lookback=REACH) == ["north:1", "south"]
    assert _listed(proxy, "/api/metrics/attributes", key="span.kind", service="broker", lookback=REACH) == [
        "SPAN_KIND_CONSUMER", "SPAN_KIND_PRODUCER"]
    answer = _get(proxy, "/api/metrics/attributes", key="cloud.regoin", lookback=REACH)
    assert answer.status == 400 and "cloud_region" in answer.json["errors"][0]["msg"], answer


def test_a_setting_says_what_an_error_is(stores):
    with Proxy(stores[1].url, '--errors.matcher=cloud_region="south"') as proxy:
        errors, calls, south = (Asked(proxy, Question(metric, ["checkout"], END, 900.0, tags=tags)) for metric, tags in (
            ("errors", ()), ("calls", ()), ("calls", ["cloud.region:south"])))
        errors.is_like({key: {at: south.series[key][at] / value for at, value in points.items()}
                        for key, points in calls.series.items()})
        assert errors.header("X-SPM-Errors") is None, json.dumps(errors.answer.headers)
