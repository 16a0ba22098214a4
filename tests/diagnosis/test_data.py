"""Findings about labels and samples."""

import pytest

from doctor import ask_doctor
from spmtest.dataset import Names
from worlds import CONNECTOR, EVERY, ROWS, fill, labels_of, span_metrics, store


def told_of(*sources, **options):
    with store() as filled:
        fill(filled.url, *sources, **options)
        return ask_doctor(filled.url)


def test_stale_metrics():
    word = told_of(span_metrics(), ends_in=-3 * 3600)
    assert word.problems == {"stale_metrics"}, word.text
    assert "3 h old" in word.findings["stale_metrics"]["what"]
    assert "frontend" in word.facts, "old services are seen, too"


def test_samples_of_nine_minutes_ago_are_not_stale():
    assert told_of(span_metrics(), ends_in=-540).findings == {}


@pytest.mark.parametrize("ahead", [240, 1500])
def test_samples_in_the_future(ahead):
    word = told_of(span_metrics(), ends_in=ahead)
    assert word.problems == {"clock_skew"}, word.text
    assert f"{ahead // 60} min in the future" in word.findings["clock_skew"]["what"]


def test_services_without_server_spans():
    worker = ("worker", "work", "CONSUMER", "UNSET", 4)
    word = told_of(span_metrics(rows=(*ROWS, worker)))
    assert word.problems == set() and word.hints == {"hidden_services"}, word.text
    finding = word.findings["hidden_services"]
    assert finding["what"] == "1 of 3 services has no server spans: worker."
    assert "worker has consumer" in finding["why"]


def test_no_service_with_server_spans():
    rows = [(service, operation, "CLIENT", status, rate) for service, operation, _, status, rate in ROWS]
    word = told_of(span_metrics(rows=rows))
    assert word.problems == {"hidden_services"}, word.text


def test_no_kind():
    word = told_of(span_metrics(Names(CONNECTOR.calls, CONNECTOR.histogram, kind=None)))
    assert word.problems == set() and word.hints == {"no_kind_label"}, word.text


def test_no_status():
    rows = [row for row in ROWS if row[3] != "ERROR"]
    word = told_of(span_metrics(Names(CONNECTOR.calls, CONNECTOR.histogram, status=None), rows))
    assert word.problems == {"no_status_label"}, word.text


def test_no_error_seen():
    word = told_of(span_metrics(rows=[row for row in ROWS if row[3] != "ERROR"]))
    assert word.problems == set() and word.hints == {"no_error_seen"}, word.text
    assert "STATUS_CODE_UNSET" in word.findings["no_error_seen"]["why"]


def test_samples_each_minute():
    word = told_of(span_metrics(), every=60, samples=20)
    assert word.problems == set() and word.hints == {"long_flush_interval"}, word.text
    assert "only every 60 s" in word.findings["long_flush_interval"]["what"]
    assert "under 2 min come back empty" in word.findings["long_flush_interval"]["why"]


def test_a_collector_that_flushes_each_minute_and_is_scraped_more_often():
    word = told_of(span_metrics(steps=lambda number: number * EVERY // 60))
    assert word.problems == set() and word.hints == {"long_flush_interval"}, word.text
    assert word.findings["long_flush_interval"]["what"] == "The counters change only every 60 s."


def test_samples_that_are_too_rare_for_jaegers_own_window():
    with store("--query.lookback-delta=15m") as rare:
        fill(rare.url, span_metrics(), every=360, samples=9)
        word = ask_doctor(rare.url)
    assert word.findings["long_flush_interval"]["severity"] == "problem", word.text


@pytest.mark.parametrize("label", ["otel_metric_overflow", "metric_overflow"])
def test_overflow(label):
    def overflow(number):
        yield {"__name__": CONNECTOR.calls, label: "true", "job": "spanmetrics"}, 12.0 * number
    word = told_of(span_metrics(), overflow)
    assert "overflow_series" in word.problems, word.text
    what = word.findings["overflow_series"]["what"]  # 12 of 30 + 2 + 6 + 12
    assert what == f'1 series of 4 is overflow ({label}="true"): 24 % of all calls are counted there.'
    assert word.problems == {"overflow_series"} and word.hints == set(), word.text


def test_two_collectors_that_write_one_series():
    def turns(number):
        for row in ROWS[:2]:
            total = number * row[-1] + (1000 if number % 2 else 0)
            yield {"__name__": CONNECTOR.calls, **labels_of(CONNECTOR, row)}, float(total)
    word = told_of(turns, span_metrics(rows=ROWS[2:]))
    assert "counters_reset_together" in word.problems, word.text
    assert word.findings["counters_reset_together"]["what"] == "2 counters begin anew 10 times an hour or more, of frontend."


def test_a_restart_now_and_then_is_nothing():
    word = told_of(span_metrics(steps=lambda number: number % 30))
    assert word.findings == {}, word.text
