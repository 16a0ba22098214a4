#include <future>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <gtest/gtest.h>

#include <spm/http/front_door.hpp>
#include <spm/http/http_server.hpp>
#include <spm/http/jaeger_api.hpp>

#include "fakes.hpp"
#include "test_client.hpp"

namespace spm::http {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kCalls = "GET /api/metrics/calls?service=a&lookback=0 HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view kLive = "GET /livez HTTP/1.1\r\nHost: a\r\n\r\n";

/// Waits for what another thread does, bounded by 20 s.
template <class Condition>
bool eventually(Condition condition) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::yield();
  }
  return true;
}

/// Echoes the body of a request; the rest of the API takes none.
class Echo final : public Handler {
 public:
  std::size_t body_limit(const RequestHead&) const noexcept override { return 100; }
  boost::asio::awaitable<Response> handle(const Request& request) override {
    Response response;
    response.content_type = "text/plain";
    response.set_body("[" + request.body + "]");
    co_return response;
  }
  Response refuse(const RequestHead& /*head*/, const base::Error& error) const override {
    Response response;
    response.status = base::traits(error.kind).http_status;
    response.set_body(error.message);
    return response;
  }
};

class HttpServerTest : public ::testing::Test {
 protected:
  void start(Handler* handler = nullptr) {
    options.host_port = "127.0.0.1:0";
    door = std::make_unique<FrontDoor>(door_options, std::vector<Api*>{&api}, readiness);
    Handler& handled = handler != nullptr ? *handler : *door;
    auto created = HttpServer::create(context.get_executor(), options, handled, clock, metrics, *log);
    ASSERT_TRUE(created) << created.error().message;
    server = std::move(*created);
    server->start();
    for (int i = 0; i < 2; ++i) threads.emplace_back([this] { context.run(); });
  }

  void TearDown() override { stop(); }

  /// Everything that runs has ended when this returns.
  void stop() {
    if (server) server->drain(base::Deadline::after(milliseconds(0)));
    guard.reset();
    for (std::thread& thread : threads) thread.join();
    threads.clear();
    server.reset();
  }

  /// Sends one request on a fresh connection; its answer, and that the connection is closed behind it.
  std::string refused(std::string_view bytes) {
    TestClient client(server->port());
    client.send(bytes);
    std::string answer = client.read_answer();
    EXPECT_NE(answer.find("Connection: close"), std::string::npos) << answer;
    EXPECT_TRUE(client.closed_by_server());
    return answer;
  }

  boost::asio::io_context context;
  std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> guard{
      boost::asio::make_work_guard(context)};
  std::shared_ptr<std::string> lines = std::make_shared<std::string>();
  std::unique_ptr<telemetry::Log> log = telemetry::Log::to_memory(lines);
  HttpServerOptions options;
  FrontDoorOptions door_options;
  FakeService service;
  FakeReadiness readiness;
  FixedClock clock;
  telemetry::Metrics metrics;
  JaegerApi api{&service, clock, false};
  std::unique_ptr<FrontDoor> door;
  std::unique_ptr<HttpServer> server;
  std::vector<std::thread> threads;
};

TEST_F(HttpServerTest, KeepsTheConnectionAlive) {
  start();
  TestClient client(server->port());
  for (int i = 0; i < 3; ++i) {
    client.send(kCalls);
    const std::string answer = client.read_answer();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
    EXPECT_EQ(answer.find("Connection:"), std::string::npos);
    EXPECT_NE(answer.find("\"metricPoints\":[{"), std::string::npos);
  }
  EXPECT_EQ(server->connections(), 1U);
}

TEST_F(HttpServerTest, AnswersPipelinedRequestsInTheirOrder) {
  start();
  TestClient client(server->port());
  std::string bytes;
  for (int i = 0; i < 50; ++i) {
    bytes += "GET /api/metrics/calls?lookback=0&service=s" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n";
  }
  client.send(bytes);
  for (int i = 0; i < 50; ++i) {
    const std::string answer = client.read_answer();
    EXPECT_NE(answer.find("\"s" + std::to_string(i) + "\""), std::string::npos) << i << answer;
  }
}

