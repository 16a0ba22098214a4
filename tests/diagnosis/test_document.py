"""docs/diagnosis.md shows what is really printed: each example is made again and compared.

SPM_WRITE_DOCS=1 writes the examples anew instead.
"""

import os
import re

import pytest

from doctor import ask_doctor
from spmtest import paths
from spmtest.dataset import Names
from worlds import fill, span_metrics, store

DOCUMENT = paths.REPOSITORY / "docs" / "diagnosis.md"
HEADER = paths.REPOSITORY / "include" / "spm" / "diagnosis" / "report.hpp"
_EXAMPLE = re.compile(r"<!-- doctor: (?P<name>[\w-]+) -->\n```\n(?P<text>.*?)```\n", re.DOTALL)

SECONDS = Names("traces_span_metrics_calls_total", "traces_span_metrics_duration_seconds", per_ms=0.001)
CUSTOM = Names("otel_collector_span_metrics_calls_total", "otel_collector_span_metrics_duration_milliseconds")
# name: (what is in the store, the settings)
WORLDS = {
    "empty": ((), {}),
    "wrong-named": ((span_metrics(CUSTOM),), {"PROMETHEUS_QUERY_NAMESPACE": "span_metrics"}),
    "seconds": ((span_metrics(SECONDS),), {}),
    "native-only": ((span_metrics(forms=("native",)),), {}),
    "healthy": ((span_metrics(),), {}),
}


def normalised(text):
    """Without what differs from one run to the next, line breaks included: they follow from it."""
    text = re.sub(r"http://127\.0\.0\.1:\d+", "STORE", text)
    text = re.sub(r"\d+ (ms|s|min|h|days) (old|in the future)", "AGE", text)
    text = re.sub(r"version [^\s,]+", "VERSION", text)
    return re.sub(r"\s+", " ", text).strip()


def printed(name):
    sources, settings = WORLDS[name]
    with store() as filled:
        if sources:
            fill(filled.url, *sources)
        return ask_doctor(filled.url, environment=settings).text.replace(filled.url, "http://127.0.0.1:9090")


def examples():
    return {found["name"]: found["text"] for found in _EXAMPLE.finditer(DOCUMENT.read_text(encoding="utf-8"))}


def write(name, text):
    document = DOCUMENT.read_text(encoding="utf-8")
    made = _EXAMPLE.sub(lambda found: f"<!-- doctor: {name} -->\n```\n{text}```\n" if found["name"] == name else found[0],
                        document)
    DOCUMENT.write_text(made, encoding="utf-8")


def test_every_world_is_shown():
    assert set(examples()) == set(WORLDS)


@pytest.mark.parametrize("name", WORLDS)
def test_examples_are_what_is_printed(name):
    text = printed(name)
    if os.environ.get("SPM_WRITE_DOCS"):
        write(name, text)
    assert normalised(examples()[name]) == normalised(text), text


def test_the_table_names_every_finding():
    enumeration = re.search(r"enum class FindingId[^{]*\{(.*?)\};", HEADER.read_text(encoding="utf-8"), re.DOTALL)[1]
    known = set(re.findall(r"^\s*(\w+),", enumeration, re.MULTILINE))
    table = re.findall(r"^\| `(\w+)` \|", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(known) > 20
    assert len(table) == len(set(table)) and set(table) == known
