"""What viewers do while data arrive, told once for every store: see kept.py."""

import collections
import copy
import random
import threading

import pytest

import differential
import three_ways
import worlds
from kept import Viewer
from spmtest import questions

TICKS = max(4, differential.CASES // 4)


def seconds_between_looks(chance):
    return chance.choice([60, 60, 60, 61, 75, 120, 300])


def dashboards_stay_open(kept, ticks=TICKS, seed=differential.SEED):
    """Each look is near now; then the page again, over another lookback, and with other quantiles."""
    chance = random.Random(seed)
    viewers = [Viewer(chance, kept.data.world(), door) for door in ("http", "grpc")]
    words = {mode: collections.Counter() for mode in kept.proxies}
    for tick in range(ticks):
        kept.pass_time(seconds_between_looks(chance))
        for viewer in viewers:
            end_ms = chance.choice([kept.clock.now_ms(), kept.clock.now_ms() - chance.randrange(viewer.step_ms)])
            told(seed, tick, viewer, lambda: _add(words, kept.compare(viewer, end_ms)))
            _add(words, kept.compare(viewer, end_ms))
            other = copy.copy(viewer)
            other.lookback_ms = chance.choice([5, 15, 25, 50]) * viewer.step_ms
            other.quantiles = chance.sample([0.25, 0.5, 0.9, 0.999, 1e-9], 3)
            other.door = chance.choice(["http", "grpc"])
            told(seed, tick, other, lambda: _add(words, kept.compare(other, end_ms)))
    _kept_something(kept, words, "aligned", "aligned, rates by PromQL")


def pages_move_by_steps(kept, ticks=TICKS, seed=differential.SEED + 1):
    """The phase of each viewer's page stays: forth with the time, back in history, longer and shorter."""
    chance = random.Random(seed)
    viewers = [Viewer(chance, kept.data.world()) for _ in range(2)]
    words = {mode: collections.Counter() for mode in kept.proxies}
    for tick in range(ticks):
        kept.pass_time(seconds_between_looks(chance))
        for viewer in viewers:
            back = chance.choice([0, 0, 0, 1, 2, 5, 30]) * viewer.step_ms
            seen = copy.copy(viewer)
            seen.lookback_ms = viewer.lookback_ms // viewer.step_ms * viewer.step_ms + chance.choice([0, 0, 3]) * viewer.step_ms
            end_ms = viewer.last_of_phase(kept.clock.now_ms()) - back
            told(seed, tick, seen, lambda: _add(words, kept.compare(seen, end_ms)))
    _kept_something(kept, words, "exact", "aligned", at_least=0.2)


def viewers_side_by_side(kept, viewers=40, rounds=2, seed=differential.SEED + 2):
    """All of them look at the same moment, some at the same page, each with six requests at once."""
    chance = random.Random(seed)
    for number in range(rounds):
        some = [Viewer(chance, kept.data.world()) for _ in range(3)]
        kept.pass_time(60)
        looks = [(chance.choice(some), mode) for _ in range(viewers) for mode in kept.proxies]
        end_ms, answers, failures = kept.clock.now_ms(), [], []

        def look(viewer, mode):
            try:
                answers.append((mode, [kept.answer(mode, viewer.door, question) for question in viewer.page(end_ms)]))
            except BaseException as failure:  # a thread's own would only be printed
                failures.append(failure)
        threads = [threading.Thread(target=look, args=each) for each in looks]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]
        assert len(answers) == len(looks)
        for mode, page in answers:
            told(seed, number, mode, lambda: kept.judge(mode, page))


def questions_by_chance(kept, cases=differential.CASES, seed=differential.SEED + 3):
    """Any times, windows of rates, kinds and services; each twice."""
    chance = random.Random(seed)
    for number in range(cases):
        if number % 10 == 0:
            kept.pass_time(60)
        question = three_ways.draw(chance, kept.data.world())
        for mode in kept.proxies:
            for _ in range(2):
                told(seed, number, question, lambda: kept.judge(mode, [kept.answer(mode, "http", question)]))


def fresh_answers(kept, ticks=6, seed=differential.SEED + 4):
    """no-cache shows what is stored this moment, however late it came, and so does every answer after it."""
    chance = random.Random(seed)
    viewer = Viewer(chance, kept.data.world())
    for tick in range(ticks):
        kept.pass_time(60)
        viewer.door = chance.choice(["http", "grpc"])
        end_ms = viewer.last_of_phase(kept.clock.now_ms())
        told(seed, tick, viewer, lambda: kept.compare(viewer, end_ms))
        kept.data.write_late(kept.data.now_ms - chance.randrange(60, 1_100) * 1_000 - 7_000, 1e6 * (tick + 1))
        kept.forget()
        found = told(seed, tick, viewer, lambda: kept.compare(viewer, end_ms, fresh=True))
        assert all(set(words) == {"bypass"} for words in found.values()), found
        told(seed, tick, viewer, lambda: kept.compare(viewer, end_ms))


def prometheus_door(kept, ticks=4, seed=differential.SEED + 5):
    """A stock Jaeger's queries: always for exactly the times they name."""
    chance = random.Random(seed)
    viewer = Viewer(chance, kept.data.world())
    for tick in range(ticks):
        kept.pass_time(60)
        for question in viewer.page(kept.clock.now_ms()):
            expected = three_ways.Jaeger(kept.data.store.url, worlds.LIVE).answer(question)
            for mode, proxy in kept.proxies.items():
                url = f"http://{proxy.http[0]}:{proxy.http[1]}"
                for _ in range(2):
                    found = questions.difference(three_ways.Jaeger(url, worlds.LIVE).answer(question), expected)
                    if found:
                        pytest.fail(f"{mode}, seed {seed}, {tick}: {question}\n{found}\n{questions.log_tail(proxy)}",
                                    pytrace=False)


def told(seed, number, who, compare):
    """The result of compare(); where it fails, what to repeat it with is printed."""
    try:
        return compare()
    except BaseException:
        print(f"seed {seed}, {number}: {vars(who) if hasattr(who, '__dict__') else who}")
        raise


def _add(words, found):
    for mode, some in found.items():
        words[mode] += some


def _kept_something(kept, words, *modes, at_least=0.6):
    """Nothing would be proved about what was kept if nothing ever was."""
    assert kept.points > 1_000, kept.points
    for mode in kept.proxies:
        if mode == "off":
            assert set(words[mode]) == {"bypass"}, words
    for mode in modes:
        if mode in words:
            reused = words[mode]["hit"] + words[mode]["partial"]
            assert reused >= at_least * sum(words[mode].values()), (mode, words)
