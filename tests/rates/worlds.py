"""The stores that are compared: blocks of generated data, and a live store filled by remote write."""

import contextlib
import random
import struct

from spmtest import paths, prometheus, remote_write
from spmtest.remote_read import EQ, RE

GENERATOR = paths.REPOSITORY / "tests" / "conformance" / "span_metrics_dataset.py"
START_MS = 1795132800_000
HOURS = 2.5

GROUPINGS = [["le"], ["service_name", "le"], ["service_name", "span_name", "le"], ["instance", "le"],
             ["service_name"], ["service_name", "span_name"], ["service_name", "span_name", "status_code"], ["job"]]


@contextlib.contextmanager
def blocks(program=prometheus.PROMETHEUS):
    data = prometheus.blocks(GENERATOR, "--hours", str(HOURS))
    with prometheus.Prometheus(data, program=program) as store:
        services = [[("service_name", EQ, name)] for name in (
            "frontend", "checkout", "late", "restarts", "mixed-buckets", "pauses", "slow", "broker", "inf-only", "idle")]
        yield store.url, {
            "from": START_MS, "to": START_MS + int(HOURS * 3600_000), "groupings": GROUPINGS, "phase": 3_000,
            "calls": "traces_span_metrics_calls_total", "histogram": "traces_span_metrics_duration_milliseconds",
            "selectors": [*services, [("service_name", RE, "frontend|checkout|late|restarts")], [("job", EQ, "spanmetrics")]]}


LIVE_CONFIGURATION = """
global: {external_labels: {region: eu, replica: a}}
storage: {tsdb: {out_of_order_time_window: 20m}}
"""


def _stale():
    return struct.unpack("<d", struct.pack("<Q", 0x7ff0000000000002))[0]


class _Counter:
    """One series of calls and its three buckets, from `since` to `until` (scrapes), restarting now and then."""

    def __init__(self, chance, service, operation, instance, since, until, restart, jitter_ms, gap):
        self.labels = {"service_name": service, "span_name": operation, "instance": instance, "job": "live"}
        self.since, self.until, self.restart, self.jitter_ms, self.gap = since, until, restart, jitter_ms, gap
        self.chance, self.counts = chance, [0.0, 0.0, 0.0]
        self.scale = chance.choice([1, 1, 7, 1000, 0.1, 1e-3, 12345.678])

    def scrape(self, number):
        """(labels, value)s, or nothing."""
        if not self.since <= number <= self.until or self.chance.random() < self.gap:
            return []
        if number == self.until:
            values = [_stale()] * 3
        else:
            if self.restart and number % self.restart == 0:
                self.counts = [0.0, 0.0, 0.0]
            for bucket in range(self.chance.randrange(3), 3):
                self.counts[bucket] += self.chance.randrange(5) * self.scale
            values = self.counts
        made = [({**self.labels, "__name__": "live_calls_total"}, values[2])]
        for le, value in zip(("0.1", "2.5", "+Inf"), values):
            made.append(({**self.labels, "__name__": "live_latency_bucket", "le": le}, value))
        return made


@contextlib.contextmanager
def live(now_ms, program=prometheus.PROMETHEUS, seed=1, scrapes=240, late=True):
    """Everything is in the open head. Series are made in an order that is not that of their labels."""
    chance = random.Random(seed)
    counters = []
    for number in range(24):
        since = chance.choice([0, 0, 0, chance.randrange(scrapes)])
        until = chance.choice([scrapes, scrapes, since + chance.randrange(1, scrapes)])
        counters.append(_Counter(chance, chance.choice("cab"), f"op {chance.randrange(4)}", f"i{number}", since, until,
                                 chance.choice([0, 0, 37]), chance.choice([0, 1, 900]), chance.choice([0, 0, 0.1])))
    from_ms = now_ms - scrapes * 15_000
    with prometheus.Prometheus(configuration=LIVE_CONFIGURATION, arguments=["--web.enable-remote-write-receiver"],
                               program=program) as store:
        kept_back = []
        for number in range(scrapes):
            for counter in counters:
                time_ms = from_ms + number * 15_000 + chance.randrange(counter.jitter_ms + 1)
                samples = counter.scrape(number)
                if late and chance.random() < 0.02:
                    kept_back.append((number + chance.randrange(1, 30), time_ms, samples))
                elif samples:
                    remote_write.write(store.url, time_ms, samples)
            for due in [entry for entry in kept_back if entry[0] <= number]:
                kept_back.remove(due)
                if due[2]:
                    remote_write.write(store.url, due[1], due[2])
        yield store.url, {
            "from": from_ms, "to": now_ms, "groupings": GROUPINGS, "phase": 0, "calls": "live_calls_total", "histogram": "live_latency",
            "selectors": [[("job", EQ, "live")], [("service_name", EQ, "a")], [("service_name", RE, "b|c")]]}
