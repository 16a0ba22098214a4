"""Whatever the store does: the right code at every door, no partial answer, no retry where it could do harm."""

import gzip
import re
import threading

import pytest

from spmtest import fake_store as fake
from spmtest.doors import ask, succeeded
from spmtest.raw_http import Connection
from spmtest.waiting import eventually


def test_right_answer(start, store, door):
    outcome = ask(start(store), door)
    assert succeeded(outcome), outcome
    assert [label["value"] for label in outcome.family["metrics"][0]["labels"]] == ["frontend"]
    assert len(store.queries) == 1


def test_right_answer_in_chunks(start, store, door):
    store.always = fake.chunked
    assert succeeded(ask(start(store), door))


def test_compressed_answer(start, store, door):
    store.always = fake.compressed
    assert succeeded(ask(start(store, "--store.compression=true"), door))
    assert "gzip" in store.queries[0].header("Accept-Encoding")


def test_compression_is_not_asked_for_by_default(start, store):
    assert succeeded(ask(start(store), "http"))
    assert "gzip" not in (store.queries[0].header("Accept-Encoding") or "")


def _raw(data):
    def behave(exchange):
        exchange.send(data)
        exchange.close()
    return behave


BROKEN = {
    "reset-in-body": fake.reset_in_body,
    "truncated-by-length": fake.truncated_by_length,
    "truncated-in-chunks": fake.truncated_in_chunks,
    "ended-by-close-alone": fake.ended_by_close_alone,
    "without-last-brace": fake.without_last_brace,
    "reset-without-answer": fake.reset_without_answer,
    "close-without-answer": fake.close_without_answer,
    "empty": fake.reply(200, b""),
    "empty-object": fake.reply(200, b"{}"),
    "array": fake.reply(200, b"[]"),
    "null": fake.reply(200, b"null"),
    "text": fake.reply(200, b"not json at all"),
    "html": fake.html(200),
    "no-data": fake.reply(200, b'{"status":"success"}'),
    "vector": fake.reply(200, b'{"status":"success","data":{"resultType":"vector","result":[]}}'),
    "result-is-no-list": fake.reply(200, b'{"status":"success","data":{"resultType":"matrix","result":{}}}'),
    "value-is-no-number": fake.reply(
        200, b'{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1795141800,"x"]]}]}}'),
    "text-behind": fake.reply(200, b'{"status":"success","data":{"resultType":"matrix","result":[]}}trailing'),
    "deep": fake.reply(200, b'{"a":' * 5000),
    "no-utf8": fake.reply(200, b"\xff\xfe{}"),
    "no-http": _raw(b"nonsense\r\n\r\n"),
    "negative-length": _raw(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"),
    "truncated-gzip": lambda exchange: exchange.reply(200, gzip.compress(b"{}")[:-6], [("Content-Encoding", "gzip")]),
    "unknown-encoding": lambda exchange: exchange.reply(200, b"{}", [("Content-Encoding", "br")]),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_broken_answers_are_never_partial_ones(start, store, door, fault):
    store.always = BROKEN[fault]
    outcome = ask(start(store), door)
    assert outcome.is_one_of(502, "UNAVAILABLE"), outcome
    assert outcome.message


def test_endless_header_of_the_store(start, store, door):
    def flood(exchange):
        exchange.send(b"HTTP/1.1 200 OK\r\n")
        for number in range(200_000):
            exchange.send(b"X-%d: %s\r\n" % (number, b"a" * 100))
    store.always = flood
    assert ask(start(store), door).is_one_of(502, "UNAVAILABLE")


def test_text_of_the_store_is_shown_in_debug_logs_only(start, store):
    store.always = fake.reply(200, "<html>snippet-of-the-store</html>", content_type="text/html")
    quiet, loud = start(store), start(store, "--log.level=debug")
    for proxy in (quiet, loud):
        assert "snippet-of-the-store" not in ask(proxy, "http").message
    loud.child.wait_for_line(lambda line: "snippet-of-the-store" in line, "the snippet in the debug log")
    assert "snippet-of-the-store" not in quiet.child.text()


# -- refused, unknown and slow stores ----------------------------------------------------------------------------------
def test_refused_connection(start, store, door):
    proxy = start(store)
    store.refuse()
    outcome = ask(proxy, door)
    assert outcome.is_one_of(502, "UNAVAILABLE"), outcome
    assert proxy.get("/livez").status == 200


def test_store_that_was_never_there(start, store, door):
    store.refuse()
    proxy = start(f"http://127.0.0.1:{store.port}", until="live")
    assert ask(proxy, door).is_one_of(502, "UNAVAILABLE")
    answer = proxy.get("/readyz")
    assert (answer.status, str(store.port) in answer.text) == (503, True), answer
    store.open()
    eventually(lambda: proxy.get("/readyz").status == 200, "ready once the store is there", 30)
    eventually(lambda: succeeded(ask(proxy, door)), "answers once the store is there", 30)


def test_unknown_host(start, door):
    proxy = start("http://no-such-store.invalid:9090", "--prometheus.connect-timeout=2s", until="live")
    outcome = ask(proxy, door)
    assert outcome.is_one_of(502, "UNAVAILABLE"), outcome
    assert "no-such-store.invalid" in outcome.message


def test_slow_store_is_given_up_at_our_deadline(start, store, door):
    gone = threading.Event()
    store.always = fake.never(gone)
    proxy = start(store, "--query.timeout=400ms")
    outcome = ask(proxy, door)
    assert outcome.is_one_of(504, "DEADLINE_EXCEEDED"), outcome
    assert gone.wait(10), "the upstream request was left running"
    assert len(store.queries) == 1


def test_answer_that_stops_half_way_and_stays_silent(start, store, door):
    def stall(exchange):
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"status\":")
        exchange.wait_until_gone()
    store.always = stall
    assert ask(start(store, "--query.timeout=400ms"), door).is_one_of(504, "DEADLINE_EXCEEDED")


def _seconds(text):
    number, unit = re.fullmatch(r"([0-9.]+)(ms|s|m)?", text).groups()
    return float(number) * {"ms": 0.001, "m": 60}.get(unit, 1)


def test_deadline_is_sent_on(start, store):
    proxy = start(store, "--query.timeout=20s")
    assert succeeded(ask(proxy, "http"))
    assert succeeded(ask(proxy, "grpc", timeout=10))
    assert succeeded(ask(proxy, "grpc", timeout=1000))
    sent = [_seconds(query.value("timeout")) for query in store.queries]
    assert 10 < sent[0] <= 20 and 5 < sent[1] <= 10 and 10 < sent[2] <= 20, sent


def test_nothing_is_sent_after_the_deadline(start, store, door):
    gone = threading.Event()
    store.always = fake.never(gone)
    proxy = start(store, "--store.max-concurrent=1", "--query.timeout=700ms")
    outcomes = []
    first = threading.Thread(target=lambda: outcomes.append(ask(proxy, door)))
    first.start()
    store.wait_for_queries(1)
    outcomes.append(ask(proxy, door, timeout=0.3))  # waits in the queue until it is too late
    first.join(30)
    assert all(outcome.is_one_of(504, "DEADLINE_EXCEEDED", 200, "OK") for outcome in outcomes), outcomes
    assert gone.wait(10)
    store.always = fake.answer()
    assert succeeded(ask(proxy, door))
    late = len(store.queries) - 2
    assert late <= (1 if door == "http" else 0), store.queries


# -- refusals ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("fault", [
    fake.reply(500, b"boom"), fake.html(502), fake.html(503), fake.html(504), fake.reply(503, b""),
], ids=["500", "502", "503", "504", "503-empty"])
def test_failures_that_may_pass_are_tried_again(start, store, door, fault):
    proxy = start(store)
    store.script(fault)
    assert succeeded(ask(proxy, door))
    assert len(store.queries) == 2
    store.always = fault
    outcome = ask(proxy, door)
    assert outcome.is_one_of(502, "UNAVAILABLE"), outcome
    assert len(store.queries) - 2 == 3, "two retries, not more"


