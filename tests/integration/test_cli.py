"""The command line: exit codes, and sentences that help."""

import pytest

from spmtest.proxy import run_command

DOORS = ["--http.host-port=127.0.0.1:0", "--grpc.host-port=127.0.0.1:0", "--admin.host-port=127.0.0.1:0"]


def _only_line(text):
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("warning: ")]
    assert len(lines) == 1, text
    return lines[0]


# arguments, environment, what the one line must say: the setting as the user wrote it, and what to write instead
WRONG = {
    "relative-url": (["--prometheus.server-url=/prometheus"], {}, ["prometheus.server-url", "http://"]),
    "url-without-scheme": ([], {"PROMETHEUS_SERVER_URL": "prometheus:9090"}, ["PROMETHEUS_SERVER_URL", "http://"]),
    "port-that-is-no-number": (["--prometheus.server-url=http://host:nine"], {}, ["prometheus.server-url", "port"]),
    "ftp": ([], {"PROMETHEUS_SERVER_URL": "ftp://prometheus"}, ["PROMETHEUS_SERVER_URL", "http"]),
    "wrong-unit": ([], {"PROMETHEUS_QUERY_DURATION_UNIT": "m"}, ["PROMETHEUS_QUERY_DURATION_UNIT", "ms", "s"]),
    "duration-without-unit": (["--prometheus.connect-timeout=30"], {}, ["prometheus.connect-timeout", "30s"]),
    "unreadable-token": ([], {"PROMETHEUS_TOKEN_FILE": "/does/not/exist"}, ["PROMETHEUS_TOKEN_FILE", "/does/not/exist"]),
    "unreadable-ca": (["--prometheus.tls.ca=/does/not/exist"], {}, ["prometheus.tls.ca", "/does/not/exist"]),
    "unreadable-config": (["--config-file=/does/not/exist.yaml"], {}, ["config-file", "/does/not/exist.yaml"]),
    "unreadable-templates": (["--templates.dir=/does/not/exist"], {}, ["templates.dir", "/does/not/exist"]),
    "key-without-certificate": (["--prometheus.tls.key=/etc/hostname"], {}, ["prometheus.tls"]),
    "boolean": ([], {"PROMETHEUS_QUERY_NORMALIZE_CALLS": "maybe"}, ["PROMETHEUS_QUERY_NORMALIZE_CALLS", "true"]),
    "storage": ([], {"METRICS_STORAGE_TYPE": "elasticsearch"}, ["METRICS_STORAGE_TYPE", "prometheus"]),
    "port": (["--http.host-port=127.0.0.1:99999"], {}, ["http.host-port", "99999"]),
    "own-header": (["--store.header=Content-Length:5"], {}, ["store.header", "Content-Length"]),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_settings(name):
    arguments, environment, words = WRONG[name]
    done = run_command(*DOORS, *arguments, environment=environment)
    assert done.returncode == 2, done
    line = _only_line(done.stderr)
    assert all(word in line for word in words), line

    checked = run_command("check-config", *arguments, environment=environment)
    assert checked.returncode == 1, checked
    assert all(word in checked.stderr + checked.stdout for word in words)


@pytest.mark.parametrize("flag,near", [
    ("--prometheus.server-ulr=http://x", "--prometheus.server-url"), ("--prometheus.query.normalise-calls", "normalize-calls"),
    ("--no-such-thing-at-all", "--"),
])
def test_unknown_flag(flag, near):
    done = run_command(*DOORS, flag)
    assert done.returncode == 2, done
    line = _only_line(done.stderr)
    assert flag.split("=")[0] in line and near in line, line


def test_unknown_command():
    done = run_command("serv")
    assert done.returncode == 2 and "serv" in _only_line(done.stderr)


def test_good_settings():
    done = run_command("check-config", environment={"PROMETHEUS_SERVER_URL": "https://prometheus.example/prefix",
                                                    "PROMETHEUS_QUERY_DURATION_UNIT": "s"})
    assert done.returncode == 0, done


def test_precedence(tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text("prometheus:\n  server-url: http://of-the-file:1\n  connect-timeout: 7s\nquery:\n  timeout: 11s\n", encoding="ascii")
    environment = {"PROMETHEUS_SERVER_URL": "http://of-the-environment:2", "PROMETHEUS_CONNECT_TIMEOUT": "8s"}
    shown = run_command("print-config", f"--config-file={file}", "--prometheus.server-url=http://of-the-flag:3", environment=environment).stdout
    lines = {line.split()[0].rstrip(":=").split("=")[0]: line for line in shown.splitlines() if line.strip()}
    assert "http://of-the-flag:3" in lines["prometheus.server-url"] and "flag" in lines["prometheus.server-url"]
    assert "8s" in lines["prometheus.connect-timeout"] and "PROMETHEUS_CONNECT_TIMEOUT" in lines["prometheus.connect-timeout"]
    assert "11s" in lines["query.timeout"] and "config.yaml" in lines["query.timeout"]
    assert "default" in lines["http.idle-timeout"]


def test_print_config_redacts(tmp_path):
    token = tmp_path / "token"
    token.write_text("in-the-file", encoding="ascii")
    common = ["--store.header=X-Scope-OrgID:header-secret", "--prometheus.query.extra-query-params=a=parameter-secret"]
    for credentials, shown in ((["--prometheus.server-url=http://user:url-secret@host:9090"], "host:9090"),
                               ([f"--prometheus.token-file={token}"], str(token))):
        done = run_command("print-config", *common, *credentials)
        assert done.returncode == 0, done
        for secret in ("url-secret", "header-secret", "in-the-file", "parameter-secret"):
            assert secret not in done.stdout + done.stderr
        assert shown in done.stdout


def test_two_ways_to_authorize_are_one_too_many(tmp_path):
    token = tmp_path / "token"
    token.write_text("in-the-file", encoding="ascii")
    done = run_command("check-config", "--prometheus.server-url=http://user:secret@host", f"--prometheus.token-file={token}")
    assert done.returncode == 1
    assert "prometheus.token-file" in done.stderr and "prometheus.server-url" in done.stderr and ":secret" not in done.stderr


@pytest.mark.parametrize("arguments,environment", [
    (["--prometheus.server-url=http://user:very-secret@host:nine"], {}),
    ([], {"PROMETHEUS_SERVER_URL": "user:very-secret@host"}),
    (["--store.header=very-secret"], {}),
    (["--prometheus.query.extra-query-params=very-secret"], {}),
])
def test_messages_hold_no_secret(arguments, environment):
    for command in ([], ["check-config"], ["print-config"]):
        done = run_command(*command, *arguments, environment=environment)
        assert command == ["print-config"] or done.returncode in (1, 2), done
        assert "very-secret" not in done.stdout + done.stderr, done


def test_names_that_jaeger_does_not_know_get_a_warning():
    done = run_command("check-config", environment={"PROMETHEUS_SERVER_ULR": "http://x", "PROMETHEUS_SERVICE_HOST": "10.0.0.1",
                                                    "PROMETHEUS_PORT_9090_TCP_ADDR": "10.0.0.1", "PROMETHEUS_SERVICE_PORT_HTTP": "9"})
    assert done.returncode == 0, done
    warnings = [line for line in done.stderr.splitlines() if line.startswith("warning")]
    assert len(warnings) == 1 and "PROMETHEUS_SERVER_ULR" in warnings[0] and "PROMETHEUS_SERVER_URL" in warnings[0], done.stderr


def test_jaegers_other_flags_are_accepted():
    done = run_command("check-config", "--query.ui-config=/etc/jaeger/ui.json", "--es.server-urls", "http://es:9200", "--span-storage.type=memory")
    assert done.returncode == 0, done
    assert "query.ui-config" in done.stderr


JAEGER_V2 = """
service:
  extensions: [jaeger_storage, jaeger_query]
extensions:
  jaeger_query:
    base_path: /jaeger
    storage:
      traces: some_store
      metrics: the_one
  jaeger_storage:
    metric_backends:
      another:
        prometheus:
          endpoint: http://not-this-one:9090
      the_one:
        prometheus:
          endpoint: ${env:METRICS_AT:-http://by-default:9090}
          normalize_calls: true
          latency_unit: s
"""


def test_jaeger_v2_file(tmp_path):
    file = tmp_path / "jaeger.yaml"
    file.write_text(JAEGER_V2, encoding="ascii")
    shown = run_command("print-config", f"--config-file={file}")
    assert shown.returncode == 0, shown
    assert "http://by-default:9090" in shown.stdout and "/jaeger" in shown.stdout
    assert "http://chosen:1" in run_command("print-config", f"--config-file={file}", environment={"METRICS_AT": "http://chosen:1"}).stdout


def test_help_and_version():
    helped, version = run_command("--help"), run_command("--version")
    assert helped.returncode == 0 and "--prometheus.server-url" in helped.stdout
    assert version.returncode == 0 and "jaeger-spm-proxy" in version.stdout


@pytest.mark.parametrize("text,words", [
    ("histogram_quantile(", ["latency.promql"]),
    ("{{nonsense}}", ["latency.promql", "nonsense"]),
    ("sum(rate({{bucket}}[5m]))", ["latency.promql"]),
])
def test_templates_that_cannot_be_used_stop_the_start(tmp_path, text, words):
    (tmp_path / "latency.promql").write_text(text, encoding="ascii")
    done = run_command(*DOORS, f"--templates.dir={tmp_path}")
    assert done.returncode not in (0, None) and done.returncode > 0, done
    assert all(word in done.stderr for word in words), done.stderr
    assert run_command("check-config", f"--templates.dir={tmp_path}").returncode == 1


def test_own_template_is_used(start, store, tmp_path):
    (tmp_path / "call_rate.promql").write_text(
        "sum(rate({{calls}}{{{matchers}}}[{{window}}])) by ({{by}}) * 1\n", encoding="ascii")
    proxy = start(store, f"--templates.dir={tmp_path}")
    assert proxy.calls().status == 200
    assert store.queries[-1].value("query").rstrip().endswith("* 1")
