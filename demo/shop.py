"""Span metrics of a small shop, as a function of time: the same for its history and for its live exporter.

Counters are sums over steps of STEP seconds; within a step they rise evenly. So any two observers agree, whenever they
look, and a history written up to some moment is continued by an exporter started after it.
"""

import math
from typing import NamedTuple

STEP = 15
BOUNDS_MS = (2, 4, 6, 8, 10, 50, 100, 200, 400, 800, 1000, 1400, 2000, 5000, 10000, 15000)

JOB, INSTANCE = "spanmetrics", "demo-collector:8889"


class Names(NamedTuple):
    """How a producer of span metrics calls things."""
    calls: str  # without _total
    duration: str
    service: str
    operation: str
    unit_ms: float  # milliseconds in the unit of durations

    def bounds(self):
        return tuple(f"{bound / self.unit_ms:g}" for bound in BOUNDS_MS) + ("+Inf",)


PRODUCERS = {
    "connector": Names("traces_span_metrics_calls", "traces_span_metrics_duration_milliseconds", "service_name", "span_name", 1),
    "seconds": Names("traces_span_metrics_calls", "traces_span_metrics_duration_seconds", "service_name", "span_name", 1000),
    "processor": Names("calls", "latency", "service_name", "operation", 1),
    "tempo": Names("traces_spanmetrics_calls", "traces_spanmetrics_latency", "service", "span_name", 1000),
}

# service, operation, kind, calls a second, median ms, spread, share of errors
OPERATIONS = (
    ("frontend", "GET /", "SERVER", 14.0, 22, 1.8, 0.000),
    ("frontend", "GET /products/{id}", "SERVER", 9.0, 48, 1.9, 0.004),
    ("frontend", "POST /cart", "SERVER", 4.0, 70, 1.8, 0.010),
    ("frontend", "POST /checkout", "SERVER", 1.6, 480, 1.7, 0.025),
    ("frontend", "checkout.Checkout/PlaceOrder", "CLIENT", 1.6, 450, 1.7, 0.025),
    ("catalog", "GET /products", "SERVER", 11.0, 9, 1.9, 0.000),
    ("catalog", "GET /products/{id}", "SERVER", 9.0, 7, 2.1, 0.002),
    ("catalog", "SELECT products", "CLIENT", 20.0, 3, 1.8, 0.000),
    ("cart", "POST /items", "SERVER", 4.0, 16, 1.7, 0.006),
    ("cart", "GET /items", "SERVER", 5.5, 6, 1.6, 0.000),
    ("checkout", "checkout.Checkout/PlaceOrder", "SERVER", 1.6, 430, 1.7, 0.025),
    ("checkout", "payment.Payment/Charge", "CLIENT", 1.6, 310, 1.7, 0.020),
    ("checkout", "orders publish", "PRODUCER", 1.5, 5, 1.5, 0.000),
    ("payment", "payment.Payment/Charge", "SERVER", 1.6, 300, 1.7, 0.020),
    ("payment", "payment.Payment/Refund", "SERVER", 0.2, 650, 1.5, 0.080),
    ("shipping", "orders process", "CONSUMER", 1.5, 120, 2.0, 0.012),
    ("shipping", "GET /quote", "SERVER", 2.4, 35, 1.6, 0.001),
)

# Once in two hours the bank is slow and refuses, for a quarter of an hour; everything that waits for it suffers.
INCIDENT_EVERY, INCIDENT_LASTS = 7200, 900
_SUFFERS = {"payment.Payment/Charge": 1.0, "checkout.Checkout/PlaceOrder": 0.8, "POST /checkout": 0.7}


def _incident(time):
    """0 outside an incident; rises to 1 in its middle."""
    into = time % INCIDENT_EVERY
    return math.sin(math.pi * into / INCIDENT_LASTS) if into < INCIDENT_LASTS else 0.0


def _escape(text):
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


