"""Questions to the proxy, what the store itself answers to them, and a comparison of both.

Answers have one form here: {(service, operation): {milliseconds: value}}; operation is None when not grouped by it.
"""

import datetime
import functools
import json
import math
import re
import urllib.error
import urllib.parse
import urllib.request

import pytest

KINDS = ("server", "client", "producer", "consumer", "internal")


class Question:
    """`metric`: latencies, calls or errors. Times in seconds; `kinds` empty: the default, server."""

    def __init__(self, metric, services, end, lookback, step=60.0, rate=600.0, quantile=None, by_operation=False,
                 kinds=("server",), tags=()):
        self.metric, self.services, self.quantile, self.by_operation = metric, tuple(services), quantile, by_operation
        self.end, self.lookback, self.step, self.rate, self.kinds = end, lookback, step, rate, tuple(kinds)
        self.tags = tuple(tags)

    @property
    def target(self):
        pairs = [("service", service) for service in self.services]
        pairs += [("endTs", round(self.end * 1000)), ("lookback", round(self.lookback * 1000)),
                  ("step", round(self.step * 1000)), ("ratePer", round(self.rate * 1000))]
        pairs += [("spanKind", kind) for kind in self.kinds] + [("tag", tag) for tag in self.tags]
        if self.quantile is not None:
            pairs.append(("quantile", repr(self.quantile)))
        if self.by_operation:
            pairs.append(("groupByOperation", "true"))
        return f"/api/metrics/{self.metric}?{urllib.parse.urlencode(pairs, quote_via=urllib.parse.quote)}"

    def __repr__(self):
        grouped = "operation" if self.by_operation else "service"
        quantile = "" if self.quantile is None else f" p{self.quantile * 100:g}"
        some = self.services if len(self.services) < 4 else f"{len(self.services)} services"
        return f"{self.metric}{quantile} by {grouped}, {'/'.join(self.kinds)}, {some}"


def page(services, end, lookback, kinds=KINDS, **options):
    """Everything the Monitor tab asks, for each span kind by itself: sums over several kinds depend on their order."""
    made = []
    for kind in kinds:
        for by_operation in (False, True):
            for metric, quantile in (("latencies", 0.95), ("latencies", 0.5), ("calls", None), ("errors", None)):
                made.append(Question(metric, services, end, lookback, quantile=quantile, by_operation=by_operation,
                                     kinds=(kind,), **options))
    return made


# -- asking the proxy ----------------------------------------------------------------------------------------------------
@functools.lru_cache(maxsize=65536)  # the series of an answer have the same times
def _milliseconds(text):
    whole, _, fraction = text.rstrip("Z").partition(".")
    seconds = datetime.datetime.fromisoformat(whole).replace(tzinfo=datetime.timezone.utc).timestamp()
    return round(seconds) * 1000 + int((fraction + "000")[:3])


def series_of(family):
    """Of one of Jaeger's metric families as JSON."""
    made = {}
    for metric in family["metrics"]:
        labels = {label["name"]: label["value"] for label in metric["labels"]}
        key = (labels.pop("service_name"), labels.pop("operation", None))
        assert not labels and key not in made, f"{key} with {labels}, beside {list(made)}"
        made[key] = {_milliseconds(point["timestamp"]): float(point["gaugeValue"]["doubleValue"])
                     for point in metric["metricPoints"]}
    return made


def log_tail(proxy):
    """The end of the program's log without the lines that say what was asked."""
    log = "\n".join(line for line in proxy.child.lines() if "msg=access" not in line)
    return f"---- log of the program ----\n{log[-3000:]}"


class Asked:
    def __init__(self, proxy, question, headers=()):
        self.question, self._proxy = question, proxy
        self.answer = proxy.get(question.target, headers=headers)
        if self.answer.status != 200:
            pytest.fail(self.explained(f"{self.answer}"), pytrace=False)
        self.series = series_of(self.answer.json)

    def header(self, name):
        return self.answer.header(name)

    def explained(self, what):
        return (f"{self.question}\n  {self.question.target[:400]}\n{what}\n"
                f"headers: {self.answer.headers}\n{log_tail(self._proxy)}")

    def is_like(self, expected, relative=0.0):
        found = difference(self.series, expected, relative)
        if found:
            pytest.fail(self.explained(found))

    def agrees(self, expected, relative=0.0):
        return difference(self.series, expected, relative) is None

    def is_not_empty(self):
        if not any(self.series.values()):
            pytest.fail(self.explained("expected values, got an empty answer"))


def difference(got, expected, relative=0.0):
    """None, or the first differences in words. Equal means to the last bit unless `relative` says otherwise."""
    found = [f"series {key}: expected, missing" for key in sorted(expected, key=repr) if key not in got]
    found += [f"series {key}: not expected" for key in sorted(got, key=repr) if key not in expected]
    for key in expected.keys() & got.keys():
        for time in sorted(expected[key].keys() | got[key].keys()):
            want, have = expected[key].get(time), got[key].get(time)
            if want is None or have is None or not _same(want, have, relative):
                found.append(f"{key} at {time}: expected {want!r}, got {have!r}")
    if not found:
        return None
    points = sum(map(len, expected.values()))
    return f"{len(found)} differences ({points} points expected):\n  " + "\n  ".join(found[:8])


