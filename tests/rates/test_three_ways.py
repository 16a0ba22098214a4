"""Answers from chunks, from rates by PromQL, and by PromQL whole are those of Prometheus 2.42, to the last bit."""

import pytest

import three_ways


@pytest.fixture(scope="module", params=three_ways.WORLDS)
def ways(request):
    with three_ways.over(request.param) as running:
        yield running


def test_questions_one_by_one(ways):
    three_ways.compare_single(ways)


def test_pages(ways):
    three_ways.compare_pages(ways)


def test_a_large_service():
    with three_ways.over(three_ways.LARGE) as ways:
        three_ways.compare_pages(ways, cases=2)
