"""The log: one access line a request, nothing that a caller can forge, no secret."""

import base64
import json

import pytest

from spmtest import fake_store as fake
from spmtest import paths
from spmtest.child import Child
from spmtest.doors import ask
from spmtest.proxy import clean_environment
from spmtest.waiting import eventually


def test_one_access_line_a_request(start, store):
    proxy = start(store)
    proxy.calls(headers=[("X-Request-Id", "find-me")])
    line = proxy.access_line("find-me")
    assert line["status"] == "200" and line["method"] == "GET" and line["path"] == "/api/metrics/calls", line
    assert sum("find-me" in fields.values() and "status" in fields for fields in proxy.log()) == 1


def test_log_says_why_a_request_failed(start, store):
    store.always = fake.html(404)
    proxy = start(store)
    proxy.calls(headers=[("X-Request-Id", "find-me")])
    assert proxy.access_line("find-me")["status"] == "502"
    proxy.wait_for_log(lambda fields: fields.get("request_id") == "find-me" and "PROMETHEUS_SERVER_URL" in str(fields.values()),
                       "the reason, with the request's id")


def test_grpc_access_line(start, store):
    proxy = start(store)
    ask(proxy, "grpc")
    proxy.wait_for_log(lambda fields: fields.get("door") == "grpc" and "GetCallRates" in str(fields.values()), "the access line")


FORGERIES = ["%0Alevel=error msg=forged", "%0D%0Amsg=forged", "%22 msg=forged x=%22", "%5C%22 msg=forged", "%1B[31mforged", "%E2%80%A8msg=forged",
             "%C2%9Bmsg=forged"]


@pytest.mark.parametrize("text", FORGERIES)
@pytest.mark.parametrize("place", ["service", "spanKind", "unknown", "path", "user-agent"])
def test_nothing_can_be_forged(shared, place, text):
    encoded = text.replace(" ", "%20")
    headers = [("X-Request-Id", f"forgery-{place}-{FORGERIES.index(text)}")]
    if place == "path":
        answer = shared.get(f"/api/metrics/{encoded}", headers=headers)
    elif place == "user-agent":
        answer = shared.calls(headers=headers + [("User-Agent", text.replace("%22", '"').replace("%5C", "\\").replace("%0A", "").replace("%0D", ""))])
    else:
        answer = shared.get(f"/api/metrics/calls?{place}={encoded}&service=x&lookback=0", headers=headers)
    assert answer.status < 500
    shared.access_line(headers[0][1])
    for line, fields in zip(shared.child.lines(), shared.log()):
        assert fields, f"not logfmt: {line!r}"
        assert fields.get("msg") != "forged" and fields.get("level") in ("debug", "info", "warning", "error"), line
        assert all(ord(character) >= 0x20 and ord(character) != 0x7F and not 0x80 <= ord(character) < 0xA0 for character in line), line


def test_long_values_are_cut(start, store):
    proxy = start(store)
    proxy.get("/api/metrics/calls?service=" + "a" * 12_000, headers=[("X-Request-Id", "long-one")])
    proxy.access_line("long-one")
    assert max(map(len, proxy.child.lines())) < 8_000


SECRETS = ["url-password-1", "file-token-2", "caller-token-3", "basic-password-4", "header-secret-5", "forwarded-6", "extra-param-7"]


@pytest.mark.parametrize("kind", ["token", "basic", "url"])
def test_secrets_never_reach_the_log(start, store, tmp_path, kind):
    token, basic = tmp_path / "token", tmp_path / "basic"
    token.write_text("file-token-2\n", encoding="ascii")
    basic.write_text("user:basic-password-4\n", encoding="ascii")
    flags = {"token": [f"--prometheus.token-file={token}"], "basic": [f"--store.basic-auth-file={basic}"], "url": []}[kind]
    url = store.url.replace("http://", "http://user:url-password-1@") if kind == "url" else store.url
    proxy = start(url, *flags, "--log.level=debug", "--query.bearer-token-propagation=true", "--store.header=X-Secret:header-secret-5",
                  "--prometheus.query.extra-query-params=key=extra-param-7")
    headers = [("Authorization", "Bearer caller-token-3"), ("X-Forwarded-Access-Token", "forwarded-6")]
    answers = []
    for behaviour in (fake.answer(), fake.reply(401, b"no"), fake.reply(403, b"no"), fake.html(404), fake.html(503),
                      fake.refusal(400, "bad_data", "no"), fake.reply(302, b"", [("Location", "http://user:url-password-1@elsewhere/")])):
        store.always = behaviour
        answers.append(repr(proxy.calls(headers=headers)))
        answers.append(repr(proxy.calls()))
        answers.append(repr(ask(proxy, "grpc", headers=[headers[0]])))
    store.refuse()
    answers.append(repr(proxy.calls()))
    answers.append(repr(proxy.get("/readyz")))
    eventually(lambda: len(proxy.child.lines()) > 20, "debug lines")
    shown = proxy.child.text() + proxy.metrics() + "".join(answers)
    for secret in SECRETS + [base64.b64encode(b"user:basic-password-4").decode(), base64.b64encode(b"user:url-password-1").decode()]:
        assert secret not in shown, f"{secret} was shown"


def test_access_log_file(start, store, tmp_path):
    file = tmp_path / "access.log"
    proxy = start(store, f"--log.access-file={file}")
    proxy.calls(headers=[("X-Request-Id", "in-the-file")])
    eventually(lambda: file.is_file() and "in-the-file" in file.read_text(), "the line in the file")
    assert "in-the-file" not in proxy.child.text()


def test_access_log_off(start, store):
    proxy = start(store, "--log.access-file=off")
    proxy.calls(headers=[("X-Request-Id", "nowhere")])
    ask(proxy, "grpc")
    assert "nowhere" not in proxy.child.text()


def test_json_log(store):
    child = Child([paths.program(), "--http.host-port=127.0.0.1:0", "--grpc.host-port=127.0.0.1:0", "--admin.host-port=127.0.0.1:0",
                   f"--prometheus.server-url={store.url}", "--log.format=json"], clean_environment())
    try:
        child.wait_for_line(lambda line: '"door":"admin"' in line.replace(" ", ""), "the admin door listening")
        for line in child.lines():
            assert isinstance(json.loads(line), dict)
    finally:
        child.process.terminate()
        assert child.wait() == 0
