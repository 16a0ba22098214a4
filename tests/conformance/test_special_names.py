"""Services whose names would mean something in PromQL, in a regular expression or in a URL are only themselves."""

import urllib.parse

import pytest

NAMES = ["a.b", 'quo"te\\back', "one|two", "pay+ment (eu)", "line\nbreak", "ünï-服务"]
PARAMETERS = "endTs=1795141800000&lookback=60000&step=60000"


def _services(metrics):
    assert all(metric["labels"][0]["name"] == "service_name" for metric in metrics)
    return {metric["labels"][0]["value"] for metric in metrics}


@pytest.mark.parametrize("path", ["calls", "errors", "latencies"])
@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_http(proxy, name, path):
    quantile = "&quantile=0.95" if path == "latencies" else ""
    answer = proxy.get(f"/api/metrics/{path}?service={urllib.parse.quote(name, safe='')}&{PARAMETERS}{quantile}")
    assert answer.status == 200, answer
    assert _services(answer.json["metrics"]) == {name}


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_http_together_with_another(proxy, name):
    answer = proxy.get(f"/api/metrics/calls?service={urllib.parse.quote(name, safe='')}&service=frontend&{PARAMETERS}")
    assert _services(answer.json["metrics"]) == {name, "frontend"}


@pytest.mark.parametrize("method,extra", [("GetCallRates", {}), ("GetErrorRates", {}), ("GetLatencies", {"quantile": 0.95})])
@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_grpc(grpc_client, name, method, extra):
    request = {"baseRequest": {"service_names": [name], "end_time": "2026-11-20T02:30:00Z", "lookback": "60s",
                               "step": "60s"}, **extra}
    code, details, answer = grpc_client.call(method, request)
    assert code == "OK", details
    assert _services(answer["metrics"]["metrics"]) == {name}


def test_plus_that_was_not_encoded(proxy):
    """The Jaeger UI writes names into the URL as they are; a + then means a space, and is read as a + when that has nothing."""
    answer = proxy.get(f"/api/metrics/calls?service=pay+ment%20(eu)&{PARAMETERS}")
    assert answer.status == 200, answer
    assert _services(answer.json["metrics"]) == {"pay+ment (eu)"}


@pytest.mark.parametrize("raw", ["one|two", "quo%22te\\back", "%61.b"])
def test_characters_that_browsers_leave_as_they_are(proxy, raw):
    answer = proxy.get(f"/api/metrics/calls?service={raw}&{PARAMETERS}")
    assert answer.status == 200, answer
    assert _services(answer.json["metrics"]) == {urllib.parse.unquote(raw)}


@pytest.mark.parametrize("pattern", [".*", ".+", "a.b|axb", "a\\.b", '"} or vector(1) #', "front.nd", "|frontend"])
def test_nothing_is_a_pattern(proxy, pattern):
    answer = proxy.get(f"/api/metrics/calls?service={urllib.parse.quote(pattern, safe='')}&{PARAMETERS}")
    assert (answer.status, answer.json["metrics"]) == (200, [])
