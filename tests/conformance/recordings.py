"""Reads the recordings, and brings answers into a form in which equal means equal."""

import json
import pathlib

_HERE = pathlib.Path(__file__).resolve().parent / "recordings"


def load(name):
    with open(_HERE / name, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def label_names(metric):
    return [label["name"] for label in metric["labels"]]


def assert_label_order(metrics):
    """service_name first (the Jaeger UI takes the first label for the service), then operation, then the others."""
    for metric in metrics:
        names = label_names(metric)
        wanted = sorted(names, key=lambda name: (name != "service_name", name != "operation", name))
        assert names == wanted, f"label order {names}"


def comparable(value):
    """Numbers as float, series and labels in one order."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, (int, float)):
        return float(value)
    if isinstance(value, list):
        return [comparable(member) for member in value]
    made = {key: comparable(member) for key, member in value.items()}
    if isinstance(made.get("labels"), list):
        made["labels"].sort(key=lambda label: label["name"])
    if isinstance(made.get("metrics"), list):
        made["metrics"].sort(key=lambda metric: [(label["name"], label["value"]) for label in metric["labels"]])
    return made


def first_difference(got, want, path="$"):
    """Where and how two comparable values differ; None when they do not."""
    if isinstance(got, dict) and isinstance(want, dict):
        for key in sorted(set(got) | set(want)):
            if key not in got or key not in want:
                return f"{path}.{key} is only in the {'recording' if key in want else 'answer'}"
            found = first_difference(got[key], want[key], f"{path}.{key}")
            if found:
                return found
        return None
    if isinstance(got, list) and isinstance(want, list):
        if len(got) != len(want):
            return f"{path} has {len(got)} members, the recording {len(want)}"
        pairs = enumerate(zip(got, want))
        return next(filter(None, (first_difference(a, b, f"{path}[{i}]") for i, (a, b) in pairs)), None)
    return None if got == want and type(got) is type(want) else f"{path} is {got!r}, the recording has {want!r}"
