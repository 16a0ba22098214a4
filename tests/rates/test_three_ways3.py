"""The same of Prometheus 3. Left out, loudly, where there is none: scripts/build-prometheus3.sh makes it."""

import pytest

import three_ways
from test_against_prometheus3 import PROMETHEUS3, pytestmark


@pytest.fixture(scope="module", params=three_ways.WORLDS)
def ways(request):
    with three_ways.over(request.param, PROMETHEUS3) as running:
        yield running


def test_questions_one_by_one(ways):
    three_ways.compare_single(ways)


def test_pages(ways):
    three_ways.compare_pages(ways)


def test_a_large_service():
    with three_ways.over(three_ways.LARGE, PROMETHEUS3) as ways:
        three_ways.compare_pages(ways, cases=2)
