#include <future>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>

#include "client_fixture.hpp"

namespace spm::prometheus::testing {
namespace {

using base::ErrorKind;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

class ClientTest : public ClientFixture {};

/// Answers every request on a connection in the same way.
ScriptedServer::Script always(std::string answer) {
  return [answer = std::move(answer)](Peer& peer) {
    while (peer.read_request() && peer.send(answer)) {
    }
  };
}

TEST_F(ClientTest, AsksAsPrometheusExpects) {
  ScriptedServer server(always(http_answer("200 OK", matrix_json("42"))));
  StoreOptions options = options_for(server);
  options.url.path_prefix = "/prom";
  options.url.user = "us er";
  options.url.password = "p:w";
  options.headers = {{"X-Scope-OrgID", "team"}};
  options.extra_parameters = {{"dedup", "true"}, {"a b", "c&d"}};
  make(options);
  base::CallContext context = in(seconds{20});
  context.request_id = "id-1";
  context.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const auto answer = start(context, "sum(rate(x{a=\"é&=+\"}[1m]))").get();
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->matrix.series.at(0).column.value(0), 42);
  EXPECT_EQ(answer->matrix.grid, kGrid);

  ASSERT_THAT(server.requests(), SizeIs(1));
  const SeenRequest request = server.requests()[0];
  EXPECT_THAT(request.head, StartsWith("POST /prom/api/v1/query_range HTTP/1.1\r\n"));
  EXPECT_EQ(request.header("Host"), "127.0.0.1:" + std::to_string(server.port()));
  EXPECT_EQ(request.header("Content-Type"), "application/x-www-form-urlencoded");
  EXPECT_EQ(request.header("Accept-Encoding"), "identity");
  EXPECT_EQ(request.header("Accept"), "application/json");
  EXPECT_EQ(request.header("Via"), "1.1 jaeger-spm-proxy");
  EXPECT_THAT(request.header("User-Agent").value_or(""), StartsWith("jaeger-spm-proxy/"));
  EXPECT_EQ(request.header("X-Request-Id"), "id-1");
  EXPECT_EQ(request.header("traceparent"), context.traceparent);
  EXPECT_EQ(request.header("X-Scope-OrgID"), "team");
  EXPECT_EQ(request.header("Authorization"), "Basic dXMgZXI6cDp3");
  EXPECT_EQ(request.parameter("query"), "sum(rate(x{a=\"é&=+\"}[1m]))");
  EXPECT_EQ(request.parameter("start"), "10");
  EXPECT_EQ(request.parameter("end"), "25");
  EXPECT_EQ(request.parameter("step"), "5");
  EXPECT_EQ(request.parameter("dedup"), "true");
  EXPECT_EQ(request.parameter("a b"), "c&d");
  const std::string timeout = request.parameter("timeout").value_or("");
  EXPECT_THAT(timeout, ::testing::EndsWith("ms"));
  EXPECT_GT(std::stoi(timeout), 10'000);
  EXPECT_LE(std::stoi(timeout), 20'000);
}

TEST_F(ClientTest, KeepsConnectionsForTheNextRequest) {
  ScriptedServer server(always(http_answer("200 OK", matrix_json())));
  make(options_for(server));
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(ask());
  EXPECT_EQ(server.connections(), 1U);
}

TEST_F(ClientTest, HonoursConnectionCloseAndOldHttp) {
  ScriptedServer server([](Peer& peer) {
    if (!peer.read_request()) return;
    const std::string body = matrix_json();
    if (peer.number() == 0) peer.send(http_answer("200 OK", body, "Connection: close\r\n"));
    if (peer.number() == 1)
      peer.send("HTTP/1.0 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    if (peer.number() == 2) peer.send("HTTP/1.1 100 Continue\r\n\r\n" + http_answer("200 OK", body));
    peer.wait_for_close();
  });
  make(options_for(server));
  for (int i = 0; i < 3; ++i) {
    const auto answer = ask();
    EXPECT_TRUE(answer) << answer.error().message;
  }
  EXPECT_EQ(server.connections(), 3U);
}

TEST_F(ClientTest, TakesChunkedAnswers) {
  const std::string body = matrix_json("7");
  ScriptedServer server(always("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n" + body.substr(0, 5) +
                               "\r\n" +
                               [&] {
                                 char size[20];
                                 std::snprintf(size, sizeof(size), "%zx", body.size() - 5);
                                 return std::string(size);
                               }() +
                               "\r\n" + body.substr(5) + "\r\n0\r\n\r\n"));
  make(options_for(server));
  for (int i = 0; i < 2; ++i) {
    const auto answer = ask();
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->matrix.series.at(0).column.value(0), 7);
  }
  EXPECT_EQ(server.connections(), 1U);
}

TEST_F(ClientTest, ReplacesAnIdleConnectionThatEnds) {
  ScriptedServer server([](Peer& peer) {
    if (!peer.read_request()) return;
    peer.send(http_answer("200 OK", matrix_json()));
    // The first connection takes one more request and ends without a byte: it was half open.
    if (peer.number() == 0) {
      static_cast<void>(peer.read_request());
      return;
    }
    while (peer.read_request() && peer.send(http_answer("200 OK", matrix_json()))) {
    }
  });
  make(options_for(server));
  EXPECT_TRUE(ask());
  const auto again = ask();
  EXPECT_TRUE(again) << again.error().message;
  EXPECT_TRUE(ask());
  EXPECT_EQ(server.connections(), 2U);
  EXPECT_THAT(server.requests(), SizeIs(4));
}

TEST_F(ClientTest, ClosedIdleConnectionsCostNothing) {
  ScriptedServer server([](Peer& peer) {
    if (peer.read_request()) peer.send(http_answer("200 OK", matrix_json()));
  });
  make(options_for(server));
  for (int i = 0; i < 4; ++i) {
    const auto answer = ask();
    EXPECT_TRUE(answer) << answer.error().message;
  }
}

TEST_F(ClientTest, AnExpiredDeadlineSendsNothing) {
  ScriptedServer server(always(http_answer("200 OK", matrix_json())));
  make(options_for(server));
  const auto answer = ask(in(milliseconds{-1}));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::deadline_exceeded);
  EXPECT_EQ(server.connections(), 0U);
}

TEST_F(ClientTest, ASlowStoreEndsAtTheDeadlineAndIsCutOff) {
  std::promise<bool> closed;
  ScriptedServer server([&](Peer& peer) {
    if (peer.read_request()) closed.set_value(peer.wait_for_close());
  });
  make(options_for(server));
  const auto answer = ask(in(milliseconds{150}));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::deadline_exceeded);
  EXPECT_TRUE(closed.get_future().get());
}

TEST_F(ClientTest, CancellationCutsTheRequestOffAndFreesItsPlace) {
  std::promise<void> arrived;
  std::promise<bool> closed;
  ScriptedServer server([&](Peer& peer) {
    if (!peer.read_request()) return;
    if (peer.number() > 0) {
      peer.send(http_answer("200 OK", matrix_json()));
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
  std::promise<base::Result<RangeAnswer>> ended;
  boost::asio::co_spawn(
      strand, client_->query_range(RangeQuery("x", kGrid), context),
      boost::asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr, base::Result<RangeAnswer> answer) {
        ended.set_value(std::move(answer));
      }));
  arrived.get_future().get();
  boost::asio::post(strand, [&] { signal.emit(boost::asio::cancellation_type::terminal); });
  const auto answer = ended.get_future().get();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::cancelled);
  EXPECT_TRUE(closed.get_future().get());
  EXPECT_TRUE(ask());
}

TEST_F(ClientTest, AQueueOfManyLosesNobodyWhenSomeLeave) {
  ScriptedServer server(always(http_answer("200 OK", matrix_json())));
  StoreOptions options = options_for(server);
  options.max_concurrent = 2;
  options.max_waiting = 200;
  make(options);
  const base::CallContext context = in(seconds{20});
  struct Call {
    explicit Call(boost::asio::io_context& io) : strand(boost::asio::make_strand(io)) {}
    boost::asio::strand<boost::asio::io_context::executor_type> strand;
    boost::asio::cancellation_signal signal;
    std::promise<ErrorKind> ended;
  };
  std::list<Call> calls;
  for (int i = 0; i < 100; ++i) {
    Call& call = calls.emplace_back(io_);
    boost::asio::co_spawn(call.strand, client_->query_range(RangeQuery("x", kGrid), context),
                          boost::asio::bind_cancellation_slot(
                              call.signal.slot(), [&call](std::exception_ptr, base::Result<RangeAnswer> answer) {
                                call.ended.set_value(answer ? ErrorKind::internal : answer.error().kind);
                              }));
    if (i % 3 == 0) {
      boost::asio::post(call.strand, [&call] { call.signal.emit(boost::asio::cancellation_type::terminal); });
    }
  }
  int answered = 0;
  int cancelled = 0;
  for (Call& call : calls) {
    const ErrorKind kind = call.ended.get_future().get();
    ++(kind == ErrorKind::internal ? answered : cancelled);
    EXPECT_TRUE(kind == ErrorKind::internal || kind == ErrorKind::cancelled);
  }
  EXPECT_GE(answered, 66);
  EXPECT_EQ(answered + cancelled, 100);
  EXPECT_TRUE(ask());  // every place was given back
}

TEST_F(ClientTest, RefusesMoreThanMayWait) {
  std::promise<void> arrived;
  std::promise<void> go_on;
  std::shared_future<void> may_go_on = go_on.get_future().share();
  ScriptedServer server([&](Peer& peer) {
    bool first = peer.number() == 0;
    while (peer.read_request()) {
      if (std::exchange(first, false)) {
        arrived.set_value();
        may_go_on.wait();
      }
      peer.send(http_answer("200 OK", matrix_json()));
    }
  });
  StoreOptions options = options_for(server);
  options.max_concurrent = 1;
  options.max_waiting = 2;
  make(options);
  const base::CallContext context = in(seconds{20});
  auto first = start(context);
  arrived.get_future().get();
  std::vector<std::future<base::Result<RangeAnswer>>> others;
  for (int i = 0; i < 3; ++i) others.push_back(start(context));
  // Exactly one of three finds no place, and is told at once.
  std::size_t refused = others.size();
  while (refused == others.size()) {
    for (std::size_t i = 0; i < others.size(); ++i) {
      if (others[i].wait_for(milliseconds{5}) == std::future_status::ready) refused = i;
    }
  }
  const auto overload = others[refused].get();
  ASSERT_FALSE(overload);
  EXPECT_EQ(overload.error().kind, ErrorKind::overloaded);
  EXPECT_EQ(overload.error().retry_after, seconds{1});
  go_on.set_value();
  EXPECT_TRUE(first.get());
  for (std::size_t i = 0; i < others.size(); ++i) {
    if (i != refused) {
      EXPECT_TRUE(others[i].get());
    }
  }
}

TEST_F(ClientTest, ADeadlinePassesInTheQueueToo) {
  std::promise<void> arrived;
  ScriptedServer server([&](Peer& peer) {
    if (!peer.read_request()) return;
    arrived.set_value();
    peer.wait_for_close();
  });
  StoreOptions options = options_for(server);
  options.max_concurrent = 1;
  make(options);
  const base::CallContext long_time = in(milliseconds{600});
  auto first = start(long_time);
  arrived.get_future().get();
  const auto waited = ask(in(milliseconds{50}));
  ASSERT_FALSE(waited);
  EXPECT_EQ(waited.error().kind, ErrorKind::deadline_exceeded);
  EXPECT_THAT(server.requests(), SizeIs(1));
  EXPECT_EQ(first.get().error().kind, ErrorKind::deadline_exceeded);
}

TEST_F(ClientTest, ChoosesTheTokenAsConfigured) {
  TemporaryDirectory directory;
  const std::string file = directory.file("token");
  write_file(file, "own-token\n");
  ScriptedServer server(always(http_answer("200 OK", matrix_json())));
  StoreOptions options = options_for(server);
  base::CallContext with_token = in(seconds{20});
  with_token.bearer_token = "callers";
  const auto last_authorization = [&] { return server.requests().back().header("Authorization"); };

  options.token_file = file;
  make(options);
  EXPECT_TRUE(ask(with_token));
  EXPECT_EQ(last_authorization(), "Bearer callers");
  EXPECT_TRUE(ask());
  EXPECT_EQ(last_authorization(), "Bearer own-token");

  options.token_override_from_context = false;
  make(options);
  EXPECT_TRUE(ask(with_token));
  EXPECT_EQ(last_authorization(), "Bearer own-token");

  options.token_file.clear();
  make(options);
  EXPECT_TRUE(ask(with_token));
  EXPECT_EQ(last_authorization(), "Bearer callers");
  EXPECT_TRUE(ask());
  EXPECT_EQ(last_authorization(), std::nullopt);

  with_token.bearer_token = "a\r\nX-Evil: 1";
  const auto evil = ask(with_token);
  ASSERT_FALSE(evil);
  EXPECT_EQ(evil.error().kind, ErrorKind::unauthenticated);
}

TEST_F(ClientTest, ARotatedTokenFailsNoRequest) {
  TemporaryDirectory directory;
  const std::string file = directory.file("token");
  write_file(file, "old");
  std::mutex mutex;
  std::string good = "Bearer old";
  ScriptedServer server([&](Peer& peer) {
    while (const auto request = peer.read_request()) {
      const std::lock_guard lock(mutex);
      const bool known = request->header("Authorization") == good;
      peer.send(known ? http_answer("200 OK", matrix_json()) : http_answer("401 Unauthorized", "no"));
    }
  });
  StoreOptions options = options_for(server);
  options.token_file = file;
  make(options);
  EXPECT_TRUE(ask());
  write_file(file, "new");
  {
    const std::lock_guard lock(mutex);
    good = "Bearer new";
  }
  const auto answer = ask();
  EXPECT_TRUE(answer) << answer.error().message;

  write_file(file, "");  // a bad new file keeps the old one, and says so
  {
    const std::lock_guard lock(mutex);
    good = "Bearer other";
  }
  EXPECT_EQ(ask_for_error(), ErrorKind::store_refused_us);
  EXPECT_THAT(last_.message, HasSubstr("PROMETHEUS_TOKEN_FILE"));
  EXPECT_EQ(server.requests().back().header("Authorization"), "Bearer new");
  log_->flush();
  EXPECT_THAT(*log_lines_, HasSubstr("is empty"));
  EXPECT_THAT(*log_lines_, Not(HasSubstr("new file")));
}

TEST_F(ClientTest, UnusableFilesStopTheStart) {
  StoreOptions options;
  options.token_file = "/nonexistent/token";
  auto made = create_http_prometheus_client(options, io_.get_executor(), metrics_, *log_);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().parameter, "PROMETHEUS_TOKEN_FILE");
  EXPECT_THAT(made.error().message, HasSubstr("/nonexistent/token"));