def test_retries_stay_inside_the_deadline(start, store, door):
    def slow_failure(exchange):
        if not exchange.wait_until_gone(0.3):
            exchange.reply(503, b"")
    store.always = slow_failure
    outcome = ask(start(store, "--query.timeout=500ms"), door)
    assert outcome.is_one_of(502, 504, "UNAVAILABLE", "DEADLINE_EXCEEDED"), outcome
    assert len(store.queries) <= 2


def test_retry_budget(start, store):
    """A store that fails again and again gets a fifth more load, not three times as much."""
    proxy = start(store)
    store.script(*[fake.html(503), fake.answer()] * 100)
    for _ in range(80):
        ask(proxy, "http")
    retries = _counter(proxy, "jaeger_spm_proxy_upstream_retries_total")
    assert 5 <= retries <= 30
    assert len(store.queries) == 80 + retries


@pytest.mark.parametrize("kind", ["timeout", "canceled"])
@pytest.mark.parametrize("status", [503])
def test_timeout_of_the_store(start, store, door, status, kind):
    store.always = fake.refusal(status, kind, "query timed out in expression evaluation")
    outcome = ask(start(store), door)
    assert outcome.is_one_of(504, "DEADLINE_EXCEEDED"), outcome
    assert len(store.queries) == 1


