#!/usr/bin/env python3
"""Writes span metrics of three fixed hours as OpenMetrics text: the data behind the recordings.

    span_metrics_dataset.py [--schema NAME] [--hours N] [--without kind,status] [--label tenant=a] [--seed N] > metrics.om
    promtool tsdb create-blocks-from openmetrics metrics.om DIR
    prometheus --storage.tsdb.path=DIR --storage.tsdb.retention.time=100y ...

Same input, same bytes, on every machine. The window is START (included) to END (excluded), one sample every 15 s.
Each service is there for one hard case; see SERVICES. --schema says under which names the same data is written."""
import argparse, math, sys

START, END, EVERY = 1795132800, 1795132800 + 3 * 3600, 15  # 2026-11-20T00:00:00Z
BOUNDS_MS = [2, 4, 6, 8, 10, 50, 100, 200, 400, 800, 1000, 1400, 2000, 5000, 10000, 15000]

# service, operation, kind, calls per scrape, median ms, spread, errors per 1000, from s, until s, what it is for
S, C, P, Q, I = 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER', 'INTERNAL'
ALL = (0, END - START)
SERVICES = [
    ('frontend', 'HTTP GET /dispatch', S, 30, 180, 1.7, 12, *ALL),       # ordinary
    ('frontend', 'HTTP GET /', S, 55, 3, 2.2, 0, *ALL),                  # an operation without errors
    ('frontend', 'HTTP GET /config', S, 9, 6, 1.3, 40, *ALL),
    ('frontend', 'HTTP POST /a?b=1&c="x"\\y', S, 4, 700, 2.0, 500, *ALL),  # characters to escape
    ('frontend', 'driver.DriverService/FindNearest', C, 28, 90, 1.4, 3, *ALL),
    ('frontend', 'render', I, 60, 1, 1.5, 0, *ALL),
    ('checkout', 'POST /pay', S, 6, 400, 1.9, 0, *ALL),
    ('checkout', 'POST /refund', S, 2, 900, 1.6, 300, 5400, END - START),  # an operation that begins half way
    ('idle', 'GET /nothing', S, 0, 10, 1.5, 0, *ALL),                    # 0/0
    ('clean', 'GET /ok', S, 12, 20, 1.5, 0, *ALL),                       # no error series at all
    ('fails-later', 'POST /late-errors', S, 6, 40, 1.5, 80, *ALL),         # its error series begins half way: error rates partly filled
    ('pauses', 'GET /pause', S, 6, 40, 1.5, 80, *ALL),                    # flat for half an hour, errors too: 0/0 is NaN
    ('a.b', 'GET /dot', S, 5, 25, 1.5, 100, *ALL),                       # `.` is not a wildcard
    ('axb', 'GET /x', S, 7, 45, 1.5, 100, *ALL),
    ('pay+ment (eu)', 'GET /plus', S, 5, 15, 1.5, 100, *ALL),
    ('quo"te\\back', 'GET /quote', S, 5, 15, 1.5, 100, *ALL),
    ('one|two', 'GET /pipe', S, 5, 15, 1.5, 100, *ALL),
    ('one', 'GET /one', S, 3, 15, 1.5, 100, *ALL),
    ('two', 'GET /two', S, 3, 35, 1.5, 100, *ALL),
    ('ünï-服务', 'GET /utf8', S, 5, 15, 1.5, 100, *ALL),
    ('line\nbreak', 'GET /newline', S, 5, 15, 1.5, 100, *ALL),
    ('late', 'GET /late', S, 8, 30, 1.5, 50, 3600, 7200),                # appears, then disappears
    ('restarts', 'GET /reset', S, 20, 30, 1.5, 50, *ALL),                # counters start again, once each half hour
    ('slow', 'GET /slow', S, 4, 60000, 1.1, 50, *ALL),                   # beyond the last finite bucket
    ('broker', 'orders publish', P, 10, 12, 1.5, 20, *ALL),
    ('broker', 'orders process', Q, 10, 250, 1.8, 20, *ALL),
    ('mixed-buckets', 'GET /mixed', S, 25, 60, 2.0, 50, *ALL),           # its second instance has other bounds
    ('inf-only', 'GET /inf', S, 5, 15, 1.5, 50, *ALL),                   # nothing but le="+Inf"
]

class Schema:
    def __init__(self, calls, hist, service='service_name', operation='span_name', kind='span_kind', status='status_code',
                 error='STATUS_CODE_ERROR', unset='STATUS_CODE_UNSET', per_ms=1.0, kind_prefix='SPAN_KIND_', type_of_calls='unknown'):
        self.__dict__.update(locals())

SCHEMAS = {
    'connector': Schema('traces_span_metrics_calls_total', 'traces_span_metrics_duration_milliseconds'),
    'connector-plain': Schema('traces_span_metrics_calls', 'traces_span_metrics_duration'),
    'connector-seconds': Schema('traces_span_metrics_calls_total', 'traces_span_metrics_duration_seconds', per_ms=0.001),
    'connector-old': Schema('calls_total', 'duration_milliseconds'),
    'connector-bare': Schema('calls', 'duration'),
    'connector-otel-status': Schema('traces_span_metrics_calls_total', 'traces_span_metrics_duration_milliseconds',
                                    status='otel_status_code', error='ERROR', unset=None),
    'custom-namespace': Schema('otel_collector_span_metrics_calls_total', 'otel_collector_span_metrics_duration_milliseconds'),
    'processor': Schema('calls_total', 'latency', operation='operation'),
    'allinone-ns': Schema('calls_total', 'duration', operation='operation', per_ms=1e6),
    'tempo': Schema('traces_spanmetrics_calls_total', 'traces_spanmetrics_latency', service='service', per_ms=0.001),
    'agent': Schema('traces_spanmetrics_calls_total', 'traces_spanmetrics_latency', operation='operation'),
    'signoz': Schema('signoz_calls_total', 'signoz_latency', operation='operation'),
}

