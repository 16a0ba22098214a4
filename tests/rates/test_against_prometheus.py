"""Rates and quantiles from raw chunks are those of Debian's Prometheus 2.42, to the last bit."""

import time

import pytest

import differential
import worlds

WAY = differential.PROMETHEUS_2


def test_blocks():
    with worlds.blocks() as (url, world):
        differential.compare(url, world, WAY, points_at_least=50_000)
        assert differential.fitting(url, world, WAY[3], cases=12) == {WAY[:3]}


@pytest.mark.parametrize("late", [False, True], ids=["in order", "out of order"])
def test_live(late):
    now_ms = int(time.time() * 1000)
    with worlds.live(now_ms, seed=differential.SEED, late=late) as (url, world):
        differential.compare(url, world, WAY, points_at_least=5_000)
        assert differential.fitting(url, world, WAY[3], cases=12) == {WAY[:3]}
