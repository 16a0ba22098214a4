import contextlib
import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))

from spmtest import doors  # noqa: E402
from spmtest.fake_store import FakeStore  # noqa: E402
from spmtest.proxy import Proxy  # noqa: E402


@pytest.fixture
def store():
    with FakeStore() as fake:
        yield fake


@pytest.fixture
def start():
    """start(store or URL, *flags, **options of Proxy) runs the program until the end of the test."""
    with contextlib.ExitStack() as running:
        def run(store, *arguments, **options):
            if not isinstance(store, FakeStore):
                return running.enter_context(Proxy(store, *arguments, **options))
            # A scripted store counts requests and connections: nothing is asked of it on the side, nothing is kept.
            return running.enter_context(Proxy(store.url, "--store.read=whole", "--cache.mode=off", *arguments, **options))
        yield run


@pytest.fixture(scope="module")
def shared_store():
    """For tests that never change it."""
    with FakeStore() as fake:
        yield fake


@pytest.fixture(scope="module")
def shared(shared_store):
    """A running program for tests that leave no trace in it."""
    with Proxy(shared_store.url, "--cache.mode=off") as running:
        yield running


@pytest.fixture(params=doors.DOORS)
def door(request):
    return request.param
