"""The admin port."""

import re

from spmtest import fake_store as fake
from spmtest import raw_http
from spmtest.doors import ask
from spmtest.waiting import eventually

NAMES = {
    "jaeger_spm_proxy_requests_total", "jaeger_spm_proxy_request_duration_seconds", "jaeger_spm_proxy_requests_in_flight",
    "jaeger_spm_proxy_request_errors_total", "jaeger_spm_proxy_notices_total", "jaeger_spm_proxy_upstream_requests_total",
    "jaeger_spm_proxy_upstream_request_duration_seconds", "jaeger_spm_proxy_upstream_retries_total",
    "jaeger_spm_proxy_upstream_active", "jaeger_spm_proxy_upstream_waiting", "jaeger_spm_proxy_upstream_connections",
    "jaeger_spm_proxy_upstream_breaker_open", "jaeger_spm_proxy_build_info", "jaeger_spm_proxy_http_connections",
    "process_resident_memory_bytes", "process_start_time_seconds",
}


def _value(text, name, **labels):
    """The sum of the samples called `name` that carry `labels`."""
    total, found = 0.0, False
    for line in text.splitlines():
        match = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line)
        if match and match.group(1) == name:
            carried = dict(re.findall(r'(\w+)="([^"]*)"', match.group(2) or ""))
            if all(carried.get(key) == value for key, value in labels.items()):
                total, found = total + float(match.group(3)), True
    return total if found else None


def test_names(start, store):
    proxy = start(store)
    ask(proxy, "http")
    shown = set(re.findall(r"^# TYPE (\w+) ", proxy.metrics(), re.M))
    assert NAMES <= shown, NAMES - shown


def test_requests_are_counted(start, store):
    proxy = start(store)
    for door in ("http", "http", "grpc"):
        ask(proxy, door)
    proxy.get("/api/metrics/calls")
    counted = eventually(lambda: _done(proxy), "all four requests counted")
    assert _value(counted, "jaeger_spm_proxy_requests_total", door="http", method="calls", code="200") == 2
    assert _value(counted, "jaeger_spm_proxy_requests_total", door="http", method="calls", code="400") == 1
    assert _value(counted, "jaeger_spm_proxy_requests_total", door="grpc", code="OK") == 1
    assert _value(counted, "jaeger_spm_proxy_requests_in_flight", door="http") == 0
    assert _value(counted, "jaeger_spm_proxy_request_errors_total", kind="invalid_argument") == 1
    assert _value(counted, "jaeger_spm_proxy_upstream_requests_total", outcome="ok") >= 3


def _done(proxy):
    text = proxy.metrics()
    done = [_value(text, "jaeger_spm_proxy_requests_total", door=door, method=method) or 0
            for door, method in (("http", "calls"), ("grpc", "GetCallRates"))]
    return text if done == [3, 1] else None


def test_failures_and_retries_are_counted(start, store):
    proxy = start(store)
    store.script(fake.html(503))
    ask(proxy, "http")
    store.always = fake.refusal(422, "execution", "no")
    ask(proxy, "http")
    text = proxy.metrics()
    assert _value(text, "jaeger_spm_proxy_upstream_retries_total") == 1
    assert _value(text, "jaeger_spm_proxy_upstream_requests_total", outcome="query_rejected") == 1


def test_labels_come_from_fixed_sets(start, store):
    """Nobody outside can make new series."""
    proxy = start(store)
    for number in range(20):
        proxy.get(f"/api/metrics/no-such-{number}")
        proxy.get("/api/metrics/calls", method=f"BREW{number}")
    text = proxy.metrics()
    assert "no-such" not in text and "BREW" not in text


def test_readiness_says_why_not(start, store):
    store.others = store.always = fake.html(404)
    proxy = start(store, until="live")
    answer = eventually(lambda: (lambda got: got if "asked yet" not in got.text else None)(raw_http.get(proxy.admin, "/readyz")),
                        "the store was asked")
    assert answer.status == 503 and "PROMETHEUS_SERVER_URL" in answer.text, answer
    assert raw_http.get(proxy.admin, "/livez").status == 200
    store.others, store.always = fake.probe_answer, fake.answer()
    eventually(lambda: raw_http.get(proxy.admin, "/readyz").status == 200, "ready", 20)


def test_unknown_paths(shared):
    for path in ("/", "/debug/pprof", "/metrics/", "/api/metrics/calls?service=frontend", "/../metrics"):
        assert raw_http.get(shared.admin, path).status == 404


def test_admin_paths_are_not_on_the_public_door(shared):
    assert shared.get("/metrics").status == 404


def test_metrics_are_readable_by_prometheus(start, store):
    import subprocess
    proxy = start(store)
    ask(proxy, "http")
    done = subprocess.run(["promtool", "check", "metrics"], input=proxy.metrics(), capture_output=True, text=True)
    assert done.returncode in (0, 3), done.stderr  # 3: only remarks about style
    assert "error" not in done.stderr.lower().replace("errors_total", ""), done.stderr
