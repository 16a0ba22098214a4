"""Asks the same small question at any door."""

import json

from . import grpc_client

DOORS = ("http", "grpc")


class Outcome:
    """`code`: HTTP status, or the name of a gRPC code. `message`: the error's text. `family`: the answer, or None."""

    def __init__(self, code, message, family, header):
        self.code, self.message, self.family, self.header = code, message, family, header

    def is_one_of(self, *codes):
        return self.code in codes

    def __repr__(self):
        return f"<{self.code} {self.message!r} {json.dumps(self.family)[:300]}>"


def ask(proxy, door, service="frontend", timeout=60.0, headers=()) -> Outcome:
    """The call rates of one service: exactly one query upstream."""
    if door == "http":
        answer = proxy.calls(service, headers=headers)
        if answer.status == 200:
            return Outcome(200, "", answer.json, answer.header)
        return Outcome(answer.status, answer.message, None, answer.header)
    with grpc_client.Client(proxy.grpc) as client:
        metadata = [(name.lower(), value) for name, value in headers]
        code, details, answer = client.calls(service, timeout, metadata)
        return Outcome(code, details, answer["metrics"] if answer else None, lambda _name: None)


def succeeded(outcome):
    return outcome.code in (200, "OK")
