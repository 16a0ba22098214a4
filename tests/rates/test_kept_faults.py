"""What goes wrong around a cache: samples that come late, stores that restart, data that are deleted, clocks that are
set. Every answer stays the store's own as soon as the cache is due to look."""

import random
import urllib.parse
import urllib.request

import pytest

import kept as through
from spmtest.waiting import eventually
from test_comparison import PROMETHEUS3

MODES = ("aligned", "exact", "aligned, rates by PromQL", "aligned, answers of the store's")
NOTICED_S = 301  # the beginning of what is kept is read again each five minutes
AGAIN_S = 61  # nothing that may still change is given out for longer


@pytest.fixture
def kept():
    with through.over(seed=21, modes=MODES) as running:
        yield running


def viewers(kept):
    """Pages by minutes; one's rates cover more time than a late sample is late, the other's less."""
    made = []
    for door, rate_ms in (("http", 600_000), ("grpc", 300_000)):
        viewer = through.Viewer(random.Random(1), kept.data.world(), door)
        viewer.services, viewer.kinds, viewer.phase_ms = ("a", "b"), ("server",), 0
        viewer.step_ms, viewer.lookback_ms, viewer.rate_ms = 60_000, 1_800_000, rate_ms
        made.append(viewer)
    return made


def look(kept, who):
    """At pages whose phase stays."""
    for viewer in who:
        kept.compare(viewer, viewer.last_of_phase(kept.clock.now_ms()))


def look_for_a_while(kept, who, times=5, seconds=60):
    for _ in range(times):
        kept.pass_time(seconds)
        look(kept, who)


def delete(kept, from_ms, to_ms):
    """As retention does it, or a person."""
    for path, form in (("delete_series", {"match[]": '{job="live"}', "start": from_ms / 1000, "end": to_ms / 1000}),
                       ("clean_tombstones", {})):
        request = urllib.request.Request(f"{kept.data.store.url}/api/v1/admin/tsdb/{path}",
                                         urllib.parse.urlencode(form).encode(), method="POST")
        urllib.request.urlopen(request, timeout=60).close()
    kept.forget()


@pytest.mark.parametrize("minutes_late", [2, 6, 9, 12, 14])
def test_samples_that_come_late(kept, minutes_late):
    """By less than the overlap they are read again as a matter of course; by more, what they changed within the overlap
    gives them away. (By so much more that they changed nothing in it, they are seen with the next new beginning.)"""
    who = viewers(kept)[:1]
    look_for_a_while(kept, who)
    for number in range(3):
        kept.pass_time(60)
        kept.data.write_late(kept.data.now_ms - minutes_late * 60_000 - 7_000, 5e6 * (number + 1))
        kept.forget()
        look(kept, who)
        look_for_a_while(kept, who, 2)


def test_late_samples_again_and_again(kept):
    """An outage of a collector that sends what it has kept, bit by bit, while the dashboards stay open."""
    who = viewers(kept)[:1]
    look_for_a_while(kept, who, 3)
    for number in range(12):
        kept.pass_time(60)
        kept.data.write_late(kept.data.now_ms - (13 - number) * 60_000 - 6_000, 1e3 * number)
        kept.forget()
        look(kept, who)


def test_the_store_restarts(kept):
    """Killed in the midst of it; and what it was not there to answer leaves no trace."""
    who = viewers(kept)
    look_for_a_while(kept, who, 3)
    for _ in range(2):
        kept.data.store.kill()
        for mode in MODES:
            kept.clock.pass_time(61)
            for question in who[0].page(kept.clock.now_ms()):
                answer = kept.proxies[mode].get(question.target)
                assert answer.status in (200, 502, 503), answer
        kept.data.store.start()
        kept.pass_time(61)
        _until_answered(kept, who)
        look_for_a_while(kept, who, 3)


@pytest.mark.skipif(not PROMETHEUS3.is_file(), reason=f"LEFT OUT: no {PROMETHEUS3} (scripts/build-prometheus3.sh)")
@pytest.mark.parametrize("quiet_s", [0, 61], ids=["asked at once", "asked when all connections were idle for long"])
def test_the_store_restarts_as_another_version(kept, quiet_s):
    """Columns of one engine are never joined with those of another, whose sums differ in the last bits."""
    who = viewers(kept)
    look_for_a_while(kept, who, 3)
    kept.data.store.kill()
    kept.data.store.become(PROMETHEUS3)
    kept.data.store.start()
    kept.pass_time(quiet_s)
    _until_answered(kept, who)
    look_for_a_while(kept, who, 4)


def _until_answered(kept, who):
    """The store may be refused for some seconds after it was gone."""
    question = who[0].page(kept.clock.now_ms())[3]
    for proxy in kept.proxies.values():
        eventually(lambda proxy=proxy: proxy.get(question.target, headers=[("Cache-Control", "no-cache")]).status == 200,
                   "an answer after the restart", 30 * proxy.slowdown)
    kept.pass_time(61)


def test_retention_cuts_the_beginning(kept):
    """Twice, and while the dashboards stay open: five minutes later at most nothing deleted is shown any more."""
    who = viewers(kept)
    look_for_a_while(kept, who)
    for cut_ms in (7, 12):
        begin_ms = kept.clock.now_ms() - who[0].lookback_ms
        delete(kept, begin_ms - 3_600_000, begin_ms + cut_ms * 60_000)
        kept.pass_time(NOTICED_S)
        look(kept, who)
        look_for_a_while(kept, who, 2)


def test_a_window_of_the_past_whose_beginning_is_cut(kept):
    """Nothing of it is read for its end: only its beginning is looked at again."""
    viewer = viewers(kept)[0]
    kept.pass_time(900)
    end_ms = viewer.last_of_phase(kept.clock.now_ms() - 20 * 60_000)
    for _ in range(3):
        kept.compare(viewer, end_ms)
        kept.pass_time(61)
    begin_ms = end_ms - viewer.lookback_ms
    delete(kept, begin_ms - 3_600_000, begin_ms + 6 * 60_000)
    kept.pass_time(NOTICED_S)
    kept.compare(viewer, end_ms)


@pytest.mark.parametrize("seconds", [3_600, -3_600, 90, -90, 3], ids=lambda seconds: f"{seconds} s")
def test_the_clock_is_set(kept, seconds):
    """The clock of this machine, not that of what writes the data: pages end where the data do, whatever it says now."""
    who = viewers(kept)
    look_for_a_while(kept, who, 3)
    for _ in range(2):
        kept.clock.set_wall_clock(seconds)
        real_ms = kept.data.now_ms
        for _ in range(3):
            kept.forget()
            kept.clock.pass_time(61)
            real_ms += 60_000
            kept.data.grow_to(real_ms)
            for viewer in who:
                kept.compare(viewer, viewer.last_of_phase(real_ms))
                kept.compare(viewer, kept.clock.now_ms())


def test_hours_pass_unseen(kept):
    """The machine slept: both clocks go on, and nobody looked."""
    who = viewers(kept)
    look_for_a_while(kept, who, 3)
    for seconds in (1_200, 4_000):
        kept.pass_time(seconds)
        look(kept, who)
