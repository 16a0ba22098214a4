"""What Debian's Prometheus cannot hold: dotted names; and native histograms where they are interpolated differently.

Left out, loudly, where there is no Prometheus 3: scripts/build-prometheus3.sh makes it.
"""

import os
import pathlib

import pytest

import expectations
import native
import scraped
from spmtest import dataset
from spmtest.proxy import Proxy
from spmtest.prometheus import Prometheus
from spmtest.questions import Asked, Judge, page

PROMETHEUS3 = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache",
                           "jaeger-spm-proxy", "prometheus-3.8.1", "prometheus")
pytestmark = pytest.mark.skipif(
    not PROMETHEUS3.is_file(),
    reason=f"LEFT OUT: no {PROMETHEUS3}, so dotted names and Prometheus 3 are not tested (scripts/build-prometheus3.sh)")


@pytest.mark.parametrize("file", scraped.UTF8_FILES)
def test_dotted_names(file):
    with scraped.Scraped(file, PROMETHEUS3) as world:
        world.wait_for_scrapes()
        with world.proxy() as proxy:
            expectations.check(world, proxy, scraped.UTF8_FILES[file])
            assert proxy.get("/api/services").json["data"] == [scraped.SERVICE]
            operations = proxy.get(f"/api/operations?service={scraped.SERVICE}").json["data"]
            assert operations == [{"name": scraped.CLIENT, "spanKind": "client"},
                                  {"name": scraped.SERVER, "spanKind": "server"}]


@pytest.mark.parametrize("names", native.NAMES)
def test_native_histograms(names):
    native.check_alone(PROMETHEUS3, native.NAMES[names])


def test_native_histograms_without_a_calls_metric():
    native.check_without_calls(PROMETHEUS3)


def test_native_histograms_merged_with_classic_ones():
    native.check_migration(PROMETHEUS3)


def test_the_generated_data():
    """Prometheus 3 says other things beside its answers (infos); none of them is a warning to our callers."""
    questions = page(dataset.SERVICES, dataset.START + 1800, 900.0, kinds=("server",))
    with Prometheus(dataset.stored("connector", 0.5), program=PROMETHEUS3) as store, Proxy(store.url) as proxy:
        judge = Judge(store.url, dataset.names_of("connector"))
        for question in questions:
            asked = Asked(proxy, question)
            asked.is_like(judge.expected(question))
            assert asked.header("X-SPM-Warning") is None, asked.explained("a warning")
