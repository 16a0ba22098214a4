"""The stores that pages are measured on: one service, in blocks of two hours each, as a running Prometheus writes them."""

import concurrent.futures
import contextlib
import fcntl
import hashlib
import os
import pathlib
import subprocess
import tempfile

from spmtest import paths, prometheus

BLOCK_S = 7200
END_S = 1795132800  # 2026-11-20T00:00:00Z: the data ends here, whenever it is measured
SOURCE = pathlib.Path(__file__).with_name("page_data.cpp")
BOUNDS = 17

# Blocks stay as they are: merging them would cost time in the midst of a measurement.
ARGUMENTS = ("--storage.tsdb.min-block-duration=2h", "--storage.tsdb.max-block-duration=2h")


class Data:
    """What is stored: a service's operations, of which each instance exposes two statuses."""

    service = "shop"
    calls = "traces_span_metrics_calls_total"
    buckets = "traces_span_metrics_duration_milliseconds_bucket"

    def __init__(self, operations, instances, every_s, hours):
        self.operations, self.instances, self.every_s, self.hours = operations, instances, every_s, hours

    @property
    def bucket_series(self):
        return self.operations * self.instances * 2 * BOUNDS

    def __str__(self):
        return (f"1 service, {self.operations} operations, 2 statuses, {self.instances} instances, {BOUNDS} buckets: "
                f"{self.bucket_series} bucket series, {self.every_s} s samples, {self.hours} h")


def blocks(generator, data) -> pathlib.Path:
    """The directory of `data`'s blocks, made with the program `generator` when it is not there yet."""
    arguments = (data.operations, data.instances, data.every_s, END_S - data.hours * 3600)
    key = hashlib.sha256(SOURCE.read_bytes() + repr((arguments, BLOCK_S, END_S)).encode()).hexdigest()[:16]
    directory = paths.cache_directory() / f"page-{key}"
    with open(directory.with_suffix(".lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not directory.is_dir():
            print(f"making the data, once: {data}", flush=True)
            with tempfile.TemporaryDirectory(dir=paths.cache_directory()) as scratch:
                made = pathlib.Path(scratch) / "blocks"
                made.mkdir()
                starts = range(END_S - data.hours * 3600, END_S, BLOCK_S)
                # promtool reads its whole file once for every block, so each block has its own file.
                with concurrent.futures.ThreadPoolExecutor(2) as pool:
                    for _ in pool.map(lambda start: _block(generator, arguments, start, scratch, made), starts):
                        pass
                made.rename(directory)
    return directory


def _block(generator, arguments, start, scratch, made):
    text = pathlib.Path(scratch) / f"{start}.om"
    with open(text, "wb") as file:
        subprocess.run([generator, *map(str, arguments), str(start), str(start + BLOCK_S)], stdout=file, check=True)
    # Nearly all that promtool allocates is garbage: it takes twice as long when it collects all the time.
    subprocess.run([prometheus.PROMTOOL, "tsdb", "create-blocks-from", "openmetrics", str(text), str(made)], check=True,
                   stdout=subprocess.DEVNULL, env={**os.environ, "GOGC": "off", "GOMEMLIMIT": "2GiB"})
    text.unlink()


@contextlib.contextmanager
def running(generator, data):
    with prometheus.Prometheus(blocks(generator, data), arguments=ARGUMENTS) as store:
        yield store
