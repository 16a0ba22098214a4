"""Where things are: the repository, the program under test, the cache of generated data."""

import os
import pathlib

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]


def program() -> pathlib.Path:
    """The program under test: SPM_BINARY, or the release build."""
    named = os.environ.get("SPM_BINARY", "build/release/jaeger-spm-proxy")
    path = pathlib.Path(named)
    path = path if path.is_absolute() else REPOSITORY / path
    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist: run `make build`, or set SPM_BINARY to the program to test")
    return path


def cache_directory() -> pathlib.Path:
    """Data that is slow to make and never changes. SPM_TEST_CACHE moves it."""
    path = pathlib.Path(os.environ.get("SPM_TEST_CACHE", REPOSITORY / "build" / "test-data"))
    path.mkdir(parents=True, exist_ok=True)
    return path
