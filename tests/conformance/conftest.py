import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))

from spmtest.grpc_client import Client  # noqa: E402
from spmtest.prometheus import Prometheus, blocks  # noqa: E402
from spmtest.proxy import Proxy  # noqa: E402

# Every answer must be the same under each of these.
CONFIGURATIONS = {
    "aligned": [],
    "exact": ["--cache.mode=exact"],
    "off": ["--cache.mode=off"],
}

ENVIRONMENT = {
    "PROMETHEUS_QUERY_NORMALIZE_CALLS": "true",
    "PROMETHEUS_QUERY_NORMALIZE_DURATION": "true",
}


@pytest.fixture(scope="session")
def store():
    with Prometheus(blocks(HERE / "span_metrics_dataset.py")) as prometheus:
        yield prometheus


@pytest.fixture(scope="session", params=CONFIGURATIONS)
def proxy(request, store):
    with Proxy(store.url, *CONFIGURATIONS[request.param], environment=ENVIRONMENT) as running:
        yield running


@pytest.fixture(scope="session")
def grpc_client(proxy):
    with Client(proxy.grpc) as client:
        yield client
