"""Names that change while the program runs: it follows without a restart."""

import contextlib

import pytest

import expectations
import scraped
from spmtest.dataset import SERVICES, START, names_of, stored
from spmtest.prometheus import Prometheus
from spmtest.proxy import Proxy
from spmtest.questions import Asked, Judge, Question, log_tail, page
from spmtest.waiting import eventually

# An empty answer makes the program look again, at most every 30 s.
SOON = 60.0


def _has_calls(world, proxy):
    world.wait_for_scrapes(1)
    asked = Asked(proxy, scraped.question("calls", "server"))
    return asked if any(asked.series.values()) else None


def test_an_upgraded_collector():
    """Bare names become those with a namespace, in seconds besides; what was scraped before is still in the store."""
    old, new = "bare-namespace.prom", "seconds.prom"
    with scraped.Scraped(old) as world:
        world.wait_for_scrapes()
        with world.proxy() as proxy:
            expectations.check(world, proxy, scraped.FILES[old])
            world.exporter.text = scraped.text_of(new)
            expectations.wait_for_metric(world, scraped.FILES[new].calls)
            world.wait_for_scrapes(scraped.SCRAPES_NEEDED + 1)  # the old names have left the rate window
            eventually(lambda: _has_calls(world, proxy), lambda: f"calls under the new names\n{log_tail(proxy)}", SOON)
            expectations.check(world, proxy, scraped.FILES[new])


def test_a_store_that_fills_after_the_start():
    """First the program, then the collector: nobody restarts anything."""
    file = "default.prom"
    with scraped.Scraped(file) as world, contextlib.ExitStack() as stack:
        world.exporter.text = "unrelated 1\n"
        world.wait_for_scrapes(2)
        proxy = stack.enter_context(world.proxy())
        assert not _has_calls(world, proxy)
        world.exporter.text = scraped.text_of(file)
        expectations.wait_for_metric(world, scraped.FILES[file].calls)
        world.wait_for_scrapes(scraped.SCRAPES_NEEDED + 1)
        eventually(lambda: _has_calls(world, proxy), lambda: f"calls\n{log_tail(proxy)}", SOON)
        expectations.check(world, proxy, scraped.FILES[file])


@pytest.mark.parametrize("days", [30, 1000, -1000], ids=["a month old", "years old", "years ahead"])
def test_no_sample_of_the_last_days(days):
    """Names and lists come from the time in which there is something."""
    end = START + 1800 - days * 86400
    with Prometheus(stored("tempo", 0.5, f"--days-earlier={days}")) as store, Proxy(store.url) as proxy:
        judge = Judge(store.url, names_of("tempo"))
        for question in page(["frontend", "a.b"], end, 900.0, kinds=("server",)):
            asked = Asked(proxy, question)
            asked.is_not_empty()
            asked.is_like(judge.expected(question), 1e-9 if question.metric == "latencies" else 0.0)
        services = proxy.get("/api/services").json["data"]
        assert services == sorted(set(SERVICES) - {"late"}, key=str.encode), log_tail(proxy)


def test_a_range_before_the_names_of_today():
    """Old data under other names: asked for, it is found, though another family is the one of today."""
    with Prometheus(stored("processor", 0.5)) as alone:
        question = Question("calls", ["frontend"], START + 1800, 900.0, by_operation=True)
        expected = Judge(alone.url, names_of("processor")).expected(question)
    with scraped.Scraped("default.prom", data=stored("processor", 0.5)) as world:
        world.wait_for_scrapes()
        with world.proxy() as proxy:
            expectations.check(world, proxy, scraped.FILES["default.prom"])
            Asked(proxy, question).is_like(expected)
            expectations.check(world, proxy, scraped.FILES["default.prom"])
