"""Every schema again without span kinds, without statuses, and without both: not empty, and the caller is told."""

import pytest

from spmtest import dataset
from spmtest.prometheus import Prometheus
from spmtest.proxy import Proxy
from spmtest.questions import Asked, Judge, page

HOURS = 0.5
QUESTIONS = page(dataset.SERVICES, dataset.START + HOURS * 3600, 900.0, kinds=("server", "client"))


class World:
    """A proxy before a store of this schema, and what the store says under the names that are there."""

    def __init__(self, schema, without):
        self.names, self._blocks = dataset.names_of(schema, without), dataset.stored(schema, HOURS, without=without)

    def __enter__(self):
        self._store = Prometheus(self._blocks).__enter__()
        self.judge = Judge(self._store.url, self.names)
        try:
            self.proxy = Proxy(self._store.url).__enter__()
        except BaseException:
            self._store.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, *error):
        try:
            self.proxy.__exit__(*error)
        finally:
            self._store.__exit__(None, None, None)


def _check(world, kinds_told, errors_told):
    for question in QUESTIONS:
        asked = Asked(world.proxy, question)
        if "server" in question.kinds or world.names.kind is None:
            asked.is_not_empty()
        asked.is_like(world.judge.expected(question), 1e-9 if question.metric == "latencies" else 0.0)
        for header, wanted in (("X-SPM-Span-Kind", kinds_told),
                               ("X-SPM-Errors", errors_told and question.metric == "errors")):
            assert (asked.header(header) is not None) == wanted, asked.explained(f"{header} should be there: {wanted}")


@pytest.mark.parametrize("schema", dataset.SCHEMAS)
def test_without_kind(schema):
    with World(schema, ("kind",)) as world:
        _check(world, kinds_told=True, errors_told=False)


@pytest.mark.parametrize("schema", dataset.SCHEMAS)
def test_without_status(schema):
    with World(schema, ("status",)) as world:
        _check(world, kinds_told=False, errors_told=True)


@pytest.mark.parametrize("schema", dataset.SCHEMAS)
def test_without_both(schema):
    with World(schema, ("kind", "status")) as world:
        _check(world, kinds_told=True, errors_told=True)


def test_without_kind_is_every_kind_of_connector():
    """The values themselves: those that a store with kinds gives for all of them."""
    names = dataset.names_of("connector")
    names.kind = None  # no matcher, though the label is there
    with Prometheus(dataset.stored("connector", HOURS)) as store, World("connector", ("kind",)) as world:
        judge = Judge(store.url, names)
        for question in QUESTIONS:
            Asked(world.proxy, question).is_like(judge.expected(question), 0.0 if question.by_operation else 1e-12)