@pytest.mark.parametrize("status,kind", [(400, "bad_data"), (422, "execution")])
def test_query_that_the_store_refuses(start, store, door, status, kind):
    store.always = fake.refusal(status, kind, "the reason of the store")
    outcome = ask(start(store), door)
    assert outcome.is_one_of(400, "INVALID_ARGUMENT"), outcome
    assert "the reason of the store" in outcome.message
    assert len(store.queries) == 1


@pytest.mark.parametrize("status", [401, 403])
def test_our_own_credentials_are_refused(start, store, door, status):
    store.always = fake.reply(status, b"go away")
    outcome = ask(start(store), door)
    assert outcome.is_one_of(502, "UNAVAILABLE"), outcome
    assert "PROMETHEUS_TOKEN_FILE" in outcome.message
    assert len(store.queries) == 1


@pytest.mark.parametrize("status,code", [(401, "UNAUTHENTICATED"), (403, "PERMISSION_DENIED")])
def test_token_of_the_caller_is_refused(start, store, door, status, code):
    store.always = fake.reply(status, b"go away")
    proxy = start(store, "--query.bearer-token-propagation=true")
    outcome = ask(proxy, door, headers=[("Authorization", "Bearer of-the-caller")])
    assert outcome.is_one_of(status, code), outcome
    assert len(store.queries) == 1


def test_wrong_path_in_the_url(start, store, door):
    store.always = fake.html(404)
    outcome = ask(start(store), door)
    assert outcome.is_one_of(502, "UNAVAILABLE"), outcome
    assert "PROMETHEUS_SERVER_URL" in outcome.message
    assert len(store.queries) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_never_followed(start, store, door, status):
    with fake.FakeStore() as elsewhere:
        store.always = fake.reply(status, b"", [("Location", f"http://localhost:{elsewhere.port}/api/v1/query_range?token=x")])
        outcome = ask(start(store), door)
        assert outcome.is_one_of(502, "UNAVAILABLE"), outcome
        assert "localhost" in outcome.message and "token=x" not in outcome.message
        assert (len(store.queries), elsewhere.connections) == (1, 0)


def test_too_large_for_the_store(start, store, door):
    store.always = fake.html(413)
    assert ask(start(store), door).is_one_of(502, "UNAVAILABLE")
    assert len(store.queries) == 1


def test_rate_limit(start, store, door):
    store.always = fake.reply(429, b"slow down", [("Retry-After", "7")])
    outcome = ask(start(store), door)
    assert outcome.is_one_of(429, "RESOURCE_EXHAUSTED"), outcome
    assert outcome.header("Retry-After") == ("7" if door == "http" else None)
    assert len(store.queries) == 1


def test_every_failure_as_500_when_asked_for(start, store):
    store.always = fake.html(404)
    assert ask(start(store, "--http.upstream-errors-as-500=true"), "http").code == 500


# -- sizes -------------------------------------------------------------------------------------------------------------
def test_huge_body(start, store, door):
    store.always = fake.endless_body(32)
    outcome = ask(start(store, "--store.max-body-bytes=1MiB"), door)
    assert outcome.is_one_of(502, "UNAVAILABLE"), outcome


