"""What the store is told about who asks."""

import base64

import pytest

from spmtest import fake_store as fake
from spmtest.doors import ask, succeeded

CALLER = [("Authorization", "Bearer of-the-caller")]


def _basic(text):
    return "Basic " + base64.b64encode(text.encode("utf-8")).decode()


def _sent(store):
    values = store.queries[-1].headers_named("Authorization")
    assert len(values) <= 1
    return values[0] if values else None


@pytest.fixture
def token_file(tmp_path):
    file = tmp_path / "token"
    file.write_text("of-the-file\n", encoding="ascii")
    return file


@pytest.mark.parametrize("propagate,override,caller,file,wanted", [
    (False, True, False, False, None),
    (False, True, True, False, None),
    (False, True, False, True, "of-the-file"),
    (False, True, True, True, "of-the-file"),
    (False, False, True, True, "of-the-file"),
    (True, True, False, False, None),
    (True, True, True, False, "of-the-caller"),
    (True, True, False, True, "of-the-file"),
    (True, True, True, True, "of-the-caller"),
    (True, False, False, True, "of-the-file"),
    (True, False, True, True, "of-the-file"),
])
def test_which_token(start, store, door, token_file, propagate, override, caller, file, wanted):
    environment = {"QUERY_BEARER_TOKEN_PROPAGATION": str(propagate).lower(),
                   "PROMETHEUS_TOKEN_OVERRIDE_FROM_CONTEXT": str(override).lower()}
    if file:
        environment["PROMETHEUS_TOKEN_FILE"] = str(token_file)
    outcome = ask(start(store, environment=environment), door, headers=CALLER if caller else [])
    assert succeeded(outcome), outcome
    assert _sent(store) == (f"Bearer {wanted}" if wanted else None)


def test_second_place_for_the_token(start, store, door):
    proxy = start(store, "--query.bearer-token-propagation=true")
    ask(proxy, door, headers=[("X-Forwarded-Access-Token", "forwarded")])
    assert _sent(store) == "Bearer forwarded"
    ask(proxy, door, headers=[("X-Forwarded-Access-Token", "forwarded"), *CALLER])
    assert _sent(store) == "Bearer of-the-caller"
    assert all(query.header("X-Forwarded-Access-Token") is None for query in store.queries)


@pytest.mark.parametrize("value", ["Basic dXNlcjpwYXNz", "Bearer", "Bearer ", "Bearer a b", "of-the-caller", ""])
def test_what_is_no_bearer_token_is_not_sent_on(start, store, value):
    ask(start(store, "--query.bearer-token-propagation=true"), "http", headers=[("Authorization", value)])
    assert _sent(store) is None


def test_user_in_the_url(start, store, door):
    proxy = start(store.url.replace("http://", "http://us%40er:pa%3Ass%2F@"))
    assert succeeded(ask(proxy, door))
    assert _sent(store) == _basic("us@er:pa:ss/")


def test_basic_auth_file(start, store, door, tmp_path):
    file = tmp_path / "basic"
    file.write_text("user:pass:word\n", encoding="ascii")
    assert succeeded(ask(start(store, f"--store.basic-auth-file={file}"), door))
    assert _sent(store) == _basic("user:pass:word")


def test_readiness_uses_our_own_credentials(start, store, token_file):
    start(store, f"--prometheus.token-file={token_file}", "--query.bearer-token-propagation=true")
    probes = [request for request in store.requests if not request.is_range_query]
    assert probes and all(probe.header("Authorization") == "Bearer of-the-file" for probe in probes)


def test_callers_tokens_do_not_mix(start, store):
    proxy = start(store, "--query.bearer-token-propagation=true")
    for name in ("one", "two", None, "three"):
        ask(proxy, "http", headers=[("Authorization", f"Bearer {name}")] if name else [])
        assert _sent(store) == (f"Bearer {name}" if name else None)


def test_authorization_never_crosses_hosts(start, store, token_file):
    with fake.FakeStore() as elsewhere:
        store.always = fake.reply(307, b"", [("Location", elsewhere.url + "/api/v1/query_range")])
        assert ask(start(store, f"--prometheus.token-file={token_file}"), "http").code == 502
        assert elsewhere.requests == []
