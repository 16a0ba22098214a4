"""Runs the program so that nothing a sanitizer finds is lost, whichever sanitizer it was built with."""

import functools
import mmap
import pathlib
import re

from . import paths

REPORT = re.compile(r"ERROR: (Address|Leak)Sanitizer|runtime error:|WARNING: ThreadSanitizer|FATAL: ThreadSanitizer")


@functools.lru_cache(maxsize=None)
def built_with(program: pathlib.Path) -> str:
    """'address', 'thread' or '' for a plain build, read from the symbols that the program holds."""
    with open(program, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if content.find(b"__tsan_init") >= 0:
            return "thread"
        return "address" if content.find(b"__asan_init") >= 0 else ""


def slowdown(program: pathlib.Path) -> float:
    """What bounds of time are multiplied with."""
    return {"thread": 8.0, "address": 4.0}.get(built_with(program), 1.0)


def environment() -> dict:
    thread_options = ["exitcode=66", "halt_on_error=0", "ignore_noninstrumented_modules=1"]
    suppressions = paths.REPOSITORY / "tests" / "support" / "tsan.supp"
    if suppressions.is_file():
        thread_options.append(f"suppressions={suppressions}")
    return {
        "ASAN_OPTIONS": "exitcode=66:detect_leaks=1:detect_stack_use_after_return=1",
        "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
        "TSAN_OPTIONS": ":".join(thread_options),
    }


def report_in(text: str):
    """The part of `text` that a sanitizer wrote, or None."""
    found = REPORT.search(text)
    return text[found.start():][:6000] if found else None
