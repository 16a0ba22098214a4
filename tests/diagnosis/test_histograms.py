"""Findings about the form and the unit of latencies."""

import time

import pytest

from doctor import ask_doctor
from spmtest import paths
from spmtest.dataset import Names
from spmtest.exporter import Exporter
from spmtest.victoria_metrics import VictoriaMetrics
from spmtest.waiting import eventually
from worlds import CONNECTOR, EVERY, ROWS, SAMPLES, fill, labels_of, span_metrics, store


def told_of(*sources):
    with store() as filled:
        fill(filled.url, *sources)
        return ask_doctor(filled.url)


def test_native_only():
    word = told_of(span_metrics(forms=("native",)))
    assert word.problems == set() and word.hints == {"native_only"}, word.text
    assert CONNECTOR.bucket in word.findings["native_only"]["why"]
    assert "native histogram" in word.facts and "cannot read these metrics" in word.facts


def test_native_and_classic_is_nothing():
    assert told_of(span_metrics(forms=("native", "classic"))).findings == {}


def test_native_only_without_calls():
    word = told_of(span_metrics(forms=("native",), calls=False))
    assert word.problems == set() and "native_only" in word.hints, word.text
    assert "counted by the histogram" in word.facts and "frontend" in word.facts
    assert "Could not be asked" not in word.text


def test_only_inf():
    word = told_of(span_metrics(forms=("inf",)))
    assert word.problems == {"only_inf_buckets"}, word.text
    assert "native-histograms" in word.findings["only_inf_buckets"]["what to do"]


def test_no_histogram():
    word = told_of(span_metrics(forms=()))
    assert word.problems == {"no_histogram"}, word.text


def test_an_assumed_unit():
    word = told_of(span_metrics(Names("traces_span_metrics_calls", "traces_span_metrics_duration"), bounds_ms=(1, 5, 50, 500)))
    assert word.problems == set() and word.hints == {"unit_assumed"}, word.text
    assert "nothing: assumed" in word.facts


def _lines(names, forms):
    """As VictoriaMetrics takes them, up to now."""
    now = time.time()
    for number in range(SAMPLES):
        at = round((now - EVERY * (SAMPLES - 1 - number)) * 1000)
        for row in ROWS:
            labels = labels_of(names, row)
            for name, more in [(names.calls, {}), (names.histogram + "_count", {}), *forms]:
                pairs = ",".join(f'{key}="{value}"' for key, value in (labels | more).items())
                yield f"{name}{{{pairs}}} {row[-1] * number} {at}\n"


def test_vmrange():
    with VictoriaMetrics() as victoria:
        victoria.load(_lines(CONNECTOR, [(CONNECTOR.bucket, {"vmrange": "1.000e+00...1.136e+00"})]))
        word = ask_doctor(victoria.url)
    assert not word.problems and "vmrange_buckets" in word.text, word.text
    assert "VictoriaMetrics" in word.facts


def test_only_inf_in_a_store_without_native_histograms():
    with VictoriaMetrics() as victoria:
        victoria.load(_lines(CONNECTOR, [(CONNECTOR.bucket, {"le": "+Inf"})]))
        word = ask_doctor(victoria.url)
    assert word.problems == {"only_inf_buckets"}, word.text
    assert "knows no native histograms" in word.findings["only_inf_buckets"]["what to do"]


DOTTED = Names("traces.span.metrics.calls", "traces.span.metrics.duration", "service.name", "span.name", "span.kind",
               "status.code")


def test_dotted_names_in_victoria_metrics():
    with VictoriaMetrics() as victoria:
        bounds = [(DOTTED.bucket, {"le": bound}) for bound in ("2", "1000", "15000", "+Inf")]
        victoria.load(_lines(DOTTED, bounds))
        word = ask_doctor(victoria.url)
    assert word.findings == {}, word.text
    assert "Could not be asked" not in word.text
    assert "samples every 15 s" in word.facts and "frontend" in word.facts
    assert "dots, which Jaeger does not quote" in word.facts


@pytest.mark.parametrize("file, problem", [("exponential", "only_inf_buckets"), ("otel-status", "no_status_label"),
                                           ("default", None), ("no-suffixes-seconds", None)])
def test_scrapes_of_a_real_collector(file, problem):
    """None of them holds an error."""
    text = (paths.REPOSITORY / "tests" / "naming" / "collector" / f"{file}.prom").read_text(encoding="utf-8")
    with Exporter(text) as exporter:
        configuration = ("global: {scrape_interval: 250ms, scrape_timeout: 250ms}\nscrape_configs:\n- job_name: collector\n"
                         f"  static_configs:\n  - targets: ['{exporter.address}']\n")
        with store(configuration=configuration) as scraping:
            eventually(lambda: exporter.scrapes >= 8, "scrapes", 60)
            word = ask_doctor(scraping.url)
    assert word.problems == ({problem} if problem else set()), word.text
    assert "demo.svc" in word.facts
