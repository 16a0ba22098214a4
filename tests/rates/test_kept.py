"""Answers through the cache are those of Prometheus 2.42, to the last bit, while its data go on."""

import pytest

import kept as through
import kept_stories as stories


@pytest.fixture(scope="module", params=[0, 80], ids=["head", "head and blocks"])
def kept(request):
    with through.over(seed=11 + request.param, in_block=request.param) as running:
        yield running


@pytest.mark.parametrize("story", [stories.dashboards_stay_open, stories.pages_move_by_steps, stories.viewers_side_by_side,
                                   stories.questions_by_chance, stories.fresh_answers, stories.prometheus_door])
def test_all_answers_are_the_stores_own(kept, story):
    story(kept)
