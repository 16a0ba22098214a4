#!/usr/bin/env python3
"""Holds every #include of the project against the direction of its dependencies (docs/architecture.md).

    check-dependencies.py [ROOT]     checks ROOT, default the repository
    check-dependencies.py --self-test

Exit 0 when all hold; else every include that does not is named, with its line.
"""

import pathlib
import re
import sys
import tempfile

# What a module may include, beside itself. A module that is not here is an error: give it its place.
BELOW = {
    "base": set(),
    "model": {"base"},
    "promql": {"base", "model"},
    "reshape": {"base", "model"},
    "config": {"base", "model"},
    "telemetry": {"base"},
    "prometheus": {"base", "model", "promql", "telemetry"},
    "sharing": {"base"},
    "schema": {"base", "model", "promql", "telemetry", "prometheus", "sharing"},
    "rates": {"base", "model", "promql", "telemetry", "prometheus", "sharing"},
    "cache": {"base", "model", "promql", "telemetry", "sharing", "rates"},
    "service": {"base", "model", "promql", "reshape", "prometheus", "schema", "sharing", "rates", "cache", "telemetry"},
    "diagnosis": {"base", "model", "promql", "prometheus", "schema", "telemetry"},
    "http": {"base", "model", "promql", "sharing", "cache", "service", "diagnosis", "telemetry"},
    "grpc": {"base", "model", "sharing", "service", "telemetry"},
    "cli": {"base", "config"},
}
BELOW["app"] = set(BELOW)
BELOW["cli"] = BELOW["cli"] | {"app"}

# Modules that are tested without sockets know nothing of the network, of gRPC or of JSON.
PURE = {"base", "model", "promql", "reshape"}
NOT_PURE = re.compile(r"^(boost/(asio|beast)|grpc|grpcpp|google/protobuf|nlohmann|simdjson|openssl|sys/socket|netinet)\b")
NOT_PURE_EXCEPT = {"src/base/asio"}  # where Asio and Beast are compiled, once for all

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def module_of(path):
    """'model' for src/model/x.cpp and include/spm/model/x.hpp; None for files of no module."""
    parts = path.parts
    if parts[:2] == ("include", "spm") and len(parts) > 3:
        return parts[2]
    return parts[1] if parts[0] == "src" and len(parts) > 2 else None


def findings(root):
    root = pathlib.Path(root)
    files = sorted(file for folder in ("include", "src") for file in (root / folder).rglob("*") if file.suffix in (".hpp", ".cpp"))
    for file in files:
        path = file.relative_to(root)
        module = module_of(path)
        if module is None:
            continue
        if module not in BELOW:
            yield f"{path}: module '{module}' has no place in scripts/check-dependencies.py"
            continue
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            found = INCLUDE.match(line)
            if found:
                problem = judge(root, file, path, module, found.group(1), found.group(2))
                if problem:
                    yield f"{path}:{number}: {problem}"


def judge(root, file, path, module, bracket, name):
    if name.startswith("spm/"):
        target = name.split("/")[1]
        if target != module and target not in BELOW[module]:
            return f"{module} must not use {target} ({name})"
    elif bracket == '"':
        resolved = next((place for place in (file.parent / name, root / "src" / module / name) if place.is_file()), None)
        target = module_of(resolved.resolve().relative_to(root.resolve())) if resolved else None
        if target not in (None, module):
            return f'{module} reaches into the private headers of {target} ("{name}")'
    if module in PURE and NOT_PURE.match(name) and str(path.parent) not in NOT_PURE_EXCEPT:
        return f"{module} must stay free of {name}"
    return None


def self_test():
    """Every rule can fail, and a clean tree passes."""
    cases = [
        ("src/model/a.cpp", "#include <spm/base/error.hpp>", None),
        ("src/model/a.cpp", "#include <spm/service/metrics_service.hpp>", "model must not use service"),
        ("include/spm/base/a.hpp", "#include <spm/model/matrix.hpp>", "base must not use model"),
        ("src/http/a.cpp", "#include <spm/prometheus/client.hpp>", "http must not use prometheus"),
        ("src/grpc/a.cpp", "#include <spm/http/handler.hpp>", "grpc must not use http"),
        ("src/promql/a.cpp", "#include <boost/asio/awaitable.hpp>", "promql must stay free of boost/asio"),
        ("src/reshape/a.cpp", "  #  include <nlohmann/json.hpp>", "reshape must stay free of nlohmann"),
        ("src/base/asio/asio.cpp", "#include <boost/asio/impl/src.hpp>", None),
        ("src/base/a.cpp", "#include <grpcpp/grpcpp.h>", "base must stay free of grpcpp"),
        ("src/app/a.cpp", "#include <spm/grpc/grpc_server.hpp>", None),
        ("src/http/a.cpp", '#include "../grpc/private.hpp"', "reaches into the private headers of grpc"),
        ("src/drawer/a.cpp", "", "has no place"),
    ]
    for path, text, wanted in cases:
        with tempfile.TemporaryDirectory() as scratch:
            for name, content in (("src/grpc/private.hpp", ""), (path, text)):
                file = pathlib.Path(scratch) / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(content + "\n", encoding="utf-8")
            found = list(findings(scratch))
            right = not found if wanted is None else len(found) == 1 and wanted in found[0]
            if not right:
                print(f"self-test: {path} with {text!r}: wanted {wanted!r}, got {found}", file=sys.stderr)
                return 1
    print(f"check-dependencies: {len(cases)} self-tests passed")
    return 0


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    found = list(findings(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent.parent))
    print("\n".join(found) if found else "check-dependencies: every include points the right way")
    return bool(found)


sys.exit(main())
