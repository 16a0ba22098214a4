"""The HTTP door: what is refused before anything is parsed, and how connections and answers behave."""

import gzip
import json
import time

import pytest

from spmtest import fake_store as fake
from spmtest.raw_http import BrokenAnswer, Connection, exchange
from spmtest.waiting import eventually

CALLS = "/api/metrics/calls?service=frontend&endTs=1795141800000&lookback=60000&step=60000"


# -- framing -----------------------------------------------------------------------------------------------------------
REFUSED = {
    "transfer-encoding-gzip-with-length": "POST {t} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
    "chunked-on-1.0": "POST {t} HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked-then-gzip": "POST {t} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "gzip-then-chunked": "POST {t} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "xchunked": "POST {t} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "identity": "GET {t} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n",
    "two-transfer-encodings": "POST {t} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked-with-length": "POST {t} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "length-list": "POST {t} HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\nhello",
    "equal-lengths-twice": "POST {t} HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "different-lengths": "POST {t} HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    "negative-length": "GET {t} HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    "signed-length": "POST {t} HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nhello",
    "huge-length": "GET {t} HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
    "folded-header": "GET {t} HTTP/1.1\r\nHost: a\r\nX-Folded: one\r\n two\r\n\r\n",
    "missing-host": "GET {t} HTTP/1.1\r\n\r\n",
    "two-hosts": "GET {t} HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
    "two-hosts-on-1.0": "GET {t} HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n",
    "absolute-form": "GET http://a{t} HTTP/1.1\r\nHost: a\r\n\r\n",
    "raw-0x80": b"GET /api/metrics/calls?service=\x80 HTTP/1.1\r\nHost: a\r\n\r\n",
    "space-before-colon": "GET {t} HTTP/1.1\r\nHost: a\r\nX-Space : 1\r\n\r\n",
    "bare-line-feeds": "GET {t} HTTP/1.1\nHost: a\n\n",
    "nul-in-header": "GET {t} HTTP/1.1\r\nHost: a\r\nX-Nul: a\0b\r\n\r\n",
    "control-in-header": "GET {t} HTTP/1.1\r\nHost: a\r\nX-Escape: \x1b[31m\r\n\r\n",
    "http-2.0": "GET {t} HTTP/2.0\r\nHost: a\r\n\r\n",
    "http-0.9": "GET {t}\r\n\r\n",
    "connect": "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
    "nonsense": "\x16\x03\x01\x02\r\n\r\n",
}


@pytest.mark.parametrize("name", REFUSED)
def test_framing_that_is_refused(shared, shared_store, name):
    before = len(shared_store.queries)
    data = REFUSED[name]
    data = data.replace("{t}", CALLS).encode("latin-1") if isinstance(data, str) else data
    answer, closed = exchange(shared.http, data)
    assert (answer.status, closed) == (400, True), answer
    assert answer.message
    assert len(shared_store.queries) == before


