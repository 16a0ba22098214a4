"""Findings about the names in the store."""

from doctor import ask_doctor
from spmtest.dataset import Names
from spmtest.exporter import Exporter
from spmtest.waiting import eventually
from worlds import CONNECTOR, fill, plain, span_metrics, store


def test_an_empty_store():
    with store() as empty:
        word = ask_doctor(empty.url)
    assert word.problems == {"no_span_metrics"}, word.text
    assert "nothing at all" in word.findings["no_span_metrics"]["what"]


def test_a_store_of_other_things():
    with store() as other:
        fill(other.url, plain("node_load1"), plain("otelcol_receiver_accepted_spans", receiver="otlp"),
             plain("traces_service_graph_request_total", client="a", server="b"))
        word = ask_doctor(other.url)
    assert word.problems == {"no_span_metrics"}, word.text
    finding = word.findings["no_span_metrics"]
    assert "3 other metrics" in finding["what"]
    assert "traces_service_graph_" in finding["what to do"] and "otelcol_" in finding["what to do"]


def test_a_target_that_is_down():
    with Exporter(None) as exporter:
        configuration = ("global: {scrape_interval: 200ms, scrape_timeout: 200ms}\nscrape_configs:\n"
                         f"- job_name: collector\n  static_configs:\n  - targets: ['{exporter.address}']\n")
        with store(configuration=configuration) as scraping:
            word = eventually(lambda: _once_down(scraping.url), "the target to be seen as down", 60)
    assert word.problems == {"no_span_metrics"}, word.text


def _once_down(url):
    word = ask_doctor(url)
    return word if "scrape job collector are down" in word.findings.get("no_span_metrics", {}).get("why", "") else None


def test_names_that_only_look_alike():
    with store() as alike:
        fill(alike.url, plain("rpc_calls_total", method="get", job="x"), plain("scrape_duration_seconds", job="x"))
        word = ask_doctor(alike.url)
    assert word.problems == {"no_span_metrics"}, word.text
    assert "rpc_calls_total" in word.findings["no_span_metrics"]["why"]
    assert "scrape_duration_seconds" not in word.findings["no_span_metrics"]["why"]


def test_span_metrics_that_lost_their_labels():
    with store() as aggregated:
        fill(aggregated.url, plain(CONNECTOR.calls, job="spanmetrics", status_code="STATUS_CODE_UNSET"))
        word = ask_doctor(aggregated.url)
    assert word.problems == {"no_usable_family"}, word.text
    assert CONNECTOR.calls in word.findings["no_usable_family"]["why"]


def test_settings_that_do_not_fit():
    with store() as filled:
        fill(filled.url, span_metrics())
        word = ask_doctor(filled.url, environment={"PROMETHEUS_QUERY_NAMESPACE": "span_metrics"})
        assert word.problems == {"settings_do_not_fit"}, word.text
        finding = word.findings["settings_do_not_fit"]
        assert "PROMETHEUS_QUERY_NAMESPACE=span_metrics" in finding["what"]
        assert CONNECTOR.calls in finding["why"]
        # The settings that it names do work.
        settings = dict(text.rstrip(".,").split("=", 1) for text in finding["what to do"].split() if text.startswith("PROM"))
        assert settings["PROMETHEUS_QUERY_NAMESPACE"] == "traces_span_metrics"
        assert ask_doctor(filled.url, environment=settings).findings == {}


def test_a_schema_that_is_not_there():
    with store() as filled:
        fill(filled.url, span_metrics())
        word = ask_doctor(filled.url, "--schema=tempo")
        assert word.problems == {"settings_do_not_fit"}, word.text
        assert "tempo" in word.findings["settings_do_not_fit"]["what"]
        assert ask_doctor(filled.url, "--schema=connector").findings == {}


def test_several_families():
    other = Names("calls_total", "latency", operation="operation")
    with store() as both:
        fill(both.url, span_metrics(), span_metrics(other))
        word = ask_doctor(both.url)
    assert word.problems == set() and word.hints == {"several_families"}, word.text
    finding = word.findings["several_families"]
    assert f"Used is {CONNECTOR.calls}" in finding["what"] and "calls_total with latency" in finding["what"]
    assert "because" in finding["why"]


def test_what_jaeger_itself_would_need():
    seconds = Names("traces_span_metrics_calls_total", "traces_span_metrics_duration_seconds", per_ms=0.001)
    tempo = Names("traces_spanmetrics_calls_total", "traces_spanmetrics_latency", service="service", per_ms=0.001)
    with store() as first:
        fill(first.url, span_metrics(seconds))
        word = ask_doctor(first.url)
    assert word.findings == {}, word.text
    assert "PROMETHEUS_QUERY_DURATION_UNIT=s" in word.facts and "latency_unit: s" in word.facts
    assert "unit seconds, known by the metric's name" in word.facts
    with store() as second:
        fill(second.url, span_metrics(tempo))
        word = ask_doctor(second.url)
    assert word.findings == {}, word.text
    assert "cannot read these metrics, whatever its settings" in word.facts and "traces_spanmetrics" in word.facts
