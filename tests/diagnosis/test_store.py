"""Findings about the store itself."""

import signal

import pytest

from doctor import ask_doctor
from spmtest.fake_store import FakeStore, reply
from spmtest.prometheus import Prometheus
from worlds import fill, span_metrics, store

BCRYPT_OF_RIGHT = "$2b$04$8CrE8tJ/BpcReHKmmuoz9ufbfkxki6lq/qF2BVhoITQpP3l7cR8yi"


def test_a_healthy_store():
    with store() as healthy:
        fill(healthy.url, span_metrics())
        word = ask_doctor(healthy.url)
    assert word.findings == {}, word.text
    assert word.status == 0
    assert "version 2.42" in word.facts and "samples every 15 s" in word.facts
    assert "checkout" in word.facts and "frontend" in word.facts


def test_store_unreachable():
    with store() as gone:
        url = gone.url
    word = ask_doctor(url)
    assert word.problems == {"store_unreachable"}, word.text
    assert url in word.findings["store_unreachable"]["what"]


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """A Prometheus that wants user and password."""
    file = tmp_path_factory.mktemp("guarded") / "web.yml"
    file.write_text(f"basic_auth_users:\n  doctor: {BCRYPT_OF_RIGHT}\n", encoding="ascii")
    with GuardedPrometheus(arguments=[f"--web.config.file={file}"]) as running:
        yield running


class GuardedPrometheus(Prometheus):
    def _ready(self):
        return True  # its answer would be 401; the first question waits for it


def test_store_refuses_us(guarded):
    word = ask_doctor(guarded.url)
    assert word.problems == {"store_refuses_us"}, word.text
    assert "401" in word.findings["store_refuses_us"]["what"]


def test_a_wrong_password_is_not_repeated(guarded):
    word = ask_doctor(guarded.url.replace("//", "//doctor:wrong@"))
    assert word.problems == {"store_refuses_us"}, word.text
    assert "wrong" not in word.text


def test_the_right_password_is_not_repeated(guarded):
    word = ask_doctor(guarded.url.replace("//", "//doctor:right@"))
    assert word.problems == {"no_span_metrics"}, word.text
    assert "right" not in word.text and "doctor:" not in word.text


def test_not_a_prometheus():
    with store() as right:
        word = ask_doctor(right.url + "/wrong/path")
    assert word.problems == {"not_a_prometheus"}, word.text
    assert "PROMETHEUS_SERVER_URL" in word.findings["not_a_prometheus"]["what to do"]


def test_a_store_that_stands_still():
    with store() as stopped:
        stopped.child.signal(signal.SIGSTOP)
        try:
            word = ask_doctor(stopped.url, "--query.timeout=1s")
        finally:
            stopped.child.signal(signal.SIGCONT)
    assert word.problems == {"store_slow"}, word.text


def test_a_store_that_wants_to_be_left_alone():
    """No Prometheus answers 429; what stands before one does."""
    with FakeStore(others=reply(429, '{"status":"error","errorType":"x","error":"too many requests"}')) as busy:
        word = ask_doctor(busy.url)
    assert word.problems == {"store_failing"}, word.text
    assert "too many requests" in word.findings["store_failing"]["what"]


def test_partial_data():
    """A Prometheus warns when one that it reads from cannot be reached."""
    configuration = "remote_read:\n- url: http://127.0.0.1:1/api/v1/read\n  read_recent: true\n"
    with store(configuration=configuration) as half:
        fill(half.url, span_metrics())
        word = ask_doctor(half.url)
    assert "partial_data" in word.problems, word.text
    assert "remote_read" in word.findings["partial_data"]["what"]