def test_huge_body_announced(start, store, door):
    def announce(exchange):
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n{")
        exchange.wait_until_gone()
    store.always = announce
    assert ask(start(store), door).is_one_of(502, "UNAVAILABLE")


def test_gzip_bomb(start, store, door):
    store.always = fake.gzip_bomb()
    proxy = start(store, "--store.compression=true")
    before = proxy.resident_kib()
    outcome = ask(proxy, door)
    assert outcome.is_one_of(502, "UNAVAILABLE"), outcome
    if proxy.slowdown == 1.0:  # AddressSanitizer keeps what was freed
        assert proxy.resident_kib() - before < 120 * 1024


def test_thousands_of_series(start, store):
    store.always = fake.answer([{"service_name": f"s{number}"} for number in range(20_000)])
    proxy = start(store, "--query.timeout=5m")
    outcome = ask(proxy, "http")
    assert (outcome.code, len(outcome.family["metrics"])) == (200, 20_000)
    store.always = fake.answer([{"service_name": f"s{number}"} for number in range(20_001)])
    outcome = ask(proxy, "http")
    assert (outcome.code, "20000" in outcome.message.replace(",", "")) == (422, True), outcome


def test_series_limit_is_configurable_and_named(start, store, door):
    proxy = start(store, "--store.max-series=10")
    store.always = fake.answer([{"service_name": f"s{number}"} for number in range(10)])
    assert len(ask(proxy, door).family["metrics"]) == 10
    store.always = fake.answer([{"service_name": f"s{number}"} for number in range(11)])
    outcome = ask(proxy, door)
    assert outcome.is_one_of(422, "RESOURCE_EXHAUSTED"), outcome
    assert "max-series" in outcome.message


# -- values and warnings -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("sent,shown", [("NaN", "NaN"), ("+Inf", "Infinity"), ("-Inf", "-Infinity")])
def test_not_finite_values(start, store, door, sent, shown):
    store.always = fake.answer(value=sent)
    point = ask(start(store), door).family["metrics"][0]
    value = point["metricPoints"][0]["gaugeValue"]["doubleValue"] if door == "http" else point["metric_points"][0]["gauge_value"]["double_value"]
    assert value == shown


def _counter(proxy, name):
    found = re.search(rf"^{re.escape(name)} (\S+)$", proxy.metrics(), re.M)
    return float(found.group(1)) if found else 0.0


def test_warnings_about_the_data(start, store):
    store.always = fake.answer(warnings=["a shard did\nnot answer"])
    proxy = start(store)
    answer = proxy.calls()
    assert answer.status == 200
    assert "a shard did" in answer.header("X-SPM-Warning")
    proxy.wait_for_log(lambda fields: fields.get("level") == "warning" and "a shard did" in str(fields.values()), "a warning")
    assert _counter(proxy, 'jaeger_spm_proxy_notices_total{notice="store_warning"}') == 1


def test_remarks_about_the_query_are_not_warnings(start, store):
    store.always = fake.answer(warnings=["PromQL warning: bucket label", "PromQL info: metric might not be a counter"],
                               infos=["PromQL info: metric might not be a counter"])
    proxy = start(store)
    answer = proxy.calls()
    assert (answer.status, answer.header("X-SPM-Warning")) == (200, None)
    assert _counter(proxy, "jaeger_spm_proxy_store_infos_total") >= 1
    assert "might not be a counter" not in proxy.child.text()


# -- callers that leave ------------------------------------------------------------------------------------------------
def test_client_that_goes_away(start, store):
    gone = threading.Event()
    store.script(fake.never(gone))
    proxy = start(store)
    with Connection(proxy.http) as connection:
        connection.request("GET", "/api/metrics/calls?service=frontend&endTs=1795141800000", [("X-Request-Id", "left-early")])
        store.wait_for_queries(1)
    assert gone.wait(10 * proxy.slowdown), "the query upstream was left running"
    assert proxy.access_line("left-early")["status"] == "499"
    assert succeeded(ask(proxy, "http"))


def test_grpc_client_that_cancels(start, store):
    from spmtest.grpc_client import Client, small_question
    from google.protobuf import json_format
    gone = threading.Event()
    store.script(fake.never(gone))
    proxy = start(store)
    with Client(proxy.grpc) as client:
        call, asked = client.prepare("GetCallRates")
        future = call.future(json_format.ParseDict(small_question(), asked()), timeout=60)
        store.wait_for_queries(1)
        future.cancel()
        assert gone.wait(10 * proxy.slowdown), "the query upstream was left running"
        assert client.calls()[0] == "OK"


def test_grpc_deadline_ends_the_query(start, store):
    gone = threading.Event()
    store.script(fake.never(gone))
    proxy = start(store)
    assert ask(proxy, "grpc", timeout=0.5).code == "DEADLINE_EXCEEDED"
    assert gone.wait(10 * proxy.slowdown)
