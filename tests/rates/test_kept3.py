"""The same of Prometheus 3. Left out, loudly, where there is none: scripts/build-prometheus3.sh makes it."""

import pytest

import kept as through
import kept_stories as stories
from test_against_prometheus3 import PROMETHEUS3, pytestmark


@pytest.fixture(scope="module")
def kept():
    with through.over(PROMETHEUS3, seed=12, in_block=80) as running:
        yield running


@pytest.mark.parametrize("story", [stories.dashboards_stay_open, stories.pages_move_by_steps, stories.viewers_side_by_side,
                                   stories.fresh_answers])
def test_all_answers_are_the_stores_own(kept, story):
    story(kept)
