"""The 115 requests that stock Jaegers sent to the Prometheus they were pointed at, sent to us. README.md has the rules."""

import datetime
import math
import re
import urllib.parse

import pytest

import recordings
from spmtest import raw_http

CASES = recordings.load("as_client.jsonl")
_UNITS_MS = {"h": 3_600_000, "m": 60_000, "s": 1_000}
_GROUPING = re.compile(r" by \(service_name(?:,(operation|span_name))?(?:,le)?\)")


def _name(index):
    case = CASES[index]
    return f"{index:03d}-{case['jaeger']}-{case['asked']['path']}"


def _window_ms(text):
    """The window as the text has it: a Go duration that was cut after its first letter."""
    count, unit = re.search(r"\[([0-9.]+)([a-z])\]", text).groups()
    return round(float(count) * _UNITS_MS[unit])


def _question(case):
    """Path, parameters without services, and services of the question that the text asks: what the user asked Jaeger,
    but with the quantile and the window that Jaeger printed. Without errors the second request asks for the calls."""
    text, asked = case["form"]["query"], case["asked"]
    path = asked["path"]
    if path == "errors" and " / " not in text:
        path = "calls"
    parameters = [tuple(pair) for pair in asked["params"] if pair[0] not in ("service", "quantile", "ratePer")]
    parameters.append(("ratePer", str(_window_ms(text))))
    if path == "latencies":
        parameters.append(("quantile", re.match(r"histogram_quantile\(([0-9.]+),", text).group(1)))
    return path, parameters, [value for name, value in asked["params"] if name == "service"]


def _family(proxy, path, parameters, services):
    query = urllib.parse.urlencode(parameters + [("service", service) for service in services])
    answer = proxy.get(f"/api/metrics/{path}?{query}")
    assert answer.status == 200, answer
    return answer.json["metrics"]


def _wanted(proxy, case):
    """Series by labels and points by time, of our own answer to the same question. Jaeger joins services by `|`: a
    service of that whole name comes first, then those of the parts."""
    path, parameters, services = _question(case)
    metrics = _family(proxy, path, parameters, ["|".join(services)])
    if not metrics:
        parts = [part for service in services for part in service.split("|")]
        metrics = _family(proxy, path, parameters, list(dict.fromkeys(parts)))
    operation_label = _GROUPING.search(case["form"]["query"]).group(1)
    series = {}
    for metric in metrics:
        labels = {label["name"]: label["value"] for label in metric["labels"]}
        if operation_label:
            labels[operation_label] = labels.pop("operation")
        series[frozenset(labels.items())] = {
            _time_ms(point["timestamp"]): float(point["gaugeValue"]["doubleValue"]) for point in metric["metricPoints"]}
    return series


def _time_ms(text):
    time = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return round(time.timestamp() * 1000)


def _got(answer):
    assert answer.status == 200, answer
    body = answer.json
    assert body["status"] == "success" and body["data"]["resultType"] == "matrix", answer
    return {frozenset(one["metric"].items()): {round(time * 1000): float(value) for time, value in one["values"]}
            for one in body["data"]["result"]}


def _same(one, other):
    return one == other or (math.isnan(one) and math.isnan(other))


def _difference(got, want):
    if got.keys() != want.keys():
        return f"series {sorted(map(sorted, got))}, wanted {sorted(map(sorted, want))}"
    for labels, points in want.items():
        if points.keys() != got[labels].keys():
            return f"{sorted(labels)}: times {sorted(got[labels])}, wanted {sorted(points)}"
        for time, value in points.items():
            if not _same(value, got[labels][time]):
                return f"{sorted(labels)} at {time}: {got[labels][time]!r}, wanted {value!r}"
    return None


def _send(proxy, case, **changes):
    """The recorded bytes, but for the host and what `changes` replaces."""
    case = {**case, **changes}
    headers = [(name, value) for name, value in case["headers"].items()
               if name not in ("Host", "Content-Length", "Accept-Encoding")]
    with raw_http.Connection(proxy.http) as connection:
        connection.request(case["method"], case["path"], headers=headers, body=case["body"].encode())
        return connection.read_answer(case["method"])


def test_every_case_is_there():
    assert len(CASES) == 115


@pytest.mark.parametrize("index", range(len(CASES)), ids=_name)
def test_is_answered_as_our_own_door_answers(proxy, index):
    case = CASES[index]
    difference = _difference(_got(_send(proxy, case)), _wanted(proxy, case))
    assert difference is None, f"{case['form']['query']}: {difference}"


def test_most_questions_have_an_answer(proxy):
    """So that a door which finds nothing anywhere cannot pass."""
    answered = sum(1 for case in CASES if _got(_send(proxy, case)))
    assert answered > len(CASES) / 2, answered


def test_get_is_answered_as_post(proxy):
    """Jaeger falls back to GET where POST is refused."""
    case = CASES[0]
    by_get = _send(proxy, case, method="GET", path=f"{case['path']}?{case['body']}", body="")
    assert _got(by_get) == _got(_send(proxy, case))


def test_as_prometheus_answers_byte_for_byte(proxy, store):
    """The same calls, asked of the store under the name that it really has."""
    compared = 0
    for case in CASES:
        if case["asked"]["path"] != "calls" or '"quo' in case["form"]["query"] or "|" in case["form"]["query"]:
            continue
        query = re.sub(r"rate\([a-z_]+\{", "rate(traces_span_metrics_calls_total{", case["form"]["query"])
        # Names are literal here, and regular expressions there.
        form = urllib.parse.urlencode({**case["form"], "query": query})
        host, port = store.url.removeprefix("http://").split(":")
        theirs = raw_http.get((host, int(port)), f"/api/v1/query_range?{form}")
        assert _send(proxy, case).text == theirs.text, query
        compared += 1
    assert compared > 20, compared
