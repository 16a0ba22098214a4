"""Several families in one store: one of them answers, as if it were alone. Settings and --schema say which."""

import contextlib
import functools

import pytest

from spmtest import dataset
from spmtest.dataset import Names
from spmtest.prometheus import Prometheus, merged
from spmtest.proxy import Proxy
from spmtest.questions import Asked, Judge, page

HOURS = 0.5
QUESTIONS = page(dataset.SERVICES, dataset.START + HOURS * 3600, 900.0, kinds=("server", "client"))


class Part:
    """What one producer has written. `needs`: what it shares with another part, so that it cannot be alone."""

    def __init__(self, schema, seed=0, *more, names=None, needs=()):
        self.names, self.needs = names or dataset.names_of(schema), needs
        self._blocks = functools.partial(dataset.stored, schema, HOURS, *more, seed=seed)

    def blocks(self):
        return [self._blocks(), *(part._blocks() for part in self.needs)]


CONNECTOR = Part("connector")
STORES = {
    "processor and connector-old": {"connector-old": Part("connector-old"), "processor": Part("processor", 7)},
    "tempo and agent": {"tempo": Part("tempo"), "agent": Part("agent", 7)},
    "two namespaces": {"connector": CONNECTOR, "custom": Part("custom-namespace", 7)},
    "milliseconds and seconds": {
        "milliseconds": CONNECTOR, "seconds": Part("connector-seconds", 7, "--no-calls", needs=[CONNECTOR])},
    "suffixes and none": {"suffixes": CONNECTOR, "none": Part("connector-plain", 7)},
    "namespace and none": {"namespace": CONNECTOR, "none": Part("connector-old", 7)},
    "two statuses": {"status_code": CONNECTOR, "otel_status_code": Part("connector-otel-status", 7)},
    "names of one's own": {"connector": CONNECTOR,
                           "own": Part("connector", 7, "--calls=app_requests", "--histogram=app_time",
                                       names=Names("app_requests", "app_time"))},
    "no calls": {"counted": Part("connector", 0, "--no-calls", names=Names(
        "traces_span_metrics_duration_milliseconds_count", "traces_span_metrics_duration_milliseconds"))},
}
OWN_FILE = "schema: {calls: app_requests, histogram: app_time, service-label: service_name, operation-label: span_name}\n"
AGENT_FILE = ("schema:\n  calls: traces_spanmetrics_calls_total\n  histogram: traces_spanmetrics_latency\n"
              "  service-label: service_name\n  operation-label: operation\n")


def _settings(**values):
    return {"PROMETHEUS_QUERY_" + name: value for name, value in values.items()}


# store, who answers, environment, flags, configuration file
CASES = [
    ("processor and connector-old", "connector-old", {}, [], None),
    ("processor and connector-old", "connector-old", _settings(SUPPORT_SPANMETRICS_CONNECTOR="true"), [], None),
    ("processor and connector-old", "processor", _settings(SUPPORT_SPANMETRICS_CONNECTOR="false"), [], None),
    ("processor and connector-old", "connector-old", {}, ["--schema=connector-old"], None),
    ("processor and connector-old", "processor", {}, ["--schema=processor"], None),
    ("tempo and agent", "tempo", {}, [], None),
    ("tempo and agent", "tempo", {}, ["--schema=tempo"], None),
    ("tempo and agent", "agent", {}, ["--schema=agent"], None),
    ("tempo and agent", "agent", {}, [], AGENT_FILE),
    ("two namespaces", "connector", {}, [], None),
    ("two namespaces", "connector", _settings(NAMESPACE="traces_span_metrics"), [], None),
    ("two namespaces", "custom", _settings(NAMESPACE="otel_collector_span_metrics"), [], None),
    ("milliseconds and seconds", "milliseconds", _settings(NORMALIZE_DURATION="true", DURATION_UNIT="ms"), [], None),
    ("milliseconds and seconds", "seconds", _settings(NORMALIZE_DURATION="true", DURATION_UNIT="s"), [], None),
    ("milliseconds and seconds", "milliseconds", {}, ["--schema=connector"], None),
    ("milliseconds and seconds", "seconds", {}, ["--schema=connector-seconds"], None),
    ("milliseconds and seconds", None, {}, [], None),
    ("suffixes and none", "suffixes", _settings(NORMALIZE_CALLS="true"), [], None),
    ("suffixes and none", "suffixes", _settings(NORMALIZE_DURATION="true"), [], None),
    ("suffixes and none", "suffixes", {}, ["--schema=connector"], None),
    ("suffixes and none", "none", {}, ["--schema=connector-plain"], None),
    ("suffixes and none", None, {}, [], None),
    ("namespace and none", "namespace", {}, [], None),
    ("namespace and none", "namespace", _settings(NAMESPACE=""), [], None),
    ("namespace and none", "none", {}, ["--prometheus.query.namespace="], None),
    ("two statuses", "otel_status_code", {}, ["--schema=connector-otel-status"], None),
    ("two statuses", None, {}, [], None),
    ("names of one's own", "connector", {}, [], None),
    ("names of one's own", "own", {}, [], OWN_FILE),
    ("no calls", "counted", {}, [], None),
]


