"""Prometheus' remote write 0.1.0, as far as native histograms need it: protobuf and snappy written by hand."""

import struct
import urllib.error
import urllib.request


def _varint(number):
    number &= 0xFFFFFFFFFFFFFFFF
    made = bytearray()
    while number > 0x7F:
        made.append(number & 0x7F | 0x80)
        number >>= 7
    made.append(number)
    return bytes(made)


def _zigzag(number):
    return _varint(number * 2 if number >= 0 else -number * 2 - 1)


def _number(field, encoded):
    return _varint(field << 3) + encoded


def _double(field, value):
    return _varint(field << 3 | 1) + struct.pack("<d", value)


def _bytes(field, value):
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _labels(labels):
    return b"".join(_bytes(1, _bytes(1, name.encode()) + _bytes(2, value.encode())) for name, value in sorted(labels.items()))


class Native:
    """A cumulative exponential histogram: `counts` are those of neighbouring buckets, the first one of index `first`."""

    def __init__(self, schema, first, counts, total):
        self.schema, self.first, self.counts, self.sum = schema, first, counts, total


def _histogram(value, time_ms):
    deltas = [count - before for count, before in zip(value.counts, [0, *value.counts])]
    span = _number(1, _zigzag(value.first)) + _number(2, _varint(len(value.counts)))
    return (_number(1, _varint(sum(value.counts))) + _double(3, value.sum) + _number(4, _zigzag(value.schema)) +
            _double(5, 1e-128) + _number(6, _varint(0)) + _bytes(11, span) + _bytes(12, b"".join(map(_zigzag, deltas))) +
            _number(15, _varint(time_ms)))


def _series(labels, time_ms, value):
    if isinstance(value, Native):
        return _bytes(1, _labels(labels) + _bytes(4, _histogram(value, time_ms)))
    return _bytes(1, _labels(labels) + _bytes(2, _double(1, value) + _number(2, _varint(time_ms))))


def _snappy(data):
    """Snappy's block format, with literals only."""
    made = [_varint(len(data))]
    for at in range(0, len(data), 65536):
        part = data[at:at + 65536]
        made += [b"\xf4", struct.pack("<H", len(part) - 1), part]
    return b"".join(made)


def write(store_url, time_ms, values):
    """`values`: (labels with __name__, a number or a Native), all of one time. Times must not go back."""
    write_samples(store_url, [(labels, time_ms, value) for labels, value in values])


def write_samples(store_url, samples):
    """`samples`: (labels with __name__, time in ms, a number or a Native)."""
    body = _snappy(b"".join(_series(*sample) for sample in samples))
    request = urllib.request.Request(store_url + "/api/v1/write", body, {
        "Content-Type": "application/x-protobuf", "Content-Encoding": "snappy",
        "X-Prometheus-Remote-Write-Version": "0.1.0"})
    try:
        urllib.request.urlopen(request, timeout=30).close()
    except urllib.error.HTTPError as error:
        raise AssertionError(f"remote write: {error.code} {error.read()[:500]!r}") from None
