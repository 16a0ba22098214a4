"""The same of Prometheus 3, which computes rates, windows, sums and quantiles in another way.

Left out, loudly, where there is no Prometheus 3: scripts/build-prometheus3.sh makes it.
"""

import os
import pathlib
import time

import pytest

import differential
import worlds

PROMETHEUS3 = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache",
                           "jaeger-spm-proxy", "prometheus-3.8.1", "prometheus")
pytestmark = pytest.mark.skipif(
    not PROMETHEUS3.is_file(),
    reason=f"LEFT OUT: no {PROMETHEUS3}, so rates as Prometheus 3 computes them are not tested (scripts/build-prometheus3.sh)")
WAY = differential.PROMETHEUS_3


def test_blocks():
    with worlds.blocks(PROMETHEUS3) as (url, world):
        differential.compare(url, world, WAY, points_at_least=50_000)
        assert differential.fitting(url, world, WAY[3], cases=12) == {WAY[:3]}


@pytest.mark.parametrize("late", [False, True], ids=["in order", "out of order"])
def test_live(late):
    now_ms = int(time.time() * 1000)
    with worlds.live(now_ms, PROMETHEUS3, seed=differential.SEED, late=late) as (url, world):
        differential.compare(url, world, WAY, points_at_least=5_000)
        assert differential.fitting(url, world, WAY[3], cases=12) == {WAY[:3]}
