"""The stores that are compared: blocks of generated data, and a live store filled by remote write."""

import contextlib
import random
import struct

from spmtest import dataset, prometheus, remote_write
from spmtest.remote_read import EQ, RE

START_MS = dataset.START * 1000
HOURS = 2.5

GROUPINGS = [["le"], ["service_name", "le"], ["service_name", "span_name", "le"], ["instance", "le"],
             ["service_name"], ["service_name", "span_name"], ["service_name", "span_name", "status_code"], ["job"]]


@contextlib.contextmanager
def blocks(program=prometheus.PROMETHEUS, schema="connector"):
    data = dataset.stored(schema, HOURS)
    names = dataset.names_of(schema)
    with prometheus.Prometheus(data, program=program) as store:
        services = ["frontend", "checkout", "late", "restarts", "mixed-buckets", "pauses", "slow", "broker", "inf-only", "idle"]
        yield store.url, {
            "from": START_MS, "to": START_MS + int(HOURS * 3600_000), "groupings": GROUPINGS, "phase": 3_000,
            "calls": names.calls, "histogram": names.histogram, "names": names,
            "services": [*services, "fails-later", "a.b", 'quo"te\\back', "line\nbreak", "ünï-服务"],
            "selectors": [*([("service_name", EQ, name)] for name in services),
                          [("service_name", RE, "frontend|checkout|late|restarts")], [("job", EQ, "spanmetrics")]]}


LIVE = dataset.Names("live_calls_total", "live_latency_milliseconds")
LES, EVERY_MS = ("100", "2500", "+Inf"), 15_000
LIVE_ARGUMENTS = ["--web.enable-remote-write-receiver"]
LIVE_CONFIGURATION = """
global: {external_labels: {region: eu, replica: a}}
storage: {tsdb: {out_of_order_time_window: 20m}}
"""


def _stale():
    return struct.unpack("<d", struct.pack("<Q", 0x7ff0000000000002))[0]


class _Counter:
    """One series of calls and its three buckets, from `since` to `until` (scrapes), restarting now and then."""

    def __init__(self, chance, number, scrapes):
        self.chance = chance
        self.labels = {"service_name": chance.choice("cab"), "span_name": f"op {chance.randrange(4)}",
                       "span_kind": chance.choice(["SPAN_KIND_SERVER"] * 3 + ["SPAN_KIND_CLIENT"]),
                       "status_code": chance.choice(["STATUS_CODE_UNSET"] * 2 + ["STATUS_CODE_ERROR"]),
                       "instance": f"i{number}", "job": "live"}
        self.since = chance.choice([0, 0, 0, chance.randrange(scrapes)])
        self.until = chance.choice([scrapes, scrapes, self.since + chance.randrange(1, scrapes)])
        self.restart, self.jitter_ms, self.gap = chance.choice([0, 0, 37]), chance.choice([0, 1, 900]), chance.choice([0, 0, 0.1])
        self.counts = [0.0, 0.0, 0.0]
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
        made = [({**self.labels, "__name__": LIVE.calls}, values[2])]
        for le, value in zip(LES, values):
            made.append(({**self.labels, "__name__": LIVE.bucket, "le": le}, value))
        return made


class _Scrapes:
    """All samples of a live store in the order in which they arrive. Series are made in an order that is not that of
    their labels."""

    def __init__(self, from_ms, seed, scrapes, late):
        self._chance = random.Random(seed)
        self._counters = [_Counter(self._chance, number, scrapes) for number in range(24)]
        self._from_ms, self._scrapes, self._late, self._kept_back = from_ms, scrapes, late, []

    def labels_of(self, service):
        """Of all series of a service that have not ended."""
        made = []
        for counter in self._counters:
            if counter.labels["service_name"] == service and counter.since == 0 and counter.until == self._scrapes:
                made.append({**counter.labels, "__name__": LIVE.calls})
                made += [{**counter.labels, "__name__": LIVE.bucket, "le": le} for le in LES]
        return made

    def write(self, url, numbers):
        for number in numbers:
            now = []
            for counter in self._counters:
                time_ms = self._from_ms + number * EVERY_MS + self._chance.randrange(counter.jitter_ms + 1)
                samples = [(labels, time_ms, value) for labels, value in counter.scrape(number)]
                if self._late and self._chance.random() < 0.02:
                    self._kept_back.append((number + self._chance.randrange(1, 30), samples))
                else:
                    now += samples
            for due in [entry for entry in self._kept_back if entry[0] <= number]:
                self._kept_back.remove(due)
                now += due[1]
            remote_write.write_samples(url, now)


def _live_world(from_ms, now_ms):
    return {"from": from_ms, "to": now_ms, "groupings": GROUPINGS, "phase": 0, "calls": LIVE.calls,
            "histogram": LIVE.histogram, "names": LIVE, "services": ["a", "b", "c"],
            "selectors": [[("job", EQ, "live")], [("service_name", EQ, "a")], [("service_name", RE, "b|c")]]}


