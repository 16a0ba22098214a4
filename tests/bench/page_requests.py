"""The Monitor tab: the eight requests of Jaeger's UI, and the PromQL that Jaeger makes of them."""

import urllib.parse

from browser import Request

STEP_S, RATE = 60, "10m"
# What is asked, which quantile, and whether by operation; in the UI's order.
CARDS = [("latencies", 0.5, False), ("latencies", 0.75, False), ("latencies", 0.95, False), ("calls", None, False),
         ("errors", None, False), ("latencies", 0.95, True), ("calls", None, True), ("errors", None, True)]


def of_ui(data, end_s, lookback_s):
    """For this service, or Jaeger Query."""
    made = []
    for metric, quantile, by_operation in CARDS:
        pairs = [("service", data.service), ("endTs", round(end_s * 1000)), ("lookback", lookback_s * 1000)]
        pairs += [("quantile", quantile)] if quantile else []
        pairs += [("ratePer", 600_000), ("spanKind", "server"), ("step", STEP_S * 1000)]
        pairs += [("groupByOperation", "true")] if by_operation else []
        made.append(Request(f"/api/metrics/{metric}?{urllib.parse.urlencode(pairs)}"))
    return made


def promql(data, metric, quantile, by_operation):
    """As Jaeger 2.20 words it."""
    kinds = 'span_kind =~ "SPAN_KIND_SERVER"'
    all_of = f'{{service_name =~ "{data.service}", {kinds}}}'
    failed = f'{{service_name =~ "{data.service}", status_code = "STATUS_CODE_ERROR", {kinds}}}'
    by = "service_name,span_name" if by_operation else "service_name"
    if metric == "latencies":
        return f"histogram_quantile({quantile:.2f}, sum(rate({data.buckets}{all_of}[{RATE}])) by ({by},le))"
    calls = f"sum(rate({data.calls}{all_of}[{RATE}])) by ({by})"
    return calls if metric == "calls" else f"sum(rate({data.calls}{failed}[{RATE}])) by ({by}) / {calls}"


def of_jaeger(data, end_s, lookback_s):
    """For the store."""
    return [Request("/api/v1/query_range", urllib.parse.urlencode({
        "query": promql(data, *card), "start": end_s - lookback_s, "end": end_s, "step": STEP_S})) for card in CARDS]
