// Each operation of the client beside query_range: what goes out, what comes back, and every way it can fail. The one
// path that they share has its tests in client_test.cpp and client_faults_test.cpp.
#include <functional>
#include <future>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>
#include <zlib.h>

#include "client_fixture.hpp"

namespace spm::prometheus::testing {
namespace {

using base::ErrorKind;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr const char* kVector =
    R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":"b"},"value":[10,"1"]}]}})";
constexpr const char* kList = R"({"status":"success","data":["a","b"]})";
constexpr const char* kBuild = R"({"status":"success","data":{"version":"2.42.0"}})";

std::string gzipped(std::string_view text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size()), '\0');
  std::string in(text);
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

/// Answers every request on a connection in the same way.
ScriptedServer::Script always(std::string answer) {
  return [answer = std::move(answer)](Peer& peer) {
    while (peer.read_request() && peer.send(answer)) {
    }
  };
}

/// One operation with its answer thrown away, so that all can be put through the same trials.
struct Operation {
  const char* name;
  const char* answer;  ///< what a store says that answers it
  std::function<boost::asio::awaitable<base::Result<void>>(PrometheusClient&, const base::CallContext&)> call;
};

boost::asio::awaitable<base::Result<void>> ask_query(PrometheusClient& client, const base::CallContext& context) {
  InstantQuery query("x", 5'000);
  base::Result<InstantAnswer> answer = co_await client.query(std::move(query), context);
  if (!answer) co_return base::fail(std::move(answer.error()));
  co_return base::Result<void>();
}
boost::asio::awaitable<base::Result<void>> ask_values(PrometheusClient& client, const base::CallContext& context) {
  Listing of;
  std::string label = "le";
  base::Result<ListAnswer> answer = co_await client.label_values(std::move(label), std::move(of), context);
  if (!answer) co_return base::fail(std::move(answer.error()));
  co_return base::Result<void>();
}
boost::asio::awaitable<base::Result<void>> ask_names(PrometheusClient& client, const base::CallContext& context) {
  Listing of;
  base::Result<ListAnswer> answer = co_await client.label_names(std::move(of), context);
  if (!answer) co_return base::fail(std::move(answer.error()));
  co_return base::Result<void>();
}
boost::asio::awaitable<base::Result<void>> ask_identity(PrometheusClient& client, const base::CallContext& context) {
  base::Result<StoreIdentity> answer = co_await client.identify(context);
  if (!answer) co_return base::fail(std::move(answer.error()));
  co_return base::Result<void>();
}
boost::asio::awaitable<base::Result<void>> ask_forward(PrometheusClient& client, const base::CallContext& context) {
  std::string path = "/api/v1/query";
  std::string form = "query=up";
  base::Result<RawAnswer> answer = co_await client.forward(std::move(path), std::move(form), context);
  if (!answer) co_return base::fail(std::move(answer.error()));
  co_return base::Result<void>();
}

class EveryOperation : public ClientFixture, public ::testing::WithParamInterface<Operation> {
 protected:
  base::Result<void> go(const base::CallContext& context) { return run(GetParam().call(*client_, context)); }
  base::Result<void> go() { return go(in(seconds{20})); }
  ErrorKind error_of(base::Result<void> result) {
    last_ = result ? base::Error() : result.error();
    return result ? ErrorKind::internal : last_.kind;
  }
  std::string good() const { return http_answer("200 OK", GetParam().answer); }
};

INSTANTIATE_TEST_SUITE_P(All, EveryOperation,
                         ::testing::Values(Operation{"query", kVector, ask_query},
                                           Operation{"label_values", kList, ask_values},
                                           Operation{"label_names", kList, ask_names},
                                           Operation{"identify", kBuild, ask_identity},
                                           Operation{"forward", kVector, ask_forward}),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST_P(EveryOperation, CarriesCredentialsTraceAndParameters) {
  ScriptedServer server(always(good()));
  StoreOptions options = options_for(server);
  options.url.path_prefix = "/prom";
  options.headers = {{"X-Scope-OrgID", "team"}};
  options.extra_parameters = {{"dedup", "true"}};
  make(options);
  base::CallContext context = in(seconds{20});
  context.request_id = "id-1";
  context.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  context.bearer_token = "callers";
  context.store_parameters = {{"partial_response", "fa&lse"}, {"dedup", "false"}};
  const auto result = go(context);
  ASSERT_TRUE(result) << result.error().message;
  ASSERT_THAT(server.requests(), SizeIs(1));
  const SeenRequest request = server.requests()[0];
  EXPECT_THAT(request.head, HasSubstr(" /prom/api/v1/"));
  EXPECT_EQ(request.header("Authorization"), "Bearer callers");
  EXPECT_EQ(request.header("X-Scope-OrgID"), "team");
  EXPECT_EQ(request.header("X-Request-Id"), "id-1");
  EXPECT_EQ(request.header("traceparent"), context.traceparent);
  EXPECT_THAT(request.parameters("dedup"), ElementsAre("true"));
  EXPECT_THAT(request.parameters("partial_response"), ElementsAre("fa&lse"));
  // Never in both places.
  EXPECT_TRUE(request.body.empty() || request.head.find('?') == std::string::npos) << request.head;
}

TEST_P(EveryOperation, RefusesParametersThatThisServiceSets) {
  ScriptedServer server(always(good()));
  make(options_for(server));
  base::CallContext context = in(seconds{20});
  context.store_parameters = {{"match[]", "{tenant=\"b\"}"}};
  EXPECT_EQ(error_of(go(context)), ErrorKind::invalid_argument);
  EXPECT_EQ(last_.parameter, "match[]");
  EXPECT_THAT(server.requests(), IsEmpty());
}

TEST_P(EveryOperation, RetriesWhatCanPass) {
  ScriptedServer server([&](Peer& peer) {
    for (int i = 0; peer.read_request(); ++i) peer.send(i < 2 ? http_answer("503 x", "") : good());
  });
  make(options_for(server));
  const auto result = go();
  EXPECT_TRUE(result) << result.error().message;
  EXPECT_THAT(server.requests(), SizeIs(3));
}

TEST_P(EveryOperation, ReadsRotatedCredentialsAgain) {
  TemporaryDirectory directory;
  const std::string file = directory.file("token");
  write_file(file, "old");
  std::atomic<bool> rotated{false};
  ScriptedServer server([&](Peer& peer) {
    while (const auto request = peer.read_request()) {
      const bool known = request->header("Authorization") == (rotated ? "Bearer new" : "Bearer old");
      peer.send(known ? good() : http_answer("401 Unauthorized", "no"));
    }
  });
  StoreOptions options = options_for(server);
  options.token_file = file;
  make(options);
  EXPECT_TRUE(go());
  write_file(file, "new");
  rotated = true;
  const auto result = go();
  EXPECT_TRUE(result) << result.error().message;
  write_file(file, "wrong");
  rotated = false;
  EXPECT_EQ(error_of(go()), ErrorKind::store_refused_us);
  EXPECT_THAT(last_.message, HasSubstr("PROMETHEUS_TOKEN_FILE"));
}

TEST_P(EveryOperation, TellsTheCallerThatTheirTokenIsRefused) {
  ScriptedServer server(always(http_answer("403 Forbidden", "")));
  make(options_for(server));
  base::CallContext context = in(seconds{20});
  context.bearer_token = "callers";
  EXPECT_EQ(error_of(go(context)), ErrorKind::permission_denied);
}

TEST_P(EveryOperation, FollowsNoRedirection) {
  ScriptedServer server(always(http_answer("302 Found", "", "Location: https://login.example/\r\n")));
  make(options_for(server));
  EXPECT_EQ(error_of(go()), ErrorKind::store_misbehaved);
  EXPECT_THAT(last_.message, HasSubstr("login.example"));
}

TEST_P(EveryOperation, EndsAtTheDeadlineAndCutsTheRequestOff) {
  std::promise<bool> closed;
  ScriptedServer server([&](Peer& peer) {
    if (peer.read_request()) closed.set_value(peer.wait_for_close());
  });
  make(options_for(server));
  EXPECT_EQ(error_of(go(in(milliseconds{100}))), ErrorKind::deadline_exceeded);
  EXPECT_TRUE(closed.get_future().get());
}

TEST_P(EveryOperation, AnExpiredDeadlineSendsNothing) {
  ScriptedServer server(always(good()));
  make(options_for(server));
  EXPECT_EQ(error_of(go(in(milliseconds{-1}))), ErrorKind::deadline_exceeded);
  EXPECT_EQ(server.connections(), 0U);
}

TEST_P(EveryOperation, CancellationCutsTheRequestOffAndFreesItsPlace) {
  std::promise<void> arrived;
  std::promise<bool> closed;
  ScriptedServer server([&](Peer& peer) {
    if (!peer.read_request()) return;
    if (peer.number() > 0) {
      peer.send(good());
      return;
    }
    arrived.set_value();
    closed.set_value(peer.wait_for_close());
  });
  StoreOptions options = options_for(server);
  options.max_concurrent = 1;
  make(options);
  const base::CallContext context = in(seconds{20});
  boost::asio::cancellation_signal signal;
  const auto strand = boost::asio::make_strand(io_);
  std::promise<base::Result<void>> ended;
  boost::asio::co_spawn(strand, GetParam().call(*client_, context),
                        boost::asio::bind_cancellation_slot(
                            signal.slot(), [&](const std::exception_ptr& thrown, base::Result<void> result) {
                              // Asio's own way to say it, where the test's coroutine notices first.
                              if (thrown) result = base::fail(ErrorKind::cancelled, "thrown");
                              ended.set_value(std::move(result));
                            }));
  arrived.get_future().get();
  boost::asio::post(strand, [&] { signal.emit(boost::asio::cancellation_type::terminal); });
  EXPECT_EQ(error_of(ended.get_future().get()), ErrorKind::cancelled);
  EXPECT_TRUE(closed.get_future().get());
  EXPECT_TRUE(go());
}

TEST_P(EveryOperation, NothingHalfIsEverAnAnswer) {
  const std::string whole = good();
  const std::size_t body = std::string_view(GetParam().answer).size();
  for (const std::size_t length : {0UL, 5UL, 20UL, whole.size() - body, whole.size() - 1}) {
    ScriptedServer server([&](Peer& peer) {
      if (peer.read_request()) peer.send(whole.substr(0, length));
    });
    make(options_for(server));
    EXPECT_EQ(error_of(go()), ErrorKind::store_misbehaved) << length;
  }
}

TEST_P(EveryOperation, TakesGzip) {
  ScriptedServer server(always(http_answer("200 OK", gzipped(GetParam().answer), "Content-Encoding: gzip\r\n")));
  StoreOptions options = options_for(server);
  options.ask_for_gzip = true;
  make(options);
  const auto result = go();
  EXPECT_TRUE(result) << result.error().message;
  EXPECT_EQ(server.requests().at(0).header("Accept-Encoding"), "gzip");
}

TEST_P(EveryOperation, CountsForTheBreakerAndObeysIt) {
  ScriptedServer server([](Peer& peer) { static_cast<void>(peer.read_request()); });
  make(options_for(server));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(error_of(go()), ErrorKind::store_misbehaved);
  EXPECT_EQ(error_of(go()), ErrorKind::store_unreachable);
  EXPECT_THAT(last_.message, HasSubstr("is not asked for another"));
  EXPECT_THAT(server.requests(), SizeIs(5));
}

TEST_P(EveryOperation, IsCounted) {
  ScriptedServer server(always(good()));
  make(options_for(server));
  EXPECT_TRUE(go());
  EXPECT_THAT(metrics_.exposition(), HasSubstr("outcome=\"ok\"} 1"));
}

class OneOperation : public ClientFixture {};

TEST_F(OneOperation, QueryAsksAsPrometheusExpects) {
  ScriptedServer server(always(http_answer("200 OK", kVector)));
  make(options_for(server));
  const base::CallContext context = in(seconds{20});
  const auto answer = run(client_->query(InstantQuery("topk(1, x)", 1'700'000'000'250), context));
  ASSERT_TRUE(answer) << answer.error().message;
  ASSERT_THAT(answer->samples, SizeIs(1));
  EXPECT_EQ(answer->samples[0].at_ms, 10'000);
  SeenRequest request = server.requests().at(0);
  EXPECT_THAT(request.head, StartsWith("POST /api/v1/query HTTP/1.1\r\n"));
  EXPECT_EQ(request.parameter("query"), "topk(1, x)");
  EXPECT_EQ(request.parameter("time"), "1700000000.25");
  EXPECT_TRUE(request.parameter("timeout"));
  EXPECT_TRUE(run(client_->query(InstantQuery("x", std::nullopt), context)));
  EXPECT_FALSE(server.requests().at(1).parameter("time"));
}

TEST_F(OneOperation, AQueryThatIsRejectedSaysWhy) {
  for (const char* status : {"400 x", "422 x"}) {
    ScriptedServer server(always(http_answer(
        status, R"({"status":"error","errorType":"bad_data","error":"unknown function histogram_count"})")));
    make(options_for(server));
    const base::CallContext context = in(seconds{20});
    const auto answer = run(client_->query(InstantQuery("x", std::nullopt), context));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind, ErrorKind::query_rejected);
    EXPECT_THAT(answer.error().message, HasSubstr("unknown function histogram_count"));
    EXPECT_THAT(server.requests(), SizeIs(1));
  }
}

TEST_F(OneOperation, LabelValuesAreListedByGet) {
  ScriptedServer server(always(http_answer("200 OK", R"({"status":"success","data":["b","a"],"warnings":["cut"]})")));
  make(options_for(server));
  const base::CallContext context = in(seconds{20});
  Listing of;
  of.selectors = {R"({__name__=~"a|b"})", "c"};
  of.start_ms = 1'500;
  of.end_ms = 2'000;
  const auto answer = run(client_->label_values("span.name/é", of, context));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_THAT(answer->values, ElementsAre("b", "a"));
  EXPECT_THAT(answer->warnings, ElementsAre("cut"));
  const SeenRequest request = server.requests().at(0);
  EXPECT_THAT(request.head, StartsWith("GET /api/v1/label/span.name%2F%C3%A9/values?"));
  EXPECT_THAT(request.body, IsEmpty());
  EXPECT_FALSE(request.header("Content-Length"));
  EXPECT_FALSE(request.header("Content-Type"));
  EXPECT_THAT(request.parameters("match[]"), ElementsAre(R"({__name__=~"a|b"})", "c"));
  EXPECT_EQ(request.parameter("start"), "1.5");
  EXPECT_EQ(request.parameter("end"), "2");
}

TEST_F(OneOperation, LabelNamesAreListedByGet) {
  ScriptedServer server(always(http_answer("200 OK", kList)));
  make(options_for(server));
  const base::CallContext context = in(seconds{20});
  const auto answer = run(client_->label_names(Listing(), context));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_THAT(answer->values, ElementsAre("a", "b"));
  EXPECT_THAT(server.requests().at(0).head, StartsWith("GET /api/v1/labels HTTP/1.1\r\n"));
}

TEST_F(OneOperation, AStoreThatCannotListIsToldFromOneThatIsNotThere) {
  const auto kind_of = [&](const std::string& answer) {
    ScriptedServer server(always(answer));
    make(options_for(server));
    const base::CallContext context = in(seconds{20});
    const auto listed = run(client_->label_values("a", Listing(), context));
    EXPECT_THAT(server.requests(), SizeIs(1));
    return listed ? ErrorKind::internal : listed.error().kind;
  };
  EXPECT_EQ(kind_of(http_answer("400 x", R"({"status":"error","errorType":"bad_data","error":"match[]"})")),
            ErrorKind::query_rejected);
  EXPECT_EQ(kind_of(http_answer("405 Method Not Allowed", "")), ErrorKind::query_rejected);
  EXPECT_EQ(kind_of(http_answer("404 x", R"({"status":"error","errorType":"not_found","error":"x"})")),
            ErrorKind::query_rejected);
  EXPECT_EQ(kind_of(http_answer("404 Not Found", "404 page not found")), ErrorKind::store_misbehaved);
}

TEST_F(OneOperation, ListsOverFourMebibytesAreTooLarge) {
  std::string list = R"({"status":"success","data":[")" + std::string(std::size_t{4} << 20U, 'a') + R"("]})";
  std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 65; ++i) chunked += "10000\r\n" + std::string(65'536, ' ') + "\r\n";
  chunked += "0\r\n\r\n";
  const std::string random_gzip = http_answer("200 OK", gzipped(list), "Content-Encoding: gzip\r\n");
  for (const std::string& answer : {http_answer("200 OK", list), chunked, random_gzip}) {
    ScriptedServer server(always(answer));
    StoreOptions options = options_for(server);
    options.max_compression_ratio = 1'000'000;
    make(options);
    const base::CallContext context = in(seconds{20});
    const auto listed = run(client_->label_values("a", Listing(), context));
    ASSERT_FALSE(listed);
    EXPECT_EQ(listed.error().kind, ErrorKind::answer_too_large) << listed.error().message;
    EXPECT_THAT(listed.error().message, HasSubstr("4194304 bytes"));
  }
}

TEST_F(OneOperation, ALabelThatNoPathCanNameIsRefusedUnsent) {
  ScriptedServer server(always(http_answer("200 OK", kList)));
  make(options_for(server));
  const base::CallContext context = in(seconds{20});
  const auto listed = run(client_->label_values("..", Listing(), context));
  ASSERT_FALSE(listed);
  EXPECT_EQ(listed.error().kind, ErrorKind::query_rejected);
  EXPECT_THAT(server.requests(), IsEmpty());
}

TEST_F(OneOperation, IdentifyTellsVictoriaMetricsApartAndTakesNoForAnAnswer) {
  const auto identified = [&](const std::string& answer) {
    ScriptedServer server(always(answer));
    make(options_for(server));
    const base::CallContext context = in(seconds{20});
    auto identity = run(client_->identify(context));
    EXPECT_THAT(server.requests().at(0).head, StartsWith("GET /api/v1/status/buildinfo HTTP/1.1\r\n"));
    if (!identity) return "error: " + identity.error().message;
    return std::string(identity->kind == StoreIdentity::Kind::victoria_metrics ? "vm " : "prometheus ") +
           identity->version;
  };
  EXPECT_EQ(identified(http_answer("200 OK", kBuild)), "prometheus 2.42.0");
  EXPECT_EQ(identified(http_answer("200 OK", R"({"data":{}})", "X-Server-Hostname: h\r\n")), "vm ");
  EXPECT_EQ(identified(http_answer("400 x", "unsupported path requested", "x-server-hostname: h\r\n")), "vm ");
  EXPECT_EQ(identified(http_answer("404 Not Found", "404 page not found")), "prometheus ");
  EXPECT_EQ(identified(http_answer("200 OK", "<html>")), "prometheus ");
  EXPECT_THAT(identified(http_answer("401 x", "")), HasSubstr("error: "));
}

TEST_F(OneOperation, ForwardPassesOnWhatTheStoreSays) {
  ScriptedServer server(always(http_answer("422 Unprocessable Entity", "{\"odd\":1}", "Content-Type: text/odd\r\n")));
  StoreOptions options = options_for(server);
  options.extra_parameters = {{"dedup", "true"}};
  make(options);
  base::CallContext context = in(seconds{20});
  context.store_parameters = {{"partial_response", "1"}};
  const auto answer = run(client_->forward("/api/v1/query", "query=a%2Bb&dedup=false&time=7", context));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 422);
  EXPECT_EQ(answer->content_type, "text/odd");
  EXPECT_EQ(answer->body, "{\"odd\":1}");
  ASSERT_THAT(server.requests(), SizeIs(1));
  EXPECT_THAT(server.requests()[0].head, StartsWith("POST /api/v1/query HTTP/1.1\r\n"));
  EXPECT_EQ(server.requests()[0].body, "query=a%2Bb&time=7&dedup=true&partial_response=1");
}

TEST_F(OneOperation, ForwardHandsOutTheLastOfItsAttempts) {
  ScriptedServer server(always(http_answer("503 x", "busy")));
  make(options_for(server));
  const base::CallContext context = in(seconds{20});
  const auto answer = run(client_->forward("/api/v1/query", "query=1", context));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 503);
  EXPECT_EQ(answer->body, "busy");
  EXPECT_THAT(server.requests(), SizeIs(3));
}

TEST_F(OneOperation, ForwardPassesNothingHalfOn) {
  ScriptedServer server([](Peer& peer) {
    if (peer.read_request()) peer.send("HTTP/1.1 400 x\r\nContent-Length: 10\r\n\r\nhalf");
  });
  make(options_for(server));
  const base::CallContext context = in(seconds{20});
  const auto answer = run(client_->forward("/api/v1/query", "query=1", context));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::store_misbehaved);
}

TEST_F(OneOperation, ForwardDecompressesAndBoundsTheBody) {
  ScriptedServer server([](Peer& peer) {
    for (int i = 0; peer.read_request(); ++i) {
      const std::string body(i == 0 ? 100 : 200'000, 'x');
      peer.send(http_answer("200 OK", gzipped(body), "Content-Encoding: gzip\r\n"));
    }
  });
  StoreOptions options = options_for(server);
  options.max_body_bytes = 100'000;
  make(options);
  const base::CallContext context = in(seconds{20});
  const auto answer = run(client_->forward("/api/v1/query", "query=1", context));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body, std::string(100, 'x'));
  const auto large = run(client_->forward("/api/v1/query", "query=1", context));
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().kind, ErrorKind::store_misbehaved);
}

TEST_F(OneOperation, ForwardGoesNowhereElse) {
  ScriptedServer server(always(http_answer("200 OK", kVector)));
  make(options_for(server));
  const base::CallContext context = in(seconds{20});
  const auto answer = run(client_->forward("/api/../admin", "query=1", context));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::internal);
  EXPECT_THAT(server.requests(), IsEmpty());
}

}  // namespace
}  // namespace spm::prometheus::testing