@contextlib.contextmanager
def live(now_ms, program=prometheus.PROMETHEUS, seed=1, scrapes=240, late=True):
    """Everything is in the open head."""
    from_ms = now_ms - scrapes * 15_000
    with prometheus.Prometheus(configuration=LIVE_CONFIGURATION, arguments=LIVE_ARGUMENTS, program=program) as store:
        _Scrapes(from_ms, seed, scrapes, late).write(store.url, range(scrapes))
        yield store.url, _live_world(from_ms, now_ms)


@contextlib.contextmanager
def head_and_blocks(now_ms, program=prometheus.PROMETHEUS, seed=1, scrapes=240):
    """The first half is in a block, the second one in the head; samples that came late lie over both."""
    from_ms = now_ms - scrapes * 15_000
    all_of = _Scrapes(from_ms, seed, scrapes, late=True)
    with contextlib.ExitStack() as first_life:
        store = first_life.enter_context(prometheus.Prometheus(
            configuration=LIVE_CONFIGURATION, arguments=[*LIVE_ARGUMENTS, "--web.enable-admin-api"], program=program))
        all_of.write(store.url, range(scrapes // 2))
        with prometheus.Prometheus(store.snapshot(), configuration=LIVE_CONFIGURATION, arguments=LIVE_ARGUMENTS,
                                   program=program) as second:
            first_life.close()
            all_of.write(second.url, range(scrapes // 2, scrapes))
            yield second.url, _live_world(from_ms, now_ms)


class Growing:
    """A live store whose data reach up to whatever time a test says it is. `store` can be killed and started."""

    def __init__(self, store, scrapes, from_ms, written):
        self.store, self._scrapes, self.from_ms, self.written = store, scrapes, from_ms, written

    @property
    def now_ms(self):
        """The time of the last scrape."""
        return self.from_ms + (self.written - 1) * EVERY_MS

    def world(self):
        return _live_world(self.from_ms, self.now_ms)

    def grow_to(self, now_ms):
        number = (now_ms - self.from_ms) // EVERY_MS + 1
        self._scrapes.write(self.store.url, range(self.written, number))
        self.written = max(self.written, number)

    def write_late(self, time_ms, value):
        """A sample of every series that there is of one service, between its scrapes, as it comes after an outage."""
        remote_write.write_samples(self.store.url, [(labels, time_ms, value) for labels in self._scrapes.labels_of("a")])


@contextlib.contextmanager
def growing(from_ms, program=prometheus.PROMETHEUS, seed=1, at_first=160, most=600, in_block=0):
    """The first `in_block` scrapes are in a block, the rest of the first ones in the head; late samples lie over both."""
    all_of = _Scrapes(from_ms, seed, most, late=True)
    arguments = [*LIVE_ARGUMENTS, "--web.enable-admin-api"]
    with contextlib.ExitStack() as stack:
        data = None
        if in_block:
            first = stack.enter_context(prometheus.Prometheus(configuration=LIVE_CONFIGURATION, arguments=arguments,
                                                              program=program))
            all_of.write(first.url, range(in_block))
            data = first.snapshot()
        store = stack.enter_context(prometheus.Prometheus(data, configuration=LIVE_CONFIGURATION, arguments=arguments,
                                                          program=program))
        all_of.write(store.url, range(in_block, at_first))
        yield Growing(store, all_of, from_ms, at_first)


@contextlib.contextmanager
def one_large_service(now_ms, program=prometheus.PROMETHEUS, scrapes=30):
    """Nothing but a service that alone has more series of calls than a comparison should read."""
    from_ms = now_ms - scrapes * 15_000
    series = [{"service_name": "a", "span_name": f"op {number // 8}", "span_kind": "SPAN_KIND_SERVER", "job": "live",
               "status_code": "STATUS_CODE_ERROR" if number % 2 else "STATUS_CODE_UNSET", "instance": f"i{number % 8 // 2}"}
              for number in range(2_080)]
    with prometheus.Prometheus(configuration=LIVE_CONFIGURATION, arguments=LIVE_ARGUMENTS, program=program) as store:
        for number in range(scrapes):
            made = []
            for place, labels in enumerate(series):
                value = number * (0.1 + place % 97)
                made.append(({**labels, "__name__": LIVE.calls}, from_ms + number * 15_000, value))
                if place % 8 == 0:
                    made += [({**labels, "__name__": LIVE.bucket, "le": le}, from_ms + number * 15_000, value * part)
                             for le, part in (("100", 0.5), ("+Inf", 1.0))]
            remote_write.write_samples(store.url, made)
        yield store.url, {**_live_world(from_ms, now_ms), "services": ["a"]}
