"""A client of the gRPC door whose messages are compiled from proto/ when it is first used."""

import functools
import pathlib
import subprocess
import tempfile

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

from . import paths

PACKAGE = "jaeger.api_v2.metrics"
SERVICE = f"{PACKAGE}.MetricsQueryService"


@functools.lru_cache(maxsize=None)
def _pool():
    folder = paths.REPOSITORY / "proto"
    files = sorted(str(file) for file in folder.rglob("*.proto"))
    with tempfile.TemporaryDirectory() as scratch:
        output = pathlib.Path(scratch) / "set"
        subprocess.run(["protoc", f"--proto_path={folder}", "--include_imports", f"--descriptor_set_out={output}", *files],
                       check=True)
        described = descriptor_pb2.FileDescriptorSet.FromString(output.read_bytes())
    pool = descriptor_pool.DescriptorPool()
    for file in described.file:
        pool.Add(file)
    return pool


def message(full_name):
    """The class of a message, by its full name."""
    return message_factory.MessageFactory(_pool()).GetPrototype(_pool().FindMessageTypeByName(full_name))


def method(name):
    return _pool().FindServiceByName(SERVICE).FindMethodByName(name)


class Client:
    """A context manager. Calls take and give proto JSON as dictionaries, with proto field names."""

    def __init__(self, address, credentials=None):
        target, options = f"{address[0]}:{address[1]}", [("grpc.enable_http_proxy", 0)]
        self.channel = (grpc.secure_channel(target, credentials, options) if credentials
                        else grpc.insecure_channel(target, options))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.channel.close()

    def prepare(self, name):
        """(callable for the RPC, class of its request)."""
        described = method(name)
        asked, answered = message(described.input_type.full_name), message(described.output_type.full_name)
        call = self.channel.unary_unary(f"/{SERVICE}/{name}", request_serializer=asked.SerializeToString,
                                        response_deserializer=answered.FromString)
        return call, asked

    def call(self, name, request, timeout=60.0, metadata=()):
        """(code, details or message, answer or None)"""
        return self.call_with_trailers(name, request, timeout, metadata)[:3]

    def call_with_trailers(self, name, request, timeout=60.0, metadata=()):
        """(code, details or message, answer or None, trailing metadata as a dictionary)"""
        call, asked = self.prepare(name)
        try:
            answer, ended = call.with_call(json_format.ParseDict(request, asked()), timeout=timeout, metadata=metadata)
        except grpc.RpcError as error:
            return error.code().name, error.details(), None, dict(error.trailing_metadata() or ())
        made = json_format.MessageToDict(answer, preserving_proto_field_name=True)
        return "OK", "", made, dict(ended.trailing_metadata() or ())

    def calls(self, service="frontend", timeout=60.0, metadata=()):
        """The same small question as Proxy.calls()."""
        return self.call("GetCallRates", small_question(service), timeout, metadata)


def small_question(service="frontend"):
    return {"baseRequest": {"service_names": [service], "end_time": "2026-11-20T02:30:00Z", "lookback": "60s",
                            "step": "60s"}}
