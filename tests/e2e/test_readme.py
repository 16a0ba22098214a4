"""What the README tells people to type exists."""

import re
import subprocess

from spmtest import paths

README = paths.REPOSITORY / "README.md"


def _make(*arguments):
    return subprocess.run(["make", "--no-print-directory", "-C", str(paths.REPOSITORY), *arguments], capture_output=True, text=True,
                          env={"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"})


def test_readme_has_the_commands():
    text = README.read_text(encoding="utf-8")
    for command in ("make run", "make test", "make build"):
        assert command in text, command
    assert text.index("make run") < len(text) / 2, "the commands come first"


def test_every_make_target_of_the_readme_exists():
    targets = set(re.findall(r"^([a-z]+):", (paths.REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.M))
    named = set(re.findall(r"^\s*\$? ?make ([a-z]+)", README.read_text(encoding="utf-8"), re.M))
    assert named and named <= targets, named - targets


def test_every_file_that_the_readme_links_to_exists():
    links = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", README.read_text(encoding="utf-8"))
    missing = [link for link in links if not (paths.REPOSITORY / link).exists()]
    assert not missing


def test_run_passes_the_ports_on():
    done = _make("-n", "run", "HTTP_PORT=1", "GRPC_PORT=2", "ADMIN_PORT=3", "PROMETHEUS_PORT=4", "EXPORTER_PORT=5")
    assert done.returncode == 0, done
    for option in ("--http-port=1", "--grpc-port=2", "--admin-port=3", "--prometheus-port=4", "--exporter-port=5"):
        assert option in done.stdout, option


def test_help_names_every_target():
    makefile = (paths.REPOSITORY / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.M).group(1).split()
    shown = _make("help").stdout
    assert all(re.search(rf"^{target}\s", shown, re.M) for target in phony)
