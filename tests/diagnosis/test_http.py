"""The diagnosis over HTTP: the same as doctor's, for one caller."""

from concurrent.futures import ThreadPoolExecutor

from doctor import ask_doctor
from gate import Gate
from spmtest.dataset import Names
from spmtest.proxy import Proxy
from worlds import fill, plain, span_metrics, store

PATH = "/api/spm/diagnosis"


def found(answer):
    assert answer.status == 200, answer
    assert answer.header("Content-Type") == "application/json"
    return answer.json


def ids(report):
    return {finding["id"] for finding in report["findings"]}


def test_it_tells_what_doctor_tells():
    worker = (("worker", "work", "CONSUMER", "UNSET", 4),)
    with store() as filled:
        fill(filled.url, span_metrics(rows=worker, forms=("inf",)))
        word = ask_doctor(filled.url)
        with Proxy(filled.url, "--query.base-path=/jaeger") as proxy:
            report = found(proxy.get("/jaeger" + PATH))
            assert proxy.get(PATH).status == 404
            assert proxy.get("/jaeger" + PATH, method="POST").status == 405
    assert ids(report) == set(word.findings) == {"only_inf_buckets", "hidden_services", "no_error_seen"}
    assert report["healthy"] is False
    for finding in report["findings"]:
        assert finding["what"] == word.findings[finding["id"]]["what"]
        assert finding["severity"] == word.findings[finding["id"]]["severity"]
    assert report["store"]["url"] == filled.url and report["store"]["reachable"] is True
    assert [service["name"] for service in report["services"]] == ["worker"]


def test_a_store_that_is_away_is_a_report():
    with store() as gone:
        url = gone.url
    with Proxy(url.replace("//", "//user:secret@"), until="listening") as proxy:
        answer = proxy.get(PATH)
    assert ids(found(answer)) == {"store_unreachable"}
    assert "secret" not in answer.text and "user" not in answer.text


def _two_tenants(url):
    mine = span_metrics(rows=(("mine", "GET /", "SERVER", "UNSET", 5),), more={"tenant": "a"})
    theirs = span_metrics(Names("theirs_span_metrics_calls_total", "theirs_span_metrics_duration_milliseconds"),
                          rows=(("their-shop", "GET /", "CLIENT", "ERROR", 5),), more={"tenant": "b"})
    fill(url, mine, theirs, plain("traces_service_graph_request_total", tenant="b"),
         lambda number: [({"__name__": "up", "job": "their-job", "tenant": "b"}, 0.0)])


def test_enforced_matchers_hide_other_tenants():
    with store() as shared:
        _two_tenants(shared.url)
        with Proxy(shared.url, '--query.matchers=tenant="a"') as proxy:
            mine = proxy.get(PATH)
        with Proxy(shared.url, '--query.matchers=tenant="nobody"') as proxy:
            nobody = proxy.get(PATH)
        word = ask_doctor(shared.url, '--query.matchers=tenant="a"')
    assert [service["name"] for service in found(mine)["services"]] == ["mine"]
    assert ids(found(mine)) == {"no_error_seen"}
    assert ids(found(nobody)) == {"no_span_metrics"}
    assert "nothing at all" in found(nobody)["findings"][0]["what"], "not even how much the others have"
    for text in (mine.text, nobody.text, word.text):
        assert "their" not in text, text
        assert "service_graph" not in text, text


def test_each_token_sees_its_own_store():
    with store() as first, store() as second:
        fill(first.url, span_metrics(rows=(("ours", "GET /", "SERVER", "ERROR", 5),)))
        fill(second.url, span_metrics(Names("calls_total", "latency", operation="operation"),
                                      rows=(("theirs", "GET /", "SERVER", "ERROR", 5),)))
        with Gate({"one": first.url, "two": second.url}) as gate, \
                Proxy(gate.url, "--query.bearer-token-propagation=true", until="listening") as proxy:
            def ask(token):
                return proxy.get(PATH, headers=[("Authorization", f"Bearer {token}")] if token else [])
            answers = {token: ask(token) for token in ("one", "two", "one", "three", None)}
    services = {token: [service["name"] for service in found(answer)["services"]] for token, answer in answers.items()}
    assert services == {"one": ["ours"], "two": ["theirs"], "three": [], None: []}
    assert ids(found(answers["three"])) == ids(found(answers[None])) == {"store_refuses_us"}
    assert "Your own token" in found(answers["three"])["findings"][0]["why"]
    for token, other in (("one", "theirs"), ("two", "ours"), ("three", "ours"), ("three", "theirs")):
        assert other not in answers[token].text


def test_too_many_at_once_are_turned_away():
    with store() as filled:
        fill(filled.url, span_metrics())
        with Proxy(filled.url) as proxy, ThreadPoolExecutor(16) as pool:
            statuses = set(pool.map(lambda _: proxy.get(PATH).status, range(64)))
            assert statuses <= {200, 503} and 200 in statuses, statuses
            assert proxy.get(PATH).status == 200