def random_stream(seed):
    x = seed & 0xffffffffffffffff or 1
    while True:                       # xorshift64*
        x ^= x >> 12; x ^= (x << 25) & 0xffffffffffffffff; x ^= x >> 27
        yield ((x * 2685821657736338717) & 0xffffffffffffffff) >> 11

def escape(v): return v.replace('\\', '\\\\').replace('\n', '\\n').replace('"', '\\"')
def number(x): return repr(int(x)) if x == int(x) else repr(x)

class Series:
    def __init__(self, schema, row, status, instance, more=(), seed=0):
        self.service, self.operation, self.kind, self.rate, self.median, self.spread, self.errors, self.since, self.until = row
        if self.service == 'fails-later' and status == 'e': self.since = 5400
        self.bounds = BOUNDS_MS
        if self.service == 'mixed-buckets' and instance: self.bounds = [5, 25, 50, 75, 100, 250, 1000]
        if self.service == 'inf-only': self.bounds = []
        self.share = {'e': self.errors / 1000, 'u': 1 - self.errors / 1000, 'all': 1}[status]
        labels = {schema.service: self.service, schema.operation: self.operation, schema.kind: schema.kind_prefix + self.kind,
                  schema.status: schema.error if status == 'e' else schema.unset, 'job': 'spanmetrics', 'instance': f'otelcol-{instance}:8889', **dict(more)}
        self.labels = ','.join(f'{k}="{escape(v)}"' for k, v in labels.items() if k and v is not None)
        self.le = [number(b * schema.per_ms) if schema.per_ms >= 1 else repr(b / 1000) for b in self.bounds] + ['+Inf']
        self.counts, self.calls, self.sum = [0] * len(self.le), 0, 0.0
        for ch in (self.service + self.operation + status + str(instance)).encode(): seed = (seed * 131 + ch + 1) & 0xffffffffffffffff
        self.random = random_stream(seed)
        self.offset = 3 + 5 * instance

    def unit(self): return next(self.random) / 9007199254740992
    def scrape(self, t):
        if self.service == 'restarts' and t % 1800 == 900: self.counts, self.calls, self.sum = [0] * len(self.le), 0, 0.0
        wave = 1 + 0.5 * ((t // 15) % 240) / 240
        want = self.rate * self.share * wave
        n = int(want) + (self.unit() < want - int(want))
        if self.service == 'pauses' and 5400 <= t - START < 7200: n = 0
        for _ in range(n):
            u = self.unit() + self.unit() + self.unit() - 1.5     # about normal, and exact on every machine
            ms = round(self.median * self.spread ** round(2 * u, 6), 3)
            self.sum += ms
            for i, b in enumerate(self.bounds):
                if ms <= b: self.counts[i] += 1
            self.counts[-1] += 1
        self.calls += n

def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument('--schema', choices=SCHEMAS, default='connector')
    a.add_argument('--list', action='store_true', help='name the schemas')
    a.add_argument('--hours', type=float, default=3)
    a.add_argument('--without', default='', help='leave labels out: kind, status or both (kind,status)')
    a.add_argument('--label', action='append', default=[], help='name=value: a label that every series has besides; repeatable')
    a.add_argument('--seed', type=int, default=0, help='other values under the same names')
    a.add_argument('--since', type=int, default=0, help='leave the first seconds out: what an earlier producer has written')
    a.add_argument('--calls', help='another name of the calls')
    a.add_argument('--histogram', help='another name of the histogram')
    a.add_argument('--days-earlier', type=int, default=0, help='the same hours of an earlier day')
    a.add_argument('--no-calls', action='store_true', help='histograms only')
    o = a.parse_args()
    if o.list: return print('\n'.join(SCHEMAS))
    sc = SCHEMAS[o.schema]
    sc.calls, sc.hist = o.calls or sc.calls, o.histogram or sc.hist
    for label in filter(None, o.without.split(',')):
        if label not in ('kind', 'status'): a.error(f'--without knows kind and status, not {label}')
        setattr(sc, label, None)
    more = [label.split('=', 1) for label in o.label]
    series = [Series(sc, row, status, i, more, o.seed) for row in SERVICES for status in (['all'] if not sc.status else 'ue' if row[6] else 'u')
              for i in ((0, 1) if row[0] in ('frontend', 'mixed-buckets') else (0,))]
    out = sys.stdout
    calls, hist = [], []
    times = range(START, START + int(o.hours * 3600), EVERY)
    for t in times:
        for s in series:
            if not s.since <= t - START < s.until: continue
            s.scrape(t)
            if t - START < o.since: continue
            stamp = t + s.offset - o.days_earlier * 86400
            calls.append(f'{sc.calls}{{{s.labels}}} {s.calls} {stamp}\n')
            for le, c in zip(s.le, s.counts): hist.append(f'{sc.hist}_bucket{{{s.labels},le="{le}"}} {c} {stamp}\n')
            hist.append(f'{sc.hist}_count{{{s.labels}}} {s.calls} {stamp}\n{sc.hist}_sum{{{s.labels}}} {number(round(s.sum * sc.per_ms, 6))} {stamp}\n')
    if not o.no_calls: out.write(f'# TYPE {sc.calls} unknown\n'); out.writelines(calls)
    out.write(f'# TYPE {sc.hist} histogram\n'); out.writelines(hist)
    out.write('# EOF\n')

if __name__ == '__main__': main()
