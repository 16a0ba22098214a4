"""A streamed remote read of a store, asked for with protobuf and snappy written by hand; its body is kept as it came."""

import urllib.request

from .remote_write import _bytes, _number, _snappy, _varint

EQ, RE = 0, 2


def _matcher(name, kind, value):
    return _number(1, _varint(kind)) + _bytes(2, name.encode()) + _bytes(3, value.encode())


def read(store_url, from_ms, to_ms, matchers) -> bytes:
    """`matchers`: (label, EQ or RE, value)."""
    query = (_number(1, _varint(from_ms)) + _number(2, _varint(to_ms)) +
             b"".join(_bytes(3, _matcher(*matcher)) for matcher in matchers))
    request = urllib.request.Request(store_url + "/api/v1/read", _snappy(_bytes(1, query) + _number(2, _varint(1))), {
        "Content-Type": "application/x-protobuf", "Content-Encoding": "snappy",
        "X-Prometheus-Remote-Read-Version": "0.1.0"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        kind = answer.headers["Content-Type"]
        assert kind.startswith("application/x-streamed-protobuf"), kind
        return answer.read()