class Series:
    """One operation with one status: its counters, from `start` on."""

    def __init__(self, names, row, number, failed, start):
        self.names = names
        self.service, self.operation, kind, self.rate, self.median, spread, self.errors = row
        self.failed, self.phase = failed, number * 1.7
        self.scale = 1 / (math.log(spread) * math.sqrt(2))
        status = "ERROR" if failed else "UNSET"
        self.labels = (f'{names.service}="{_escape(self.service)}",{names.operation}="{_escape(self.operation)}",'
                       f'span_kind="SPAN_KIND_{kind}",status_code="STATUS_CODE_{status}"')
        self.time = start
        self.counts = [0.0] * (len(BOUNDS_MS) + 1)
        self.sum = 0.0

    def _step(self, time):
        """(calls in a step at `time`, the share of them within each bound, mean ms)"""
        trouble = _incident(time) * _SUFFERS.get(self.operation, 0.0)
        traffic = 1 + 0.35 * math.sin(time / 3300 + self.phase) + 0.1 * math.sin(time / 290 + 2 * self.phase)
        errors = self.errors + 0.25 * trouble
        calls = self.rate * traffic * STEP * (errors if self.failed else 1 - errors)
        median = self.median * (1 + 0.15 * math.sin(time / 1700 + self.phase) + 2.5 * trouble)
        if self.failed:
            median *= 1.6
        centre, scale = math.log(median), self.scale
        shares = [0.5 * (1 + math.erf((log - centre) * scale)) for log in _LOGS]
        return calls, shares, median * math.exp(0.25 / (scale * scale))

    def advance(self):
        """Goes one step on."""
        calls, shares, mean = self._step(self.time)
        counts = self.counts
        for index, share in enumerate(shares):
            counts[index] += calls * share
        counts[-1] += calls
        self.sum += calls * mean
        self.time += STEP

    def at(self, time):
        """(bucket counts, sum) at `time`, which must lie within the step that comes next."""
        calls, shares, mean = self._step(self.time)
        part = (time - self.time) / STEP * calls
        counts = [int(count + part * share) for count, share in zip(self.counts, (*shares, 1.0))]
        return counts, self.sum + part * mean

    def now(self):
        return [int(count) for count in self.counts], self.sum


_LOGS = [math.log(bound) for bound in BOUNDS_MS]


def all_series(names, start):
    made = []
    for number, row in enumerate(OPERATIONS):
        made.append(Series(names, row, number, False, start))
        if row[-1] or row[1] in _SUFFERS:
            made.append(Series(names, row, number, True, start))
    return made


def write_history(file, series, until):
    """OpenMetrics text of every step before `until` (whole steps away); leaves `series` at `until`."""
    identity = f'job="{JOB}",instance="{INSTANCE}"'
    names = series[0].names
    calls, durations = [], []
    for one in series:
        labels = f"{one.labels},{identity}"
        heads = [f'{names.duration}_bucket{{{labels},le="{le}"}} ' for le in names.bounds()]
        while one.time < until:
            counts, total = one.now()
            stamp = f" {one.time}\n"
            calls.append(f"{names.calls}_total{{{labels}}} {counts[-1]}{stamp}")
            durations += [head + str(count) + stamp for head, count in zip(heads, counts)]
            durations.append(f"{names.duration}_count{{{labels}}} {counts[-1]}{stamp}"
                             f"{names.duration}_sum{{{labels}}} {total / names.unit_ms:.3f}{stamp}")
            one.advance()
    file.write(f"# TYPE {names.calls} counter\n")
    file.writelines(calls)
    file.write(f"# TYPE {names.duration} histogram\n")
    file.writelines(durations)
    file.write("# EOF\n")


def exposition(series, time):
    """What a scrape at `time` reads. `time` never goes back."""
    names = series[0].names
    calls, durations = [f"# TYPE {names.calls}_total counter\n"], [f"# TYPE {names.duration} histogram\n"]
    for one in series:
        while one.time + STEP <= time:
            one.advance()
        counts, total = one.at(max(time, one.time))
        calls.append(f"{names.calls}_total{{{one.labels}}} {counts[-1]}\n")
        durations += [f'{names.duration}_bucket{{{one.labels},le="{le}"}} {count}\n' for le, count in zip(names.bounds(), counts)]
        durations.append(f"{names.duration}_count{{{one.labels}}} {counts[-1]}\n"
                         f"{names.duration}_sum{{{one.labels}}} {total / names.unit_ms:.3f}\n")
    return "".join(calls + durations)