def test_line_feed_in_a_chunk_extension(shared):
    data = (f"GET {CALLS} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            '0;a="x\ny"\r\n\r\n').encode()
    answer, closed = exchange(shared.http, data)
    assert (answer.status in (400, 413), closed) == (True, True), answer


@pytest.mark.parametrize("head", ["Content-Length: 5", "Transfer-Encoding: chunked"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_body_where_none_is_expected(shared, method, head):
    body = "hello" if "Length" in head else "5\r\nhello\r\n0\r\n\r\n"
    answer, closed = exchange(shared.http, f"{method} {CALLS} HTTP/1.1\r\nHost: a\r\n{head}\r\n\r\n{body}".encode())
    assert (400 <= answer.status < 500, closed) == (True, True), answer


def test_empty_body_is_no_body(shared):
    assert shared.calls(headers=[("Content-Length", "0")]).status == 200


# -- targets -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("path", [
    "/api/metrics/../metrics/calls", "/api/metrics/%2e%2e/metrics/calls", "/api/metrics/%2E%2E/metrics/calls",
    "/api/metrics/.%2e/metrics/calls", "/api/metrics/./calls", "//api/metrics/calls", "/api//metrics/calls",
    "/api/metrics//calls", "/api/metrics/calls/", "/api/metrics/calls%2f", "/api/metrics/%2563alls", "/api/metrics/%252e%252e/calls",
    "/api/metrics/calls%00", "/api/metrics/call%73%0a", "/api\\metrics\\calls", "/API/metrics/calls", "/etc/passwd",
    "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/api/metrics/calls;a=b",
])
def test_paths_that_lead_nowhere(shared, path):
    answer = shared.get(f"{path}?service=frontend")
    assert answer.status == 404, answer


@pytest.mark.parametrize("path", ["/api/metrics/%zz", "/api/metrics/calls%", "/api/metrics/calls%2"])
def test_broken_escapes_in_a_path(shared, path):
    assert shared.get(path).status in (400, 404)


def test_escapes_are_decoded_once(shared):
    assert shared.get("/api/metrics/%63alls?service=frontend&endTs=1795141800000").status == 200


def test_broken_escape_in_the_query(shared):
    answer = shared.get("/api/metrics/calls?service=%zz")
    assert answer.status == 400 and answer.message


@pytest.mark.parametrize("service", ["%ff", "%00", "a%00b", "%ed%a0%80"])
def test_text_that_no_service_can_be_called(shared, shared_store, service):
    before = len(shared_store.queries)
    answer = shared.get(f"/api/metrics/calls?service={service}&endTs=1795141800000&lookback=0")
    assert answer.status in (200, 400), answer
    if answer.status == 400:
        assert answer.message.startswith("unable to parse param 'service': ")
        assert len(shared_store.queries) == before


@pytest.mark.parametrize("raw", ["|", "\\", "^", "{", "}", "[", "]", "`", '"', "<", ">", "'", "~", "!", "$", "(", "*"])
def test_bytes_that_people_leave_raw(shared, raw):
    assert shared.get(f"/api/metrics/calls?service=a{raw}b&endTs=1795141800000&lookback=0").status == 200


@pytest.mark.parametrize("raw", [" ", "#"])
def test_bytes_that_cannot_stand_raw(shared, raw):
    answer, closed = exchange(shared.http, f"GET /api/metrics/calls?service=a{raw}b HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    assert (answer.status, closed) == (400, True)


@pytest.mark.parametrize("service,wanted", [
    ("service=" + "&service=".join(f"s{n}" for n in range(400)), 200),
    ("&".join("a=b" for _ in range(1500)) + "&service=frontend", 200),
])
def test_many_parameters(shared, service, wanted):
    assert shared.get(f"/api/metrics/calls?{service}&endTs=1795141800000&lookback=0").status == wanted


# -- methods -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"])
def test_other_methods(shared, method):
    answer = shared.get(CALLS, method=method)
    assert (answer.status, answer.header("Allow")) == (405, "GET, HEAD"), answer
    assert answer.message


def test_head_is_get_without_its_body(shared):
    get, head = shared.calls(), shared.calls(method="HEAD")
    assert (head.status, head.body) == (200, b"")
    for name in ("Content-Type", "Content-Length"):
        assert head.header(name) == get.header(name)
    assert int(head.header("Content-Length")) == len(get.body) > 0


def test_head_keeps_the_connection_in_step(shared):
    with Connection(shared.http) as connection:
        for method in ("HEAD", "GET", "HEAD", "GET"):
            connection.request(method, CALLS)
            assert connection.read_answer(method).status == 200


# -- health checks -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("listener", ["http", "admin"])
@pytest.mark.parametrize("path", ["/livez", "/readyz"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
@pytest.mark.parametrize("version", ["HTTP/1.1", "HTTP/1.0"])
def test_health(shared, listener, path, method, version):
    with Connection(getattr(shared, listener)) as connection:
        connection.request(method, path, version=version, host=None if version == "HTTP/1.0" else "a")
        assert connection.read_answer(method).status == 200


@pytest.mark.parametrize("listener", ["http", "admin"])
@pytest.mark.parametrize("target", ["/", "*"])
def test_haproxys_default_health_check(shared, listener, target):
    answer, closed = exchange(getattr(shared, listener), f"OPTIONS {target} HTTP/1.0\r\n\r\n".encode())
    assert (answer.status, closed) == (200, True)


# -- connections -------------------------------------------------------------------------------------------------------
def test_keep_alive(shared):
    with Connection(shared.http) as connection:
        for _ in range(50):
            connection.request("GET", CALLS)
            answer = connection.read_answer()
            assert answer.status == 200 and answer.header("Connection", "keep-alive").lower() != "close"


def test_close_when_asked(shared):
    with Connection(shared.http) as connection:
        connection.request("GET", CALLS, [("Connection", "close")])
        assert connection.read_answer().header("Connection").lower() == "close"
        assert connection.closed_by_peer()


def test_http_1_0(shared):
    with Connection(shared.http) as connection:
        connection.request("GET", CALLS, version="HTTP/1.0", host=None)
        assert connection.read_answer().status == 200
        assert connection.closed_by_peer()


def test_http_1_0_with_keep_alive(shared):
    with Connection(shared.http) as connection:
        for _ in range(2):
            connection.request("GET", CALLS, [("Connection", "keep-alive")], version="HTTP/1.0")
            answer = connection.read_answer()
            assert (answer.status, answer.header("Connection", "").lower()) == (200, "keep-alive")


def test_errors_keep_the_connection(shared):
    with Connection(shared.http) as connection:
        for target, status in (("/api/metrics/calls", 400), ("/nowhere", 404), (CALLS, 200), ("/api/metrics/calls?service=", 400)):
            connection.request("GET", target)
            assert connection.read_answer().status == status


def test_pipelining(shared):
    count = 30
    with Connection(shared.http) as connection:
        requests = [f"GET /api/metrics/calls?service=s{n}&endTs={1795141800000 + n * 1000}&lookback=0 HTTP/1.1\r\nHost: a\r\n\r\n"
                    for n in range(count)]
        connection.send("".join(requests))
        for number in range(count):
            answer = connection.read_answer()
            assert answer.status == 200
            seconds = number % 60
            assert answer.json["metrics"][0]["metricPoints"][0]["timestamp"] == f"2026-11-20T02:30:{seconds:02d}Z"


def test_pipelining_then_half_close(shared):
    with Connection(shared.http) as connection:
        connection.send(f"GET {CALLS} HTTP/1.1\r\nHost: a\r\n\r\n" * 2)
        assert connection.read_answer().status == 200
        assert connection.read_answer().status == 200


def test_head_that_comes_byte_by_byte(shared):
    with Connection(shared.http) as connection:
        for byte in f"GET {CALLS} HTTP/1.1\r\nHost: a\r\n\r\n".encode():
            connection.send(bytes([byte]))
        assert connection.read_answer().status == 200


def test_empty_lines_before_a_request(shared):
    """RFC 9112 lets a server take them; it may refuse them, but never hang or answer twice."""
    answer, _ = exchange(shared.http, f"\r\nGET {CALLS} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
    assert answer.status in (200, 400)


# -- limits ------------------------------------------------------------------------------------------------------------
def test_head_too_large(shared):
    answer, closed = exchange(shared.http, b"GET / HTTP/1.1\r\nHost: a\r\nX-Long: " + b"a" * 17_000 + b"\r\n\r\n")
    assert (answer.status, closed) == (431, True)


def test_too_many_headers(shared):
    flood = "".join(f"X-{number}: 1\r\n" for number in range(101))
    answer, closed = exchange(shared.http, f"GET {CALLS} HTTP/1.1\r\n{flood}Host: a\r\n\r\n".encode())
    assert (answer.status, closed) == (431, True)


def test_as_many_headers_as_allowed(shared):
    many = "".join(f"X-{number}: 1\r\n" for number in range(98))
    answer, _ = exchange(shared.http, f"GET {CALLS} HTTP/1.1\r\nHost: a\r\n{many}Connection: close\r\n\r\n".encode())
    assert answer.status == 200


def test_header_flood_without_end(shared):
    """Is refused long before it ends."""
    with Connection(shared.http) as connection:
        connection.send("GET / HTTP/1.1\r\nHost: a\r\n")
        sent = 0
        try:
            while sent < 64 << 20:
                connection.send(b"X-Flood: " + b"a" * 1000 + b"\r\n")
                sent += 1011
        except OSError:
            pass
        assert sent < 64 << 20, "64 MiB of headers were swallowed"
    assert shared.calls().status == 200


def test_request_line_too_large(shared):
    answer, closed = exchange(shared.http, f"GET /{'a' * 17_000} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    assert (answer.status in (414, 431), closed) == (True, True)


def test_slow_head(start, store):
    proxy = start(store, "--http.header-timeout=300ms")
    with Connection(proxy.http) as connection:
        connection.send("GET / HTTP/1.1\r\nHost:")
        try:
            assert connection.read_answer().status == 408
        except BrokenAnswer:
            pass  # closing without a word is as good
        assert connection.closed_by_peer()


def test_idle_connection(start, store):
    proxy = start(store, "--http.idle-timeout=300ms")
    with Connection(proxy.http) as connection:
        connection.request("GET", CALLS)
        assert connection.read_answer().status == 200
        assert connection.closed_by_peer()
    with Connection(proxy.http) as connection:  # never says anything
        assert connection.closed_by_peer()


def test_too_many_connections(start, store):
    proxy = start(store, "--http.max-connections=2")
    with Connection(proxy.http) as one, Connection(proxy.http) as two:
        for connection in (one, two):
            connection.request("GET", CALLS)
            assert connection.read_answer().status == 200
        with Connection(proxy.http) as third:
            try:
                third.request("GET", CALLS)
                answer = third.read_answer()
                assert (answer.status, bool(answer.header("Retry-After"))) == (503, True), answer
            except (BrokenAnswer, OSError):
                pass  # a reset may overtake the answer
        one.request("GET", CALLS)
        assert one.read_answer().status == 200
    eventually(lambda: _status_or_none(proxy) == 200, "room again once connections are gone")


def _status_or_none(proxy):
    try:
        return proxy.calls().status
    except (BrokenAnswer, OSError):
        return None


def test_slow_reader(start, store):
    """Somebody who asks for much and reads nothing loses the connection, and holds up nobody."""
    store.always = fake.answer([{"service_name": f"s{number}"} for number in range(3000)])
    proxy = start(store, "--http.write-timeout=500ms", "--query.timeout=5m")
    target = "/api/metrics/calls?service=frontend&endTs=1795141800000&lookback=6000000&step=60000"
    with Connection(proxy.http, receive_buffer=4096) as lazy:
        lazy.request("GET", target, [("X-Request-Id", "lazy-reader")])
        proxy.access_line("lazy-reader")  # written when the program is done with the request
        with pytest.raises(BrokenAnswer):
            lazy.read_answer()
    store.always = fake.answer()
    assert proxy.calls().status == 200


def test_slow_but_steady_reader_gets_everything(start, store):
    store.always = fake.answer([{"service_name": f"s{number}"} for number in range(300)])
    proxy = start(store, "--http.write-timeout=2s", "--query.timeout=5m")
    with Connection(proxy.http, receive_buffer=65536) as connection:
        connection.request("GET", "/api/metrics/calls?service=frontend&endTs=1795141800000&lookback=6000000&step=60000")
        answer = connection.read_answer()
    assert len(answer.json["metrics"]) == 300


# -- answers -----------------------------------------------------------------------------------------------------------
def test_gzip_when_asked_for(start, store):
    store.always = fake.answer([{"service_name": f"s{number}"} for number in range(50)])
    proxy = start(store)
    plain, packed = proxy.calls(), proxy.calls(headers=[("Accept-Encoding", "br, gzip;q=0.8")])
    assert plain.header("Content-Encoding") is None
    assert packed.header("Content-Encoding") == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    for answer in (plain, packed):
        assert "accept-encoding" in (answer.header("Vary") or "").lower()


@pytest.mark.parametrize("accepted", ["identity", "gzip;q=0", "br", "", "gzip;q=0.0, identity"])
def test_no_gzip_otherwise(start, store, accepted):
    store.always = fake.answer([{"service_name": f"s{number}"} for number in range(50)])
    answer = start(store).calls(headers=[("Accept-Encoding", accepted)])
    assert (answer.status, answer.header("Content-Encoding")) == (200, None)


def test_small_answers_are_not_compressed(shared):
    answer = shared.calls(headers=[("Accept-Encoding", "gzip")])
    assert len(answer.body) < 1024 and answer.header("Content-Encoding") is None


@pytest.mark.parametrize("value,pretty", [("true", True), ("1", True), ("no", True), ("false", False), ("", False)])
def test_pretty_print(shared, value, pretty):
    answer = shared.get(f"{CALLS}&prettyPrint={value}")
    assert json.loads(answer.body) == shared.calls().json
    assert (b"\n    \"name\"" in answer.body) == pretty


def test_no_cors_unless_configured(shared):
    answer = shared.calls(headers=[("Origin", "http://elsewhere.example")])
    assert answer.status == 200
    assert not [name for name, _ in answer.headers if name.lower().startswith("access-control-")]


def test_cors_for_named_origins(start, store):
    proxy = start(store, "--http.cors.allowed-origins=http://ui.example")
    answer = proxy.calls(headers=[("Origin", "http://ui.example")])
    assert answer.header("Access-Control-Allow-Origin") == "http://ui.example"
    assert proxy.calls(headers=[("Origin", "http://other.example")]).header("Access-Control-Allow-Origin") is None


def test_additional_headers(start, store):
    answer = start(store, "--http.additional-headers=X-Frame-Options: DENY").calls()
    assert answer.header("X-Frame-Options") == "DENY"


def test_base_path(start, store):
    proxy = start(store, "--query.base-path=/jaeger")
    assert proxy.get("/jaeger" + CALLS).status == 200
    assert proxy.get(CALLS).status == 404
    assert proxy.get("/jaegerx" + CALLS).status == 404
    assert proxy.get("/readyz").status == 200


def test_request_id(shared):
    assert shared.calls(headers=[("X-Request-Id", "given-by.me_1")]).header("X-Request-Id") == "given-by.me_1"
    made = {shared.calls().header("X-Request-Id") for _ in range(20)}
    assert len(made) == 20 and None not in made
    assert shared.calls(headers=[("X-Request-Id", "not good")]).header("X-Request-Id") != "not good"


def test_answers_carry_a_date_and_no_version(shared):
    answer = shared.calls()
    assert time.strptime(answer.header("Date"), "%a, %d %b %Y %H:%M:%S GMT")


def test_request_that_has_passed_through_us_before(shared, shared_store):
    before = len(shared_store.queries)
    answer = shared.calls(headers=[("Via", "1.1 jaeger-spm-proxy")])
    assert answer.status == 508 and answer.message
    assert len(shared_store.queries) == before


def test_via_is_sent_to_the_store(shared, shared_store):
    shared.calls()
    assert "jaeger-spm-proxy" in (shared_store.queries[-1].header("Via") or "")


@pytest.mark.parametrize("parameters,name", [
    ("service=a&lookback=-1", "lookback"), ("service=a&step=0", "step"), ("service=a&ratePer=0", "ratePer"),
    ("service=a&endTs=99999999999999999", "endTs"), ("service=a&lookback=9223372036855", "lookback"),
    ("service=a&step=9223372036855", "step"), ("service=a&ratePer=9223372036855", "ratePer"),
    ("service=a&lookback=9223372036854775808", "lookback"), ("service=a&endTs=-62135596800001", "endTs"),
    ("service=a&step=1&lookback=110001&endTs=1795141800000", "step"), ("", "service"), ("service=", "service"),
    ("service=a&service=", "service"), ("service=a&spanKind=%20server", "spanKind"), ("service=a&groupByOperation=2", "groupByOperation"),
])
def test_bad_parameters_are_named(shared, shared_store, parameters, name):
    before = len(shared_store.requests)
    answer = shared.get(f"/api/metrics/calls?{parameters}")
    assert answer.status == 400, answer
    assert answer.message.startswith(f"unable to parse param '{name}': "), answer.message
    assert [request for request in shared_store.requests[before:] if request.is_range_query] == []
