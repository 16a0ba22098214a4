"""The gRPC door beside its answers: health, reflection, deadlines, limits."""

import threading

import grpc
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, json_format

from spmtest import fake_store as fake
from spmtest.grpc_client import PACKAGE, SERVICE, Client, small_question
from spmtest.waiting import eventually


def _varint(value):
    out = b""
    while True:
        value, low = value >> 7, value & 0x7F
        out += bytes([low | (0x80 if value else 0)])
        if not value:
            return out


def _field(number, data):
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _fields(data):
    """[(number, bytes or int)] of one message; enough of protobuf for health and reflection, whose .proto files Debian
    does not package for Python."""
    at, found = 0, []

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value
    while at < len(data):
        key = varint()
        if key & 7 == 0:
            found.append((key >> 3, varint()))
        else:
            assert key & 7 == 2
            size = varint()
            found.append((key >> 3, data[at:at + size]))
            at += size
    return found


def _health(channel, service, timeout=10):
    call = channel.unary_unary("/grpc.health.v1.Health/Check")
    return dict(_fields(call(_field(1, service.encode()), timeout=timeout))).get(1, 0)


SERVING = 1


@pytest.mark.parametrize("service", ["", SERVICE])
def test_health(shared, service):
    with Client(shared.grpc) as client:
        assert _health(client.channel, service) == SERVING


def test_health_of_an_unknown_service(shared):
    with Client(shared.grpc) as client, pytest.raises(grpc.RpcError) as error:
        _health(client.channel, "no.such.Service")
    assert error.value.code() == grpc.StatusCode.NOT_FOUND


def test_health_follows_readiness(start, store):
    store.others = store.always = fake.html(404)
    proxy = start(store, until="live")
    with Client(proxy.grpc) as client:
        eventually(lambda: _health(client.channel, SERVICE) not in (0, SERVING), "not serving")
        store.others, store.always = fake.probe_answer, fake.answer()
        eventually(lambda: _health(client.channel, SERVICE) == SERVING, "serving", 20)


def _reflect(channel, request):
    call = channel.stream_stream("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo")
    return _fields(next(call(iter([request]), timeout=10)))


def test_reflection_lists_the_services(shared):
    with Client(shared.grpc) as client:
        listed = dict(_reflect(client.channel, _field(7, b"*")))[6]
    names = {dict(_fields(entry))[1].decode() for number, entry in _fields(listed) if number == 1}
    assert {SERVICE, "grpc.health.v1.Health"} <= names


def test_reflection_describes_the_messages(shared):
    """From what reflection says alone, a request can be built."""
    pool, seen = descriptor_pool.DescriptorPool(), {}
    with Client(shared.grpc) as client:
        wanted = [_field(4, SERVICE.encode())]
        while wanted:
            answer = dict(_reflect(client.channel, wanted.pop()))
            assert 4 in answer, answer
            for _, raw in _fields(answer[4]):
                file = descriptor_pb2.FileDescriptorProto.FromString(raw)
                if file.name not in seen:
                    seen[file.name] = file
                    wanted += [_field(3, name.encode()) for name in file.dependency if name not in seen]

    def add(name):
        file = seen.pop(name, None)
        if file is not None:
            for needed in file.dependency:
                add(needed)
            pool.Add(file)
    for name in list(seen):
        add(name)
    described = pool.FindMessageTypeByName(f"{PACKAGE}.MetricsQueryBaseRequest")
    assert {field.name: field.number for field in described.fields} == {
        "service_names": 1, "groupByOperation": 2, "end_time": 3, "lookback": 4, "step": 5, "ratePer": 6, "spanKinds": 7}
    assert {method.name for method in pool.FindServiceByName(SERVICE).methods} == {
        "GetMinStepDuration", "GetLatencies", "GetCallRates", "GetErrorRates"}


def test_field_numbers(shared):
    from spmtest.grpc_client import message
    wanted = {
        "GetLatenciesRequest": {"baseRequest": 1, "quantile": 2}, "GetCallRatesRequest": {"baseRequest": 1},
        "GetMinStepDurationResponse": {"minStep": 1}, "GetMetricsResponse": {"metrics": 1},
        "MetricFamily": {"name": 1, "type": 2, "unit": 3, "help": 4, "metrics": 5}, "Metric": {"labels": 1, "metric_points": 2},
        "Label": {"name": 1, "value": 2}, "GaugeValue": {"double_value": 1, "int_value": 2},
        "SummaryValue": {"double_value": 1, "int_value": 2, "count": 3, "created": 4, "quantile": 5},
        "HistogramValue": {"double_value": 1, "int_value": 2, "count": 3, "created": 4, "buckets": 5},
        "Exemplar": {"value": 1, "timestamp": 2, "label": 3}, "StateSetValue": {"states": 1}, "InfoValue": {"info": 1},
        "MetricPoint": {"unknown_value": 1, "gauge_value": 2, "counter_value": 3, "histogram_value": 4, "state_set_value": 5,
                        "info_value": 6, "summary_value": 7, "timestamp": 8},
    }
    for name, fields in wanted.items():
        assert {field.name: field.number for field in message(f"{PACKAGE}.{name}").DESCRIPTOR.fields} == fields, name


