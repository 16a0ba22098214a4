"""The 205 recorded requests to /api/metrics/*. README.md has the rules."""

import re
import urllib.parse

import pytest

import recordings

CASES = recordings.load("http.jsonl")
_NUMBER = re.compile(r'(?<="doubleValue":)(\s*)(-?[0-9][0-9.eE+-]*)')


def _name(index):
    case = CASES[index]
    return f"{index:03d}-{case['path'].rsplit('/', 1)[1] or 'root'}"


def _one_spelling_of_numbers(text):
    return _NUMBER.sub(lambda found: found.group(1) + repr(float(found.group(2))), text)


def test_every_case_is_there():
    assert len(CASES) == 205


@pytest.mark.parametrize("index", range(len(CASES)), ids=_name)
def test_answer_is_as_recorded(proxy, index):
    case = CASES[index]
    query = urllib.parse.urlencode([tuple(pair) for pair in case["params"]])
    answer = proxy.get(f"{case['path']}?{query}" if query else case["path"])
    want = case["want"]
    assert answer.status == want["status"], answer
    if want["status"] == 400:
        assert answer.message.startswith(f"unable to parse param '{want['names']}': "), answer.message
        assert len(answer.message) > len(f"unable to parse param '{want['names']}': "), "the reason is missing"
        return
    if want["status"] == 404:
        assert answer.text == want["body"]
        return
    assert answer.header("Content-Type", "").startswith("application/json"), answer
    body = answer.json
    if "metrics" in body:
        recordings.assert_label_order(body["metrics"])
    if case.get("relative_to_now"):
        assert (body["name"], body["type"], body["metrics"]) == ("service_call_rate", "GAUGE", [])
        return
    difference = recordings.first_difference(recordings.comparable(body), recordings.comparable(want["body"]))
    assert difference is None, difference
    if "raw" in case:
        assert _one_spelling_of_numbers(answer.text) == _one_spelling_of_numbers(case["raw"])
