"""What the documents say about files and settings is so."""

import re
import subprocess

import pytest

from spmtest import paths

# Made from the option table, and held against it by unit.config: it also lists the flags that are not shown in --help.
GENERATED = paths.REPOSITORY / "docs" / "configuration.md"
DOCUMENTS = sorted(path for path in [*paths.REPOSITORY.glob("*.md"), *paths.REPOSITORY.glob("docs/**/*.md")])


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(paths.REPOSITORY)))
def test_every_file_that_a_document_names_exists(document):
    named = re.findall(r"`((?:src|include|tests|docs|scripts|proto|promql-templates|cmake)/[\w./-]+)`", document.read_text(encoding="utf-8"))
    missing = [name for name in named if not (paths.REPOSITORY / name).exists()]
    assert not missing


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(paths.REPOSITORY)))
def test_every_relative_link_leads_somewhere(document):
    links = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8"))
    missing = [link for link in links if not (document.parent / link).exists()]
    assert not missing


@pytest.mark.parametrize("document", [path for path in DOCUMENTS if path != GENERATED], ids=lambda path: str(path.relative_to(paths.REPOSITORY)))
def test_every_flag_of_the_proxy_that_a_document_names_exists(document):
    help_text = subprocess.run([paths.program(), "--help"], capture_output=True, text=True, check=True, timeout=30).stdout
    flags = set(re.findall(r"--([a-z0-9][a-z0-9.-]+)", help_text))
    ours = r"--((?:http|grpc|admin|store|query|prometheus|log|templates|shutdown)\.[a-z0-9.-]*[a-z0-9])"
    named = set(re.findall(ours, document.read_text(encoding="utf-8")))
    assert named <= flags, named - flags
