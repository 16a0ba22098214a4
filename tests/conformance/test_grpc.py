"""The 73 recorded calls of jaeger.api_v2.metrics.MetricsQueryService. README.md has the rules."""

import pytest

import recordings

CASES = recordings.load("grpc.jsonl")


def test_every_case_is_there():
    assert len(CASES) == 73


@pytest.mark.parametrize("index", range(len(CASES)), ids=lambda index: f"{index:02d}-{CASES[index]['method']}")
def test_answer_is_as_recorded(grpc_client, index):
    case = CASES[index]
    code, details, answer = grpc_client.call(case["method"], case["request"])
    assert code == case["code"], (code, details)
    if "details" in case:
        assert details == case["details"]
    if "names" in case:
        assert case["names"] in details
    if "response" in case:
        recordings.assert_label_order(answer.get("metrics", {}).get("metrics", []))
        difference = recordings.first_difference(recordings.comparable(answer), recordings.comparable(case["response"]))
        assert difference is None, difference
