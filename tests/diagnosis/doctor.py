"""Runs `doctor` and reads what it prints."""

import re

from spmtest.proxy import run_command

_FINDING = re.compile(r"^(PROBLEM|HINT)  (\w+)$")
_PART = re.compile(r"^  (what to do|what|why) +(.*)$")


class Word:
    """`findings`: {id: {"severity", "what", "why", "what to do"}}, texts unwrapped; `text`: as printed."""

    def __init__(self, text, status):
        self.text, self.status, self.findings = text, status, {}
        finding, part = None, None
        for line in text.splitlines():
            if found := _FINDING.match(line):
                finding, part = {"severity": found[1].lower()}, None
                assert found[2] not in self.findings, f"{found[2]} is told twice\n{text}"
                self.findings[found[2]] = finding
            elif not line.startswith(" "):
                finding = None
            elif finding is not None and (found := _PART.match(line)):
                part = found[1]
                finding[part] = found[2]
            elif finding is not None and part:
                finding[part] += " " + line.strip()

    @property
    def problems(self):
        return {name for name, finding in self.findings.items() if finding["severity"] == "problem"}

    @property
    def hints(self):
        return set(self.findings) - self.problems

    @property
    def facts(self):
        """What follows the findings, unwrapped."""
        return re.sub(r"\s+", " ", self.text[self.text.index("\nStore "):])


def ask_doctor(url, *arguments, environment=None, seconds=60.0):
    """The exit status always says what the text says."""
    done = run_command("doctor", f"--prometheus.server-url={url}", *arguments, environment=environment, seconds=seconds)
    assert done.returncode in (0, 1), f"{done.returncode}\n{done.stdout}\n{done.stderr}"
    word = Word(done.stdout, done.returncode)
    assert (done.returncode == 1) == bool(word.problems), f"{done.returncode}\n{word.text}"
    for name, finding in word.findings.items():
        for part in ("what", "why", "what to do"):
            assert finding.get(part, "").endswith((".", "?")), f"{name}: {part}\n{word.text}"
    assert all(len(line) <= 100 for line in word.text.splitlines() if " " in line.strip()), word.text
    return word