@pytest.mark.parametrize("request_json,name", [
    ({"baseRequest": {"service_names": ["a"], "lookback": "-1s"}}, "lookback"),
    ({"baseRequest": {"service_names": ["a"], "step": "0s"}}, "step"),
    ({"baseRequest": {"service_names": ["a"], "ratePer": "-1s"}}, "ratePer"),
    ({"baseRequest": {"service_names": ["a", ""]}}, "service"),
    ({"baseRequest": {"service_names": ["a"], "step": "0.0001s"}}, "step"),
    ({"baseRequest": {"service_names": ["a"], "lookback": "9223372037s"}}, "lookback"),
    ({"baseRequest": {"service_names": ["a"], "step": "0.001s", "lookback": "200s"}}, "step"),
])
def test_bad_parameters_are_named(shared, shared_store, request_json, name):
    before = len(shared_store.queries)
    with Client(shared.grpc) as client:
        code, details, _ = client.call("GetCallRates", request_json)
    assert (code, name in details) == ("INVALID_ARGUMENT", True), details
    assert len(shared_store.queries) == before


def test_values_outside_the_enumeration(shared, shared_store):
    with Client(shared.grpc) as client:
        call, asked = client.prepare("GetCallRates")
        request = json_format.ParseDict(small_question(), asked())
        request.baseRequest.spanKinds.append(99)
        with pytest.raises(grpc.RpcError) as error:
            call(request, timeout=10)
    assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT


def test_timestamps_that_cannot_be(shared):
    with Client(shared.grpc) as client:
        call, asked = client.prepare("GetCallRates")
        for seconds, nanos in ((1 << 62, 0), (-(1 << 62), 0), (0, -1), (0, 2_000_000_000)):
            request = json_format.ParseDict(small_question(), asked())
            request.baseRequest.end_time.seconds, request.baseRequest.end_time.nanos = seconds, nanos
            with pytest.raises(grpc.RpcError) as error:
                call(request, timeout=10)
            assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT, (seconds, nanos)


def test_durations_that_cannot_be(shared):
    with Client(shared.grpc) as client:
        call, asked = client.prepare("GetCallRates")
        for field in ("lookback", "step", "ratePer"):
            for seconds, nanos in ((1 << 62, 0), (-(1 << 62), 0), (1, -5), (1, 2_000_000_000)):
                request = json_format.ParseDict(small_question(), asked())
                duration = getattr(request.baseRequest, field)
                duration.seconds, duration.nanos = seconds, nanos
                with pytest.raises(grpc.RpcError) as error:
                    call(request, timeout=10)
                assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT, (field, seconds, nanos)


@pytest.mark.parametrize("body", [b"\xff\xff\xff", b"\x0a\xff", b"\x0a\x02\x0a\x05", b"\x0a\x04\x0a\x02\xff\xfe"])
def test_bytes_that_are_no_message(shared, body):
    with Client(shared.grpc) as client:
        with pytest.raises(grpc.RpcError) as error:
            client.channel.unary_unary(f"/{SERVICE}/GetCallRates")(body, timeout=10)
        # gRPC's own library answers before we are asked: C++ says UNIMPLEMENTED, others INTERNAL.
        assert error.value.code() in (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.INTERNAL, grpc.StatusCode.UNIMPLEMENTED)
        assert client.calls()[0] == "OK"


def test_unknown_method(shared):
    with Client(shared.grpc) as client, pytest.raises(grpc.RpcError) as error:
        client.channel.unary_unary(f"/{SERVICE}/GetNothing")(b"", timeout=10)
    assert error.value.code() == grpc.StatusCode.UNIMPLEMENTED


def test_request_too_large(start, store):
    proxy = start(store, "--grpc.max-receive-bytes=64KiB")
    with Client(proxy.grpc) as client:
        assert client.calls("a" * 70_000)[0] == "RESOURCE_EXHAUSTED"
        assert client.calls()[0] == "OK"


def test_many_calls_on_one_connection(shared):
    with Client(shared.grpc) as client:
        call, asked = client.prepare("GetCallRates")
        request = json_format.ParseDict(small_question(), asked())
        futures = [call.future(request, timeout=60) for _ in range(60)]
        assert all(len(future.result().metrics.metrics) == 1 for future in futures)


def test_calls_that_race_with_their_cancellation(start, store):
    """Cancelled at every moment: no call hangs, none is answered twice, the program stays well."""
    store.always = fake.answer()
    proxy = start(store)
    with Client(proxy.grpc) as client:
        call, asked = client.prepare("GetCallRates")
        request = json_format.ParseDict(small_question(), asked())
        futures = []
        for number in range(150):
            future = call.future(request, timeout=60 if number % 3 else 0.005)
            futures.append(future)
            if number % 2:
                threading.Timer(0.0005 * (number % 20), future.cancel).start()
        for future in futures:
            eventually(future.done, "the call's end", 60)
        assert eventually(lambda: client.calls()[0] == "OK", "a good answer")


def test_http_on_the_grpc_port(shared):
    from spmtest import raw_http
    with raw_http.Connection(shared.grpc) as connection:
        connection.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert connection.socket.recv(100) is not None
    with Client(shared.grpc) as client:
        assert client.calls()[0] == "OK"