def _same(want, have, relative):
    if math.isnan(want) or math.isnan(have):
        return math.isnan(want) and math.isnan(have)
    return want == have or (relative > 0 and math.isclose(want, have, rel_tol=relative, abs_tol=0.0))


# -- asking the store ----------------------------------------------------------------------------------------------------
def request_json(url, form=None):
    data = None if form is None else urllib.parse.urlencode(form).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data), timeout=60) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{url} {form}: {error.code} {error.read()[:500]!r}") from None


def instant(store_url, query, time=None, **parameters):
    form = {"query": query, **parameters}
    if time is not None:
        form["time"] = time
    return request_json(store_url + "/api/v1/query", form)["data"]["result"]


def in_range(store_url, query, question, **parameters):
    form = {"query": query, "start": f"{question.end - question.lookback:.3f}", "end": f"{question.end:.3f}",
            "step": question.step, **parameters}
    return request_json(store_url + "/api/v1/query_range", form)["data"]["result"]


def _is_plain(name):
    return re.fullmatch(r"[A-Za-z_:][A-Za-z0-9_:]*", name) is not None


def _quoted(value):
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


class Spelling:
    """How a store's PromQL writes names: legal ones plain; others in quotes (Prometheus 3), or escaped (VictoriaMetrics)."""

    def __init__(self, escape=False):
        self._escape = escape

    def label(self, name):
        if _is_plain(name):
            return name
        return re.sub(r"([^A-Za-z0-9_:])", r"\\\1", name) if self._escape else _quoted(name)

    def selector(self, metric, matchers):
        return "{" + ",".join([f"__name__={_quoted(metric)}", *matchers]) + "}"


class Judge:
    """What a store says under the names that the test knows. `extra`: matchers that every selector has.

    `parameters` go with every query; `bucket_label` is VictoriaMetrics' vmrange, or le."""

    def __init__(self, store_url, names, spelling=Spelling(), extra=(), parameters=None, native=False,
                 bucket_label="le"):
        self._bucket_label = bucket_label
        self._url, self._names, self._spelling, self._extra = store_url, names, spelling, tuple(extra)
        self._parameters, self._native = parameters or {}, native

    def _selector(self, metric, question, more=()):
        names, write = self._names, self._spelling
        services = "|".join(re.sub(r"([.+*?()|\[\]{}^$\\])", r"\\\1", service) for service in question.services)
        matchers = [f"{write.label(names.service)}=~{_quoted(services)}", *more, *self._extra]
        if names.kind:
            kinds = "|".join("SPAN_KIND_" + kind.upper() for kind in question.kinds)
            matchers.append(f"{write.label(names.kind)}=~{_quoted(kinds)}")
        matchers += [f'{write.label(tag.split(":", 1)[0])}={_quoted(tag.split(":", 1)[1])}' for tag in question.tags]
        return write.selector(metric, matchers)

    def query(self, question, text):
        """The series of `text`, keyed as answers of the proxy are."""
        names, made = self._names, {}
        for one in in_range(self._url, text, question, **self._parameters):
            labels = one["metric"]
            key = (labels.get(names.service, ""), labels.get(names.operation, "") if question.by_operation else None)
            made[key] = {round(float(time) * 1000): float(value) for time, value in one["values"]}
        return made

    def expected(self, question):
        names, write = self._names, self._spelling
        group = [names.service] + ([names.operation] if question.by_operation else [])
        by = ",".join(map(write.label, group))
        window = f"[{round(question.rate * 1000)}ms]"
        if question.metric == "latencies":
            metric = names.histogram if self._native else names.bucket
            by += "" if self._native else f",{self._bucket_label}"
            rates = f"sum(rate({self._selector(metric, question)}{window})) by ({by})"
            found = self.query(question, f"histogram_quantile({question.quantile!r}, {rates})")
            return {key: {time: value / names.per_ms for time, value in points.items()} for key, points in found.items()}
        found = self.query(question, self._count(question, window, by))
        if question.metric == "calls":
            return found
        errors = {}
        if names.status is not None:
            failed = self._count(question, window, by, (f"{write.label(names.status)}={_quoted(names.error)}",))
            errors = self.query(question, f"{failed} / {self._count(question, window, by)}")
        return {key: {time: errors.get(key, {}).get(time, 0.0) for time in points} for key, points in found.items()}

    def _count(self, question, window, by, more=()):
        """Calls a second; where there is no calls metric, what the native histogram has counted."""
        if self._names.calls is None:
            selector = self._selector(self._names.histogram, question, more)
            return f"sum(histogram_count(rate({selector}{window}))) by ({by})"
        return f"sum(rate({self._selector(self._names.calls, question, more)}{window})) by ({by})"
