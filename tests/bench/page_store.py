"""The stores that pages are measured on: one service, in blocks as a Prometheus has them that has run for so long."""

import concurrent.futures
import contextlib
import fcntl
import hashlib
import os
import pathlib
import subprocess
import tempfile

from spmtest import paths, prometheus

BLOCK_S = 7200  # what Prometheus writes; it merges three into one, and again three of those
MERGED_S = (9 * BLOCK_S, 3 * BLOCK_S, BLOCK_S)
END_S = 1795132800  # 2026-11-20T00:00:00Z: the data ends here, whenever it is measured
SOURCE = pathlib.Path(__file__).with_name("page_data.cpp")
BOUNDS = 17

# Nothing is merged in the midst of a measurement.
ARGUMENTS = ("--storage.tsdb.min-block-duration=2h", "--storage.tsdb.max-block-duration=2h")


class Data:
    """What is stored: a service's operations, of which each instance exposes two statuses."""

    service = "shop"
    calls = "traces_span_metrics_calls_total"
    buckets = "traces_span_metrics_duration_milliseconds_bucket"

    def __init__(self, operations, instances, every_s, hours, merged=True):
        """`merged` False: all blocks are small, which promtool makes of smaller files."""
        self.operations, self.instances, self.every_s, self.hours = operations, instances, every_s, hours
        self.merged = merged

    @property
    def begin_s(self):
        return END_S - self.hours * 3600

    @property
    def blocks(self):
        """[(from, until)] in seconds. The newest six hours are not merged yet."""
        made, at = [], self.begin_s
        while at < END_S:
            length = next(length for length in MERGED_S if length == BLOCK_S or (
                self.merged and at % length == 0 and at + length <= END_S - MERGED_S[1]))
            made.append((at, at + length))
            at += length
        return made

    @property
    def bucket_series(self):
        return self.operations * self.instances * 2 * BOUNDS

    def __str__(self):
        return (f"1 service, {self.operations} operations, 2 statuses, {self.instances} instances, {BOUNDS} buckets: "
                f"{self.bucket_series} bucket series, {self.every_s} s samples, {self.hours} h")


def blocks(generator, data) -> pathlib.Path:
    """The directory of `data`'s blocks, made with the program `generator` when it is not there yet."""
    arguments = (data.operations, data.instances, data.every_s, data.begin_s)
    key = hashlib.sha256(SOURCE.read_bytes() + repr((arguments, data.blocks)).encode()).hexdigest()[:16]
    directory = paths.cache_directory() / f"page-{key}"
    with open(directory.with_suffix(".lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not directory.is_dir():
            print(f"making the data, once: {data}", flush=True)
            with tempfile.TemporaryDirectory(dir=paths.cache_directory()) as scratch:
                made = pathlib.Path(scratch) / "blocks"
                made.mkdir()
                # promtool reads its whole file once for every block, so each block has its own file.
                with concurrent.futures.ThreadPoolExecutor(2) as pool:
                    for _ in pool.map(lambda block: _block(generator, arguments, *block, scratch, made), data.blocks):
                        pass
                made.rename(directory)
    return directory


def _block(generator, arguments, from_s, until_s, scratch, made):
    text = pathlib.Path(scratch) / f"{from_s}.om"
    with open(text, "wb") as file:
        subprocess.run([generator, *map(str, arguments), str(from_s), str(until_s)], stdout=file, check=True)
    # Nearly all that promtool allocates is garbage: it takes twice as long when it collects all the time.
    subprocess.run([prometheus.PROMTOOL, "tsdb", "create-blocks-from", "openmetrics",
                    f"--max-block-duration={until_s - from_s}s", str(text), str(made)], check=True,
                   stdout=subprocess.DEVNULL, env={**os.environ, "GOGC": "off", "GOMEMLIMIT": "2GiB"})
    text.unlink()


@contextlib.contextmanager
def running(generator, data):
    with prometheus.Prometheus(blocks(generator, data), arguments=ARGUMENTS) as store:
        yield store