  StoreOptions tls;
  tls.url.tls = true;
  tls.tls.ca_file = "/nonexistent/ca.pem";
  made = create_http_prometheus_client(tls, io_.get_executor(), metrics_, *log_);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().parameter, "PROMETHEUS_TLS_CA");
}

TEST_F(ClientTest, ProbeTellsAStoreFromWhatIsNone) {
  const auto probed = [&](const std::string& answer) {
    ScriptedServer server(always(answer));
    make(options_for(server));
    const auto result = probe();
    EXPECT_THAT(server.requests().at(0).head, StartsWith("POST /api/v1/query HTTP/1.1"));
    EXPECT_EQ(server.requests().at(0).parameter("query"), "1");
    return result ? std::string("ok") : result.error().message;
  };
  EXPECT_EQ(probed(http_answer("200 OK", R"({"status":"success","data":{"resultType":"scalar","result":[1,"1"]}})")),
            "ok");
  EXPECT_EQ(probed(http_answer("401 Unauthorized", "")), "ok");
  EXPECT_EQ(probed(http_answer("403 Forbidden", "")), "ok");
  EXPECT_THAT(probed(http_answer("404 Not Found", "")), HasSubstr("PROMETHEUS_SERVER_URL"));
  EXPECT_THAT(probed(http_answer("200 OK", "<html>")), HasSubstr("is no Prometheus API"));
  EXPECT_THAT(probed(http_answer("503 Service Unavailable", "")), HasSubstr("503"));
}

}  // namespace
}  // namespace spm::prometheus::testing
