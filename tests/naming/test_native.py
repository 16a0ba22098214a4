"""Native histograms in Debian's Prometheus, 2.42. The same against Prometheus 3 is in test_prometheus3.py."""

import pytest

import native
from spmtest.prometheus import PROMETHEUS


@pytest.mark.parametrize("names", native.NAMES)
def test_alone(names):
    native.check_alone(PROMETHEUS, native.NAMES[names])


def test_without_a_calls_metric():
    native.check_without_calls(PROMETHEUS)


def test_merged_with_classic_ones():
    native.check_migration(PROMETHEUS)
