"""Reads the program's log lines."""

import re

_PAIR = re.compile(r'([A-Za-z_][\w.]*)=(?:"((?:[^"\\]|\\.)*)"|(\S*))(?:\s+|$)')
_ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))')
_PLAIN = {"n": "\n", "t": "\t", "r": "\r"}


def _unescape(found):
    code = found.group(1) or found.group(2)
    return chr(int(code, 16)) if code else _PLAIN.get(found.group(3), found.group(3))


def parse(line: str) -> dict:
    """The fields of one logfmt line; {} where the line is something else."""
    fields, at = {}, 0
    while at < len(line):
        found = _PAIR.match(line, at)
        if not found:
            return {}
        quoted, bare = found.group(2), found.group(3)
        fields[found.group(1)] = bare if quoted is None else _ESCAPE.sub(_unescape, quoted)
        at = found.end()
    return fields
