"""TLS to the store, and files that are rotated while the program runs."""

import base64
import os
import ssl

import pytest

from spmtest import fake_store as fake
from spmtest.certificates import Authority
from spmtest.doors import ask, succeeded
from spmtest.waiting import eventually


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("stranger"), "an authority that nobody trusts")


def _context(pair, clients_of=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*map(str, pair))
    if clients_of is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(str(clients_of.certificate))
        context.maximum_version = ssl.TLSVersion.TLSv1_2  # so that a refusal is seen in the handshake
    return context


def _replace(file, content):
    fresh = file.with_suffix(".new")
    fresh.write_bytes(content)
    os.replace(fresh, file)


def test_authority(start, authority, door):
    with fake.FakeStore(_context(authority.issue("store"))) as store:
        proxy = start(store, f"--prometheus.tls.ca={authority.certificate}", "--prometheus.tls.enabled=true")
        for _ in range(3):
            assert succeeded(ask(proxy, door))
        assert len({query.connection for query in store.queries}) == 1


def _refused(start, store, door, *flags):
    proxy = start(store, *flags, until="live")
    outcome = ask(proxy, door)
    assert outcome.is_one_of(502, "UNAVAILABLE"), outcome
    assert store.requests == []
    eventually(lambda: "asked yet" not in proxy.get("/readyz").text, "the store was asked")
    assert proxy.get("/readyz").status == 503
    return outcome.message


def test_stranger(start, authority, stranger, door):
    with fake.FakeStore(_context(stranger.issue("store"))) as store:
        assert "certificate" in _refused(start, store, door, f"--prometheus.tls.ca={authority.certificate}").lower()


def test_system_authorities_by_default(start, authority, door):
    with fake.FakeStore(_context(authority.issue("store"))) as store:
        _refused(start, store, door)


def test_other_name(start, authority, door):
    with fake.FakeStore(_context(authority.issue("other", "DNS:store.internal"))) as store:
        _refused(start, store, door, f"--prometheus.tls.ca={authority.certificate}")


def test_server_name(start, authority, door):
    seen = []
    context = _context(authority.issue("other", "DNS:store.internal"))
    context.sni_callback = lambda _socket, name, _context: seen.append(name)
    with fake.FakeStore(context) as store:
        proxy = start(store, f"--prometheus.tls.ca={authority.certificate}", "--prometheus.tls.server-name=store.internal")
        assert succeeded(ask(proxy, door))
        assert set(seen) == {"store.internal"}


def test_skip_verify(start, stranger, door):
    with fake.FakeStore(_context(stranger.issue("other", "DNS:elsewhere"))) as store:
        assert succeeded(ask(start(store, "--prometheus.tls.skip-host-verify=true"), door))


def test_certificate_of_ours(start, authority, door):
    certificate, key = authority.issue("proxy")
    with fake.FakeStore(_context(authority.issue("store"), clients_of=authority)) as store:
        proxy = start(store, f"--prometheus.tls.ca={authority.certificate}", f"--prometheus.tls.cert={certificate}",
                      f"--prometheus.tls.key={key}")
        assert succeeded(ask(proxy, door))


def test_certificate_of_ours_is_missing(start, authority, door):
    with fake.FakeStore(_context(authority.issue("store"), clients_of=authority)) as store:
        _refused(start, store, door, f"--prometheus.tls.ca={authority.certificate}")


def test_store_that_speaks_no_tls(start, store, door):
    proxy = start(store.url.replace("http://", "https://"), "--prometheus.connect-timeout=2s", until="live")
    assert ask(proxy, door).is_one_of(502, "UNAVAILABLE")


def test_rotation(start, store, authority, stranger, tmp_path):
    """Token, password, and the certificates of both sides change under load: not one request fails. Bad files change nothing."""
    token, basic, trusted, ours, key = (tmp_path / name for name in ("token", "basic", "ca.pem", "our.pem", "our.key"))
    token.write_text("first", encoding="ascii")
    basic.write_text("user:first", encoding="ascii")
    trusted.write_bytes(authority.certificate.read_bytes())
    first, second = authority.issue("proxy"), authority.issue("proxy")
    ours.write_bytes(first[0].read_bytes())
    key.write_bytes(first[1].read_bytes())

    with fake.FakeStore() as by_password, fake.FakeStore(_context(authority.issue("store"), clients_of=authority)) as secured:
        with_token = start(store, f"--prometheus.token-file={token}")
        with_password = start(by_password, f"--store.basic-auth-file={basic}")
        with_tls = start(secured, f"--prometheus.tls.ca={trusted}", f"--prometheus.tls.cert={ours}", f"--prometheus.tls.key={key}",
                         "--store.max-connection-age=1s")

        def all_answer():
            for proxy in (with_token, with_password, with_tls):
                outcome = ask(proxy, "http")
                assert succeeded(outcome), outcome
            return True
        all_answer()

        # Files that cannot be used: what was there goes on being used, and the log says so.
        for file in (token, basic, trusted, ours):
            _replace(file, b"" if file == token else b"nonsense without the mark")
        for proxy, name in ((with_token, "token"), (with_password, "basic"), (with_tls, "ca.pem")):
            eventually(lambda: all_answer() and any(
                fields.get("level") in ("warning", "error") and name in str(fields.values()) for fields in proxy.log()),
                f"a word in the log about the bad file: {name}", 40)
        assert store.queries[-1].header("Authorization") == "Bearer first"

        # Good ones: both authorities are trusted, then the store shows a certificate of the other one.
        _replace(token, b"second\n")
        _replace(basic, b"user:second\n")
        _replace(trusted, authority.certificate.read_bytes() + stranger.certificate.read_bytes())
        _replace(key, second[1].read_bytes())
        _replace(ours, second[0].read_bytes())
        new_password = "Basic " + base64.b64encode(b"user:second").decode()
        eventually(lambda: all_answer() and store.queries[-1].header("Authorization") == "Bearer second", "the new token", 40)
        eventually(lambda: all_answer() and by_password.queries[-1].header("Authorization") == new_password, "the new password", 40)
        context = _context(stranger.issue("store"), clients_of=authority)
        secured.use(context)
        before = secured.connections
        eventually(lambda: ask(with_tls, "http") and secured.connections > before, "a fresh connection", 40)
        eventually(lambda: succeeded(ask(with_tls, "http")), "the new authority is trusted", 40)
