"""What both suites over scrapes check: that calls, errors and p95 are those computed from the file."""

from spmtest.questions import Asked, instant
from spmtest.waiting import eventually

import scraped


def check(world, proxy, names):
    text = world.exporter.text
    for kind, operation in (("server", scraped.SERVER), ("client", scraped.CLIENT)):
        for by_operation in (True, False):
            key = (scraped.SERVICE, operation if by_operation else None)
            asked = Asked(proxy, scraped.question("calls", kind, by_operation))
            growth = scraped.growth(world.store.url, asked.question)
            assert len(growth) == scraped.POINTS and min(growth.values()) > 0.2 / scraped.EVERY, growth
            served = scraped.calls_of(text, names, kind, by_operation)
            assert served.keys() == {key}, served
            asked.is_like({key: {at: served[key] * each for at, each in growth.items()}}, 1e-9)

            asked = Asked(proxy, scraped.question("errors", kind, by_operation))
            growth = scraped.growth(world.store.url, asked.question)
            asked.is_like({key: {at: 0.0 for at in growth}})

            for quantile in (0.95, 0.5):
                asked = Asked(proxy, scraped.question("latencies", kind, by_operation, quantile))
                growth = scraped.growth(world.store.url, asked.question)
                value = scraped.latencies_of(text, names, kind, by_operation, quantile)[key]
                asked.is_like({key: {at: value for at in growth}}, 1e-9)


def wait_for_metric(world, metric):
    """Until the store has this name: the scrape of a new text is in."""
    eventually(lambda: instant(world.store.url, f'count({{__name__="{metric}"}})'), f"{metric} in the store", 30)