def _name(case):
    store, winner, environment, flags, file = case
    said = [*(f"{name.removeprefix('PROMETHEUS_QUERY_')}={value}" for name, value in environment.items()), *flags]
    said += ["file"] if file else []
    return f"{store}: {winner or 'either'} by {' '.join(said) or 'default'}"


@pytest.fixture(scope="module")
def worlds(tmp_path_factory):
    """Stores, and what each of their parts would answer alone; made when first asked for."""
    with contextlib.ExitStack() as stack:
        made = {}

        def world(name):
            if name not in made:
                parts, expected = STORES[name], {}
                folder = tmp_path_factory.mktemp("store")
                for part_name, part in parts.items():
                    blocks = merged(part.blocks(), folder / part_name)
                    with Prometheus(blocks) as alone:
                        judge = Judge(alone.url, part.names)
                        expected[part_name] = [judge.expected(question) for question in QUESTIONS]
                both = merged([each for part in parts.values() for each in part.blocks()], folder / "both")
                made[name] = stack.enter_context(Prometheus(both)), expected
            return made[name]
        yield world


@pytest.mark.parametrize("case", CASES, ids=_name)
def test_one_answers_as_if_alone(worlds, tmp_path, case):
    name, winner, environment, flags, text = case
    store, expected = worlds(name)
    if text:
        file = tmp_path / "proxy.yaml"
        file.write_text(text, encoding="utf-8")
        flags = [*flags, f"--config-file={file}"]
    with Proxy(store.url, *flags, environment=environment) as proxy:
        asked = [Asked(proxy, question) for question in QUESTIONS]
    if winner is None:  # nothing says which one, but it is one of them, and the same in all answers
        winner = min(expected, key=lambda part: sum(not _agrees(*pair) for pair in zip(asked, expected[part])))
    for got, wanted in zip(asked, expected[winner]):
        got.is_like(wanted, _tolerance(got))


def _tolerance(asked):
    return 1e-9 if asked.question.metric == "latencies" else 0.0


def _agrees(asked, wanted):
    return asked.agrees(wanted, _tolerance(asked))


def test_settings_that_nothing_fits():
    """Jaeger's own names are then asked for, and the answer says why it is empty."""
    with Prometheus(dataset.stored("connector", HOURS)) as store:
        with Proxy(store.url, environment=_settings(NAMESPACE="nowhere")) as proxy:
            asked = Asked(proxy, QUESTIONS[0])
            asked.is_like({})
            assert asked.header("X-SPM-Diagnosis"), asked.explained("no X-SPM-Diagnosis")


def test_nothing_in_the_store():
    with Prometheus() as store, Proxy(store.url) as proxy:
        asked = Asked(proxy, QUESTIONS[0])
        assert asked.answer.json["metrics"] == [], asked.explained("not empty")
        assert asked.header("X-SPM-Diagnosis"), asked.explained("no X-SPM-Diagnosis")


def test_from_one_status_label_to_another(tmp_path):
    """A collector that was upgraded: each range is answered by the label that was written then."""
    before = dataset.stored("connector", 1)
    after = dataset.stored("connector-otel-status", 2, "--since=3600")
    ranges = {"connector": (before, 3600, 1500.0), "connector-otel-status": (after, 7200, 2400.0)}
    with Prometheus(merged([before, after], tmp_path / "both")) as store, Proxy(store.url) as proxy:
        for schema in ("connector-otel-status", "connector", "connector-otel-status"):
            blocks, end, lookback = ranges[schema]
            with Prometheus(blocks) as alone:
                judge = Judge(alone.url, dataset.names_of(schema))
                for question in page(dataset.SERVICES, dataset.START + end, lookback, kinds=("server",)):
                    Asked(proxy, question).is_like(judge.expected(question),
                                                   1e-9 if question.metric == "latencies" else 0.0)
