"""A store whose name comes to mean another machine is followed there."""

import subprocess
import warnings

import pytest

from spmtest import fake_store as fake
from spmtest.doors import ask, succeeded
from spmtest.waiting import eventually


def _can_have_hosts_of_its_own():
    return subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode == 0


def test_name_that_moves(start, tmp_path):
    if not _can_have_hosts_of_its_own():
        message = "NOT TESTED: following a DNS change needs root (unshare -m), to give the program its own /etc/hosts"
        warnings.warn(message)
        pytest.skip(message)
    hosts = tmp_path / "hosts"
    hosts.write_text("127.0.0.2 store.test\n", encoding="ascii")
    with fake.FakeStore(host="127.0.0.2") as old, fake.FakeStore(host="127.0.0.3", port=old.port) as new:
        own_hosts = ["unshare", "-m", "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', str(hosts)]
        proxy = start(f"http://store.test:{old.port}", "--store.max-connection-age=1s", "--cache.mode=off", wrapper=own_hosts)
        assert succeeded(ask(proxy, "http"))
        assert (len(old.queries), len(new.queries)) == (1, 0)
        with open(hosts, "r+", encoding="ascii") as file:  # the same file: the mount sees it
            file.write("127.0.0.3 store.test\n")
        eventually(lambda: succeeded(ask(proxy, "http")) and new.queries, "a query at the new address", 30)
        old.refuse()
        assert succeeded(ask(proxy, "http"))
