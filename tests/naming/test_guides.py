"""What people have who followed a guide: exactly its settings over exactly its names."""

import pytest

from spmtest import dataset
from spmtest.prometheus import Prometheus
from spmtest.proxy import Proxy
from spmtest.questions import Asked, Judge, page

HOURS = 0.5
QUESTIONS = page(dataset.SERVICES, dataset.START + HOURS * 3600, 900.0, kinds=("server",))
CONNECTOR = {"PROMETHEUS_QUERY_SUPPORT_SPANMETRICS_CONNECTOR": "true"}
NORMALIZED = {**CONNECTOR, "PROMETHEUS_QUERY_NORMALIZE_CALLS": "true", "PROMETHEUS_QUERY_NORMALIZE_DURATION": "true",
              "PROMETHEUS_QUERY_DURATION_UNIT": "ms"}
BOTH = ("kind", "status")
GUIDES = {
    "calls_total and latency_bucket without kind and status": ("processor", BOTH, CONNECTOR),
    "calls_total and duration_milliseconds_bucket": ("connector-old", (), NORMALIZED),
    "calls_total and duration_milliseconds_bucket without kind and status": ("connector-old", BOTH, NORMALIZED),
    "nanoseconds": ("allinone-ns", (), {}),
    "nanoseconds without kind and status": ("allinone-ns", BOTH, {}),
    "nanoseconds with the connector's setting": ("allinone-ns", BOTH, CONNECTOR),
    "an empty namespace in the environment counts as unset": ("connector", (), {"PROMETHEUS_QUERY_NAMESPACE": ""}),
}


@pytest.mark.parametrize("guide", GUIDES)
def test_guide(guide):
    schema, without, settings = GUIDES[guide]
    with Prometheus(dataset.stored(schema, HOURS, without=without)) as store, \
            Proxy(store.url, environment=settings) as proxy:
        judge = Judge(store.url, dataset.names_of(schema, without))
        for question in QUESTIONS:
            asked = Asked(proxy, question)
            asked.is_not_empty()
            asked.is_like(judge.expected(question), 1e-9 if question.metric == "latencies" else 0.0)
