"""Which way of computing the reader finds out by comparing, at real stores of both kinds."""

import os
import pathlib
import subprocess
import time

import pytest

import worlds
from spmtest import prometheus
from spmtest.victoria_metrics import VictoriaMetrics

PROMETHEUS3 = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache",
                           "jaeger-spm-proxy", "prometheus-3.8.1", "prometheus")
KINDS = [
    pytest.param(prometheus.PROMETHEUS, "closed older plain raise", id="Prometheus 2"),
    pytest.param(PROMETHEUS3, "left_open newer compensated ignore_small_gaps", id="Prometheus 3", marks=pytest.mark.skipif(
        not PROMETHEUS3.is_file(), reason=f"LEFT OUT: no {PROMETHEUS3} (scripts/build-prometheus3.sh)"))]


def found(url, metric, to_ms, matcher, *groupings):
    """(state and variant, reason)"""
    run = subprocess.run([os.environ["SPM_COMPARE_STORE"], url, metric, str(to_ms), matcher, *groupings],
                         capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stderr
    first, reason = run.stdout.splitlines()[:2]
    return first, reason


@pytest.mark.parametrize("program, variant", KINDS)
def test_old_data(program, variant):
    """Nothing but blocks from another time; a service whose series come and go, and one where all is even."""
    with worlds.blocks(program) as (url, world):
        for service in ("frontend", "restarts"):
            assert found(url, world["calls"], world["to"], f"service_name={service}", "service_name",
                         "service_name,span_name")[0] == "agreed " + variant


@pytest.mark.parametrize("program, variant", KINDS)
def test_live_data(program, variant):
    now_ms = int(time.time() * 1000)
    with worlds.live(now_ms, program, seed=7) as (url, world):
        assert found(url, world["calls"], "-", "job=live", "service_name", "service_name,span_name")[0] == "agreed " + variant


@pytest.mark.parametrize("program, variant", KINDS)
def test_without_data(program, variant):
    """Quantiles need none: they can be computed here although rates cannot."""
    with prometheus.Prometheus(program=program) as store:
        state, reason = found(store.url, "calls_total", "-", "service_name=a", "service_name")
        assert state == "undecided - - - " + variant.split()[-1]
        assert "too few samples" in reason


def test_victoria_metrics():
    """It has no chunks to give, and rounds quantiles in its own way."""
    with VictoriaMetrics() as store:
        state, reason = found(store.url, "calls_total", "-", "service_name=a", "service_name")
        assert state == "absent - - - -"
        assert "no raw chunks" in reason
