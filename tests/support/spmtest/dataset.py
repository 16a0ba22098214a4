"""The generated span metrics: under which names each schema writes them, and stores filled with them."""

import importlib.util
import subprocess
import sys

from . import paths
from .prometheus import blocks

GENERATOR = paths.REPOSITORY / "tests" / "conformance" / "span_metrics_dataset.py"


def _load():
    spec = importlib.util.spec_from_file_location("span_metrics_dataset", GENERATOR)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_generator = _load()
START = _generator.START
SCHEMAS = tuple(_generator.SCHEMAS)
SERVICES = tuple(dict.fromkeys(row[0] for row in _generator.SERVICES))
OPERATIONS = tuple((row[0], row[1], row[2].lower()) for row in _generator.SERVICES)


class Names:
    """What a store calls things. `per_ms`: the store's unit in a millisecond; `kind` and `status` None: no such label."""

    def __init__(self, calls, histogram, service="service_name", operation="span_name", kind="span_kind",
                 status="status_code", error="STATUS_CODE_ERROR", per_ms=1.0):
        self.calls, self.histogram, self.service, self.operation = calls, histogram, service, operation
        self.kind, self.status, self.error, self.per_ms = kind, status, error, per_ms

    @property
    def bucket(self):
        return self.histogram + "_bucket"


def names_of(schema, without=()):
    there = _generator.SCHEMAS[schema]
    return Names(there.calls, there.hist, there.service, there.operation, None if "kind" in without else there.kind,
                 None if "status" in without else there.status, there.error, there.per_ms)


def stored(schema, hours, *more, **options):
    """A directory of blocks, made once. `more`: other options of the generator."""
    return blocks(GENERATOR, *_arguments(schema, hours, *more, **options))


def lines(schema, hours, *more, **options):
    """The samples as text, with timestamps in milliseconds, and without comments."""
    made = subprocess.run([sys.executable, str(GENERATOR), *_arguments(schema, hours, *more, **options)], check=True,
                          capture_output=True, text=True, encoding="utf-8").stdout
    return [line + "000\n" for line in made.split("\n") if line and not line.startswith("#")]


def _arguments(schema, hours, *more, without=(), labels=(), seed=0):
    made = ["--schema", schema, f"--hours={hours:g}", *more, *(f"--label={label}" for label in labels)]
    if without:
        made.append("--without=" + ",".join(without))
    if seed:
        made.append(f"--seed={seed}")
    return made
