"""What real collectors expose, with nothing configured: values computed from their scrapes. README.md has the rules."""

import contextlib
import re

import pytest

import expectations
import scraped
from spmtest.questions import Asked, instant, log_tail
from spmtest.waiting import eventually


@pytest.fixture(scope="module")
def worlds():
    """All of them side by side: most of the time is waiting for scrapes."""
    with contextlib.ExitStack() as stack:
        yield {file: stack.enter_context(scraped.Scraped(file)) for file in (*scraped.FILES, "exponential.prom")}


@pytest.mark.parametrize("file", scraped.FILES)
def test_answers_are_as_computed_from_the_file(worlds, file):
    world = worlds[file]
    world.wait_for_scrapes()
    with world.proxy() as proxy:
        expectations.check(world, proxy, scraped.FILES[file])


def test_native_histogram_scraped_as_text(worlds):
    """Only le="+Inf" is left of it: calls come out, and the diagnosis says why latencies do not."""
    world, names = worlds["exponential.prom"], scraped.FILES["default.prom"]
    world.wait_for_scrapes()
    with world.proxy() as proxy:
        asked = Asked(proxy, scraped.question("calls", "server"))
        served = scraped.calls_of(world.exporter.text, names, "server", True)
        growth = scraped.growth(world.store.url, asked.question)
        asked.is_like({key: {at: value * each for at, each in growth.items()} for key, value in served.items()}, 1e-9)
        answer = proxy.get("/api/spm/diagnosis")
        assert answer.status == 200 and re.search(r"\+Inf", answer.text), f"{answer}\n{log_tail(proxy)}"


def test_errors_are_seen_within_a_minute_of_the_first_one(worlds):
    """Unset statuses have no label at all: the label comes into being with the first error."""
    world = worlds["otel-status.prom"]
    world.wait_for_scrapes()
    with world.proxy() as proxy:
        before = Asked(proxy, scraped.question("errors", "server"))
        assert {value for points in before.series.values() for value in points.values()} == {0.0}, before.explained("not 0")
        calls = next(line for line in world.exporter.text.splitlines()
                     if line.startswith(scraped.CALLS + "{") and scraped.SERVER in line)
        world.exporter.text += calls.replace("{", '{otel_status_code="ERROR",', 1) + "\n"
        seen = eventually(lambda: instant(world.store.url, f'{scraped.CALLS}{{otel_status_code="ERROR"}}'),
                          "the error series in the store", 30)
        assert len(seen) == 1

        def errors():
            world.wait_for_scrapes(1)
            asked = Asked(proxy, scraped.question("errors", "server"))
            return asked if any(value > 0 for points in asked.series.values() for value in points.values()) else None
        eventually(errors, lambda: f"error rates other than 0\n{log_tail(proxy)}", 62)
        world.wait_for_scrapes(scraped.SCRAPES_NEEDED + 1)
        asked = Asked(proxy, scraped.question("errors", "server"))
        # As many errors as other calls.
        asked.is_like({(scraped.SERVICE, scraped.SERVER): {at: 0.5 for points in asked.series.values() for at in points}},
                      1e-9)