TEST_F(HttpServerTest, HeadIsGetWithoutItsBody) {
  start();
  TestClient client(server->port());
  client.send("GET /livez HTTP/1.1\r\nHost: a\r\n\r\nHEAD /livez HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string get = client.read_answer();
  const std::string head = client.read_answer(true);
  EXPECT_NE(head.find("Content-Length: 6\r\n"), std::string::npos) << head;
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
  EXPECT_TRUE(get.ends_with("alive\n"));
  client.send(kLive);  // nothing of a body is left in between
  EXPECT_TRUE(client.read_answer().starts_with("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, AnOldHealthCheckIsAnsweredAndClosed) {
  start();
  const std::string answer = refused("OPTIONS / HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200")) << answer;
}

TEST_F(HttpServerTest, AHeadInSingleBytesIsReadAsOne) {
  start();
  TestClient client(server->port());
  for (const char byte : kLive) client.send(std::string_view(&byte, 1));
  EXPECT_TRUE(client.read_answer().starts_with("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, TheGateClosesTheConnectionAndReadsNothingBehindIt) {
  start();
  const std::string answer =
      refused("POST /livez HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" +
              std::string(kCalls));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 400")) << answer;
  EXPECT_NE(answer.find("\"code\":400"), std::string::npos);
  EXPECT_EQ(service.calls, 0);
}

TEST_F(HttpServerTest, ATooLargeHeadIs431) {
  start();
  EXPECT_TRUE(refused("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(300'000, 'x')).starts_with("HTTP/1.1 431"));
  std::string many = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 200; ++i) many += "X: y\r\n";
  EXPECT_TRUE(refused(many + "\r\n").starts_with("HTTP/1.1 431"));
}

TEST_F(HttpServerTest, BodiesAreRefusedWhereNoneIsExpected) {
  start();
  EXPECT_TRUE(refused("GET /livez HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc").starts_with("HTTP/1.1 413"));
  EXPECT_TRUE(refused("POST /livez HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
                  .starts_with("HTTP/1.1 413"));
  TestClient client(server->port());
  client.send("GET /livez HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
  EXPECT_TRUE(client.read_answer().starts_with("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, BodiesAreReadWhereTheyAreExpected) {
  Echo echo;
  start(&echo);
  TestClient client(server->port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
  EXPECT_TRUE(client.read_answer().ends_with("[abc]"));
  client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" +
              std::string(kLive));
  EXPECT_TRUE(client.read_answer().ends_with("[abc]"));
  EXPECT_TRUE(client.read_answer().ends_with("[]"));
  client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_TRUE(client.read_answer().starts_with("HTTP/1.1 100"));
  client.send("xyz");
  EXPECT_TRUE(client.read_answer().ends_with("[xyz]"));
  EXPECT_TRUE(refused("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n").starts_with("HTTP/1.1 413"));
  stop();  // the handler ends before the fixture
}

TEST_F(HttpServerTest, ASlowHeadTimesOutWithAnAnswer) {
  options.head_timeout = milliseconds(50);
  start();
  EXPECT_TRUE(refused("GET / HTTP/1.1\r\nHost:").starts_with("HTTP/1.1 408"));
}

TEST_F(HttpServerTest, AnIdleConnectionIsClosedSilently) {
  options.idle_timeout = milliseconds(50);
  start();
  TestClient client(server->port());
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(HttpServerTest, AReaderThatStandsStillIsCutOff) {
  options.write_timeout = milliseconds(50);
  start();
  TestClient client(server->port());
  client.shrink_receive_buffer();
  // Megabytes of answer, more than the kernel's buffers take.
  for (int i = 0; i < 8; ++i) {
    client.send("GET /api/metrics/calls?service=a&step=33 HTTP/1.1\r\nHost: a\r\n\r\n");
  }
  EXPECT_TRUE(eventually([this] { return server->connections() == 0; }));
}

TEST_F(HttpServerTest, ALargeAnswerArrivesWhole) {
  start();
  TestClient client(server->port());
  client.send("GET /api/metrics/calls?service=a&step=100 HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string answer = client.read_answer();
  EXPECT_GT(answer.size(), 2'000'000U);
  EXPECT_TRUE(answer.ends_with("}]}]}"));
}

TEST_F(HttpServerTest, AClientThatGoesAwayCancelsItsRequest) {
  service.mode = FakeService::Mode::hang;
  start();
  TestClient client(server->port());
  client.send(kCalls);
  ASSERT_TRUE(eventually([this] { return service.hanging == 1; }));
  client.close();
  EXPECT_TRUE(eventually([this] { return service.cancelled == 1 && server->connections() == 0; }));
  stop();
  EXPECT_NE(lines->find("499"), std::string::npos) << *lines;
}

TEST_F(HttpServerTest, PipelinedBytesAreNotMistakenForAClientThatIsGone) {
  service.mode = FakeService::Mode::hang;
  start();
  TestClient client(server->port());
  client.send(kCalls);
  ASSERT_TRUE(eventually([this] { return service.hanging == 1; }));
  service.mode = FakeService::Mode::answer;
  client.send(std::string(kLive) + std::string(kLive));
  TestClient other(server->port());
  other.send(kLive);
  EXPECT_TRUE(other.read_answer().starts_with("HTTP/1.1 200"));
  EXPECT_EQ(service.cancelled, 0);
  client.close();
  EXPECT_TRUE(eventually([this] { return service.cancelled == 1; }));
}

TEST_F(HttpServerTest, AFullHouseTurnsAwayWithWords) {
  options.max_connections = 1;
  start();
  TestClient first(server->port());
  first.send(kLive);
  EXPECT_TRUE(first.read_answer().starts_with("HTTP/1.1 200"));
  TestClient second(server->port());
  second.send(kLive);
  const std::string answer = second.read_answer();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503")) << answer;
  EXPECT_NE(answer.find("Retry-After: 1"), std::string::npos);
  first.send(kLive);
  EXPECT_TRUE(first.read_answer().starts_with("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, MoreRequestsAtOnceThanAllowedAreRefusedBeforeAnyWork) {
  service.mode = FakeService::Mode::hang;
  door_options.max_in_flight = 1;
  start();
  TestClient busy(server->port());
  busy.send(kCalls);
  ASSERT_TRUE(eventually([this] { return service.hanging == 1; }));
  TestClient second(server->port());
  second.send(kCalls);
  const std::string answer = second.read_answer();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503")) << answer;
  EXPECT_NE(answer.find("Retry-After: 1\r\n"), std::string::npos) << answer;
  EXPECT_EQ(service.calls, 1);
  second.send(kLive);  // the connection stays, and health checks do not count
  EXPECT_TRUE(second.read_answer().starts_with("HTTP/1.1 200"));
  busy.close();
  ASSERT_TRUE(eventually([this] { return service.cancelled == 1; }));
  service.mode = FakeService::Mode::answer;
  EXPECT_TRUE(eventually([&] {
    second.send(kCalls);
    return second.read_answer().starts_with("HTTP/1.1 200");
  }));
}

TEST_F(HttpServerTest, ABurstOfConnectionsIsTakenAsAWhole) {
  start();
  std::vector<std::unique_ptr<TestClient>> clients;
  for (int i = 0; i < 200; ++i) clients.push_back(std::make_unique<TestClient>(server->port()));
  for (const auto& client : clients) client->send(kLive);
  for (const auto& client : clients) EXPECT_TRUE(client->read_answer().starts_with("HTTP/1.1 200"));
  EXPECT_EQ(server->connections(), 200U);
}

TEST_F(HttpServerTest, ThousandsOfPipelinedRequestsAreAllAnswered) {
  start();
  TestClient greedy(server->port());
  std::string bytes;
  for (int i = 0; i < 2'000; ++i) bytes += kLive;
  greedy.send(bytes);
  for (int i = 0; i < 2'000; ++i) ASSERT_TRUE(greedy.read_answer().ends_with("alive\n")) << i;
}

TEST_F(HttpServerTest, DrainClosesTheIdleAndFinishesTheBusy) {
  Echo echo;
  start(&echo);
  TestClient idle(server->port());
  idle.send(kLive);
  EXPECT_TRUE(idle.read_answer().starts_with("HTTP/1.1 200"));
  TestClient busy(server->port());
  busy.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_TRUE(busy.read_answer().starts_with("HTTP/1.1 100"));

  auto drained =
      std::async(std::launch::async, [this] { return server->drain(base::Deadline::after(std::chrono::seconds(20))); });
  EXPECT_TRUE(idle.closed_by_server());
  busy.send("ok");
  const std::string answer = busy.read_answer();
  EXPECT_TRUE(answer.ends_with("[ok]")) << answer;
  EXPECT_NE(answer.find("Connection: close"), std::string::npos);
  busy.close();
  EXPECT_TRUE(drained.get());
  EXPECT_EQ(server->connections(), 0U);
  stop();  // the handler ends before the fixture
}

TEST_F(HttpServerTest, DrainCutsOffWhatDoesNotEnd) {
  service.mode = FakeService::Mode::hang;
  start();
  TestClient client(server->port());
  client.send(kCalls);
  ASSERT_TRUE(eventually([this] { return service.hanging == 1; }));
  EXPECT_FALSE(server->drain(base::Deadline::after(milliseconds(10))));
  EXPECT_EQ(server->connections(), 0U);
  EXPECT_EQ(service.cancelled, 1);
}

TEST_F(HttpServerTest, ATakenPortIsAClearError) {
  start();
  HttpServerOptions same;
  same.host_port = "127.0.0.1:" + std::to_string(server->port());
  const auto second = HttpServer::create(context.get_executor(), same, *door, clock, metrics, *log);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find(same.host_port), std::string::npos) << second.error().message;
}

TEST_F(HttpServerTest, AddressesAreChecked) {
  start();
  for (const char* address : {"", "nonsense", "127.0.0.1", "127.0.0.1:", "127.0.0.1:99999", "127.0.0.1:x", "::1:80"}) {
    HttpServerOptions bad;
    bad.host_port = address;
    const auto result = HttpServer::create(context.get_executor(), bad, *door, clock, metrics, *log);
    ASSERT_FALSE(result) << address;
    EXPECT_NE(result.error().message.find("cannot listen on"), std::string::npos);
  }
  HttpServerOptions all;
  all.host_port = ":0";
  const auto everywhere = HttpServer::create(context.get_executor(), all, *door, clock, metrics, *log);
  ASSERT_TRUE(everywhere) << everywhere.error().message;
  EXPECT_NE((*everywhere)->port(), 0);
}

TEST_F(HttpServerTest, TheAccessLogHasOneLineForEachRequest) {
  start();
  TestClient client(server->port());
  client.send("GET /livez HTTP/1.1\r\nHost: a\r\nX-Request-Id: my-id\r\nAuthorization: Bearer hush\r\n\r\n");
  EXPECT_NE(client.read_answer().find("X-Request-Id: my-id\r\n"), std::string::npos);
  stop();
  EXPECT_NE(lines->find("my-id"), std::string::npos) << *lines;
  EXPECT_NE(lines->find("/livez"), std::string::npos);
  EXPECT_EQ(lines->find("hush"), std::string::npos);
}

}  // namespace
}  // namespace spm::http
