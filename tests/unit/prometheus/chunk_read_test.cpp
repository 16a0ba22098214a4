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
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr std::string_view kStream =
    "Content-Type: application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse\r\n";

/// Keeps what it is given; says no after so many slices.
class KeepingSink final : public ByteSink {
 public:
  base::Result<void> take(std::string_view bytes) override {
    ++slices_;
    text_ += bytes;
    if (slices_ >= refuse_at_) {
      return base::fail(base::Error(ErrorKind::store_misbehaved, "this is no chunk").with_detail("offset 7"));
    }
    if (on_slice) on_slice(slices_);
    return {};
  }

  void refuse_at(std::size_t slice) { refuse_at_ = slice; }
  const std::string& text() const { return text_; }
  std::size_t slices() const { return slices_; }

  std::function<void(std::size_t)> on_slice;

 private:
  std::string text_;
  std::size_t slices_ = 0;
  std::size_t refuse_at_ = std::numeric_limits<std::size_t>::max();
};

std::string chunk(std::string_view bytes) {
  char size[20];
  std::snprintf(size, sizeof(size), "%zx\r\n", bytes.size());
  return size + std::string(bytes) + "\r\n";
}

const std::string kChunkedHead = "HTTP/1.1 200 OK\r\n" + std::string(kStream) + "Transfer-Encoding: chunked\r\n\r\n";

/// Bytes among which every place can be told from every other.
std::string long_body(std::size_t size) {
  std::string body;
  for (std::size_t i = 0; body.size() < size; ++i) body += std::to_string(i) + ' ';
  body.resize(size);
  return body;
}

class ChunkReadTest : public ClientFixture {
 protected:
  static ChunkRead some_read() {
    ChunkRead read;
    read.from_ms = 1'000;
    read.to_ms = 2'000;
    read.matchers = {{"__name__", promql::MatchOp::equal, "calls"}};
    return read;
  }

  std::future<base::Result<void>> start(const base::CallContext& context) {
    return boost::asio::co_spawn(boost::asio::make_strand(io_), client_->read_chunks(some_read(), sink_, context),
                                 boost::asio::use_future);
  }
  base::Result<void> read(const base::CallContext& context) { return start(context).get(); }
  base::Result<void> read() { return read(in(seconds{20})); }

  /// The outcome of one read that gets `answer` and then the end of its connection; `last_` keeps the error.
  ErrorKind outcome_of(const std::string& answer, bool reset = false) {
    ScriptedServer server([&](Peer& peer) {
      if (!peer.read_request()) return;
      peer.send(answer);
      if (reset) peer.reset();
    });
    make(limited(options_for(server)));
    sink_ = std::make_shared<KeepingSink>();
    const auto outcome = read();
    asked_ = server.requests().size();
    last_ = outcome ? base::Error() : outcome.error();
    return outcome ? ErrorKind::internal : last_.kind;
  }

  static StoreOptions limited(StoreOptions options) {
    options.max_stream_bytes = 10'000;
    return options;
  }

  std::shared_ptr<KeepingSink> sink_ = std::make_shared<KeepingSink>();
  std::size_t asked_ = 0;
};

TEST_F(ChunkReadTest, AsksAsRemoteReadWantsIt) {
  ScriptedServer server([](Peer& peer) {
    if (peer.read_request()) peer.send(http_answer("200 OK", "abc", kStream));
  });
  StoreOptions options = options_for(server);
  options.url.path_prefix = "/prom";
  options.url.user = "user";
  options.url.password = "word";
  options.headers = {{"X-Scope-OrgID", "team"}};
  options.extra_parameters = {{"dedup", "true"}, {"a b", "c&d"}};
  options.ask_for_gzip = true;
  make(options);
  base::CallContext context = in(seconds{20});
  context.request_id = "id-1";
  context.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  context.store_parameters = {{"partial_response", "false"}};
  const auto outcome = read(context);
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(sink_->text(), "abc");

  ASSERT_THAT(server.requests(), SizeIs(1));
  const SeenRequest request = server.requests()[0];
  EXPECT_THAT(request.head,
              StartsWith("POST /prom/api/v1/read?dedup=true&a%20b=c%26d&partial_response=false HTTP/1.1\r\n"));
  EXPECT_EQ(request.header("Content-Type"), "application/x-protobuf");
  EXPECT_EQ(request.header("Content-Encoding"), "snappy");
  EXPECT_EQ(request.header("X-Prometheus-Remote-Read-Version"), "0.1.0");
  EXPECT_EQ(request.header("Accept-Encoding"), "identity");
  EXPECT_EQ(request.header("X-Scope-OrgID"), "team");
  EXPECT_EQ(request.header("Authorization"), "Basic dXNlcjp3b3Jk");
  EXPECT_EQ(request.header("X-Request-Id"), "id-1");
  EXPECT_EQ(request.header("traceparent"), context.traceparent);
}

TEST_F(ChunkReadTest, RefusesParametersThatItWouldNotSendItself) {
  ScriptedServer server([](Peer&) {});
  make(options_for(server));
  base::CallContext context = in(seconds{20});
  context.store_parameters = {{"match[]", "{}"}};
  const auto outcome = read(context);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ErrorKind::invalid_argument);
}

TEST_F(ChunkReadTest, HandsOverEveryByteInItsOrder) {
  const std::string body = long_body(3'000'000);
  ScriptedServer server([&](Peer& peer) {
    for (int i = 0; peer.read_request(); ++i) {
      if (i == 0) {
        peer.send(http_answer("200 OK", body, kStream));
      } else {
        std::string whole = kChunkedHead;
        std::size_t at = 0;
        for (std::size_t size = 1; at < body.size(); size = size * 3 + 1) {
          whole += chunk(std::string_view(body).substr(at, size));
          at += size;
        }
        peer.send(whole + "0\r\n\r\n");
      }
    }
  });
  make(options_for(server));
  for (int i = 0; i < 2; ++i) {
    sink_ = std::make_shared<KeepingSink>();
    const auto outcome = read();
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_TRUE(sink_->text() == body) << "an answer of " << sink_->text().size() << " bytes, round " << i;
    EXPECT_GT(sink_->slices(), 20U);
  }
  EXPECT_EQ(server.connections(), 1U) << "a connection whose stream was whole takes the next request";
  EXPECT_THAT(metrics_.exposition(),
              AllOf(HasSubstr("outcome=\"ok\"} 2"), HasSubstr("upstream_response_bytes_total 6000000")));
}

TEST_F(ChunkReadTest, AnEmptyStreamIsWhole) {
  EXPECT_EQ(outcome_of(http_answer("200 OK", "", kStream)), ErrorKind::internal) << last_.message;
  EXPECT_EQ(outcome_of(kChunkedHead + "0\r\n\r\n"), ErrorKind::internal) << last_.message;
}

TEST_F(ChunkReadTest, NothingHalfIsEverWhole) {
  const std::string whole = kChunkedHead + chunk(std::string(3'000, 'x')) + chunk("yz") + "0\r\n\r\n";
  EXPECT_EQ(outcome_of(whole), ErrorKind::internal) << last_.message;
  for (const std::size_t missing : {1UL, 2UL, 5UL, 6UL, 8UL, 10UL, 500UL, 3'010UL, 3'015UL}) {
    const std::string part = whole.substr(0, whole.size() - missing);
    EXPECT_EQ(outcome_of(part), ErrorKind::store_misbehaved) << missing;
    EXPECT_EQ(asked_, 1U) << missing;
    EXPECT_EQ(outcome_of(part, true), ErrorKind::store_misbehaved) << missing << " and a reset";
    EXPECT_EQ(asked_, 1U) << missing;
  }
  const std::string sized = http_answer("200 OK", std::string(3'000, 'x'), kStream);
  EXPECT_EQ(outcome_of(sized.substr(0, sized.size() - 1)), ErrorKind::store_misbehaved);
  EXPECT_THAT(last_.message, HasSubstr("ended in the middle"));
  EXPECT_EQ(outcome_of("HTTP/1.1 200 OK\r\n" + std::string(kStream) + "\r\nabc"), ErrorKind::store_misbehaved);
  EXPECT_THAT(last_.message, HasSubstr("where it ends"));
  EXPECT_EQ(sink_->slices(), 0U);
  EXPECT_EQ(outcome_of(kChunkedHead + "zz\r\n"), ErrorKind::store_misbehaved);
  EXPECT_EQ(outcome_of(""), ErrorKind::store_misbehaved);
}

TEST_F(ChunkReadTest, AChunksHeadHasABound) {
  EXPECT_EQ(outcome_of(kChunkedHead + "5;" + std::string(1'000'000, 'x')), ErrorKind::store_misbehaved);
  EXPECT_EQ(outcome_of(kChunkedHead + "0\r\nTrailer: " + std::string(1'000'000, 'x')), ErrorKind::store_misbehaved);
}

TEST_F(ChunkReadTest, StopsAtTheLimitOfBytes) {
  EXPECT_EQ(outcome_of(http_answer("200 OK", std::string(10'000, 'x'), kStream)), ErrorKind::internal);
  EXPECT_EQ(outcome_of("HTTP/1.1 200 OK\r\n" + std::string(kStream) + "Content-Length: 10001\r\n\r\n"),
            ErrorKind::answer_too_large);
  EXPECT_THAT(last_.message, AllOf(HasSubstr("10000 bytes"), HasSubstr("--store.max-stream-bytes")));
  std::string chunked = kChunkedHead;
  for (int i = 0; i < 30; ++i) chunked += chunk(std::string(1'000, 'x'));
  EXPECT_EQ(outcome_of(chunked + "0\r\n\r\n"), ErrorKind::answer_too_large);
  EXPECT_THAT(last_.message, HasSubstr("--store.max-stream-bytes"));
  EXPECT_LE(sink_->text().size(), 10'000U);
}

TEST_F(ChunkReadTest, KnowsTheTypeHoweverItIsSpelled) {
  const auto with_type = [](std::string_view type) {
    return http_answer("200 OK", "abc", "Content-Type: " + std::string(type) + "\r\n");
  };
  for (const std::string_view type :
       {"application/x-streamed-protobuf;proto=prometheus.ChunkedReadResponse",
        "Application/X-Streamed-Protobuf ;  Proto = \"prometheus.ChunkedReadResponse\"",
        "application/x-streamed-protobuf; charset=utf-8; proto=prometheus.ChunkedReadResponse ;"}) {
    EXPECT_EQ(outcome_of(with_type(type)), ErrorKind::internal) << type << ": " << last_.message;
  }
  for (const std::string_view type :
       {"application/x-streamed-protobuf", "application/x-streamed-protobuf; proto=prometheus.ReadResponse",
        "application/x-protobuf; proto=prometheus.ChunkedReadResponse", "application/x-protobuf", "text/html",
        "application/x-streamed-protobuf2; proto=prometheus.ChunkedReadResponse", ""}) {
    EXPECT_EQ(outcome_of(with_type(type)), ErrorKind::query_rejected) << type;
    EXPECT_THAT(last_.message, AllOf(HasSubstr("status 200"), HasSubstr(type)));
    EXPECT_EQ(sink_->slices(), 0U) << type;
  }
}

TEST_F(ChunkReadTest, TakesNoContentEncoding) {
  EXPECT_EQ(outcome_of(http_answer("200 OK", "abc", std::string(kStream) + "Content-Encoding: gzip\r\n")),
            ErrorKind::query_rejected);
  EXPECT_THAT(last_.message, HasSubstr("gzip"));
  EXPECT_EQ(outcome_of(http_answer("200 OK", "abc", std::string(kStream) + "Content-Encoding: identity\r\n")),
            ErrorKind::internal);
}

struct Refusal {
  const char* name;
  const char* status;
  const char* header;
  const char* body;
  ErrorKind kind;
  const char* said;
};

class ChunkReadRefusals : public ChunkReadTest, public ::testing::WithParamInterface<Refusal> {};

TEST_P(ChunkReadRefusals, AreToldApartAskedOnceAndNoFailureOfTheStore) {
  const Refusal& row = GetParam();
  ScriptedServer server([&](Peer& peer) {
    while (const auto request = peer.read_request()) {
      const bool query = request->head.starts_with("POST /api/v1/query_range");
      peer.send(query ? http_answer("200 OK", matrix_json()) : http_answer(row.status, row.body, row.header));
    }
  });
  make(options_for(server));
  for (std::size_t i = 1; i <= 7; ++i) {  // more than the breaker lets pass
    const auto outcome = read();
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().kind, row.kind) << outcome.error().message;
    EXPECT_THAT(outcome.error().message, AllOf(HasSubstr(row.said), Not(HasSubstr("secret-page"))));
    EXPECT_THAT(outcome.error().log_detail, HasSubstr(row.body));
    EXPECT_EQ(outcome.error().retry_after.has_value(), std::string_view(row.header).starts_with("Retry-After"));
    EXPECT_THAT(server.requests(), SizeIs(i));
  }
  EXPECT_EQ(sink_->slices(), 0U);
  EXPECT_TRUE(ask()) << "queries are not held up";
  EXPECT_EQ(server.connections(), 1U);
}

INSTANTIATE_TEST_SUITE_P(
    Table, ChunkReadRefusals,
    ::testing::Values(
        Refusal{"s400", "400 x", "Content-Type: text/plain\r\n", "secret-page", ErrorKind::query_rejected,
                "status 400, content type text/plain"},
        Refusal{"s404", "404 x", "", "secret-page", ErrorKind::query_rejected, "status 404, no content type"},
        Refusal{"s405", "405 x", "", "secret-page", ErrorKind::query_rejected, "status 405"},
        Refusal{"s408", "408 x", "", "secret-page", ErrorKind::query_rejected, "status 408"},
        Refusal{"s413", "413 x", "", "secret-page", ErrorKind::query_rejected, "status 413"},
        Refusal{"s415", "415 x", "", "secret-page", ErrorKind::query_rejected, "status 415"},
        Refusal{"s422", "422 x", "", R"({"status":"error","errorType":"execution","error":"secret-page"})",
                ErrorKind::query_rejected, "status 422"},
        Refusal{"s429", "429 x", "Retry-After: 3\r\n", "", ErrorKind::rate_limited, "status 429"},
        Refusal{"s500", "500 x", "", "secret-page", ErrorKind::query_rejected, "status 500"},
        Refusal{"s502", "502 x", "", "secret-page", ErrorKind::query_rejected, "status 502"},
        Refusal{"s503", "503 x", "Retry-After: 3\r\n", "secret-page", ErrorKind::overloaded, "status 503"},
        Refusal{"s504", "504 x", "", "secret-page", ErrorKind::query_rejected, "status 504"},
        Refusal{"s302", "302 x", "Location: http://elsewhere/\r\n", "", ErrorKind::query_rejected, "status 302"},
        Refusal{"s206", "206 x", "", "secret-page", ErrorKind::query_rejected, "status 206"},
        Refusal{"s401", "401 x", "", "secret-page", ErrorKind::store_refused_us, "PROMETHEUS_TOKEN_FILE"},
        Refusal{"s403", "403 x", "", "secret-page", ErrorKind::store_refused_us, "PROMETHEUS_TOKEN_FILE"}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST_F(ChunkReadTest, ACallersRefusedTokenIsTheCallers) {
  for (const auto& [status, kind] :
       {std::pair("401 x", ErrorKind::unauthenticated), std::pair("403 x", ErrorKind::permission_denied)}) {
    ScriptedServer server([status = status](Peer& peer) {
      if (peer.read_request()) peer.send(http_answer(status, ""));
    });
    make(options_for(server));
    base::CallContext context = in(seconds{20});
    context.bearer_token = "abc";
    const auto outcome = read(context);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().kind, kind);
    EXPECT_EQ(server.requests().at(0).header("Authorization"), "Bearer abc");
  }
}

TEST_F(ChunkReadTest, RotatedCredentialsAreReadAgainOnce) {
  TemporaryDirectory directory;
  const std::string token_file = directory.file("token");
  write_file(token_file, "old");
  ScriptedServer server([&](Peer& peer) {
    while (const auto request = peer.read_request()) {
      const bool good = request->header("Authorization") == "Bearer new";
      if (!good) write_file(token_file, "new");
      peer.send(good ? http_answer("200 OK", "abc", kStream) : http_answer("401 x", ""));
    }
  });
  StoreOptions options = options_for(server);
  options.token_file = token_file;
  make(options);
  const auto outcome = read();
  EXPECT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(sink_->text(), "abc");
  EXPECT_THAT(server.requests(), SizeIs(2));
}

TEST_F(ChunkReadTest, AnIdleConnectionThatHasEndedIsReplacedOnce) {
  ScriptedServer server([](Peer& peer) {
    if (!peer.read_request()) return;
    peer.send(http_answer("200 OK", "abc", kStream));
    // The first connection takes one more request and ends without a byte: it was half open.
    static_cast<void>(peer.read_request());
  });
  make(options_for(server));
  EXPECT_TRUE(read());
  EXPECT_TRUE(read());
  EXPECT_EQ(sink_->text(), "abcabc");
  EXPECT_THAT(server.requests(), SizeIs(3));
}

TEST_F(ChunkReadTest, StreamsThatBreakDoNotOpenTheBreaker) {
  ScriptedServer server([](Peer& peer) {
    const auto request = peer.read_request();
    if (!request) return;
    const bool query = request->head.starts_with("POST /api/v1/query_range");
    peer.send(query ? http_answer("200 OK", matrix_json()) : kChunkedHead + chunk("abc"));
  });
  make(options_for(server));
  for (int i = 0; i < 7; ++i) {
    const auto outcome = read();
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().kind, ErrorKind::store_misbehaved) << outcome.error().message;
  }
  EXPECT_TRUE(ask());
}

TEST_F(ChunkReadTest, AStoreThatCannotBeReachedIsNotAskedForever) {
  std::uint16_t port = 0;
  {
    ScriptedServer gone([](Peer&) {});
    port = gone.port();
  }
  StoreOptions options;
  options.url.host = "127.0.0.1";
  options.url.port = port;
  make(options);
  base::Error error;
  for (int i = 0; i < 6; ++i) {
    const auto outcome = read();
    ASSERT_FALSE(outcome);
    error = outcome.error();
    EXPECT_EQ(error.kind, ErrorKind::store_unreachable);
  }
  EXPECT_THAT(error.message, HasSubstr("is not asked for another"));
}

TEST_F(ChunkReadTest, TheSinksErrorEndsTheReadingAndIsTheOutcome) {
  std::promise<bool> closed;
  ScriptedServer server([&](Peer& peer) {
    if (!peer.read_request()) return;
    peer.send(kChunkedHead + chunk("abc"));
    closed.set_value(peer.wait_for_close());
  });
  make(options_for(server));
  sink_->refuse_at(1);
  const auto outcome = read();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ErrorKind::store_misbehaved);
  EXPECT_EQ(outcome.error().message, "this is no chunk");
  EXPECT_EQ(outcome.error().log_detail, "offset 7");
  EXPECT_EQ(sink_->slices(), 1U);
  EXPECT_TRUE(closed.get_future().get());
  EXPECT_THAT(metrics_.exposition(),
              AllOf(HasSubstr("outcome=\"store_misbehaved\"} 1"), HasSubstr("upstream_response_bytes_total 3\n")));
}

TEST_F(ChunkReadTest, TheDeadlineCutsASlowStream) {
  std::promise<bool> closed;
  ScriptedServer server([&](Peer& peer) {
    if (!peer.read_request()) return;
    peer.send(kChunkedHead + chunk("abc"));
    closed.set_value(peer.wait_for_close());
  });
  make(options_for(server));
  const auto outcome = read(in(milliseconds{100}));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ErrorKind::deadline_exceeded);
  EXPECT_TRUE(closed.get_future().get());
  EXPECT_EQ(sink_.use_count(), 1) << "the sink is let go when the reading has ended";
}

TEST_F(ChunkReadTest, AStreamThatGoesSilentIsGivenUpLongBeforeTheDeadline) {
  for (const auto& beginning : {std::string(), kChunkedHead + chunk("abc")}) {
    std::promise<bool> closed;
    ScriptedServer server([&](Peer& peer) {
      if (!peer.read_request()) return;
      peer.send(beginning);
      closed.set_value(peer.wait_for_close());
    });
    StoreOptions options = options_for(server);
    options.max_stream_silence = milliseconds{50};
    make(std::move(options));
    const auto outcome = read(in(seconds{20}));
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().kind, ErrorKind::overloaded);
    EXPECT_TRUE(closed.get_future().get());
  }
}

TEST_F(ChunkReadTest, ACallerWhoLeavesCutsTheStream) {
  std::promise<bool> closed;
  ScriptedServer server([&](Peer& peer) {
    if (!peer.read_request()) return;
    peer.send(kChunkedHead + chunk("abc"));
    closed.set_value(peer.wait_for_close());
  });
  make(options_for(server));
  const base::CallContext context = in(seconds{20});
  const auto strand = boost::asio::make_strand(io_);
  boost::asio::cancellation_signal signal;
  sink_->on_slice = [&](std::size_t) {
    boost::asio::post(strand, [&] { signal.emit(boost::asio::cancellation_type::terminal); });
  };
  auto outcome = boost::asio::co_spawn(strand, client_->read_chunks(some_read(), sink_, context),
                                       boost::asio::bind_cancellation_slot(signal.slot(), boost::asio::use_future));
  const auto ended = outcome.get();
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().kind, ErrorKind::cancelled);
  EXPECT_EQ(sink_->text(), "abc");
  EXPECT_TRUE(closed.get_future().get());
}

TEST_F(ChunkReadTest, CancellationIsSeenAmongBytesThatAreThereAlready) {
  std::promise<bool> closed;
  ScriptedServer server([&](Peer& peer) {
    if (!peer.read_request()) return;
    peer.send(kChunkedHead);
    const std::string part = chunk(std::string(100'000, 'x'));
    bool taken = true;
    for (int i = 0; i < 100'000 && taken; ++i) taken = peer.send(part);  // 10 GB, were nobody to stop it
    closed.set_value(!taken);
  });
  make(options_for(server));
  const base::CallContext context = in(seconds{20});
  const auto strand = boost::asio::make_strand(io_);
  boost::asio::cancellation_signal signal;
  sink_->on_slice = [&](std::size_t slice) {
    if (slice != 5) return;
    boost::asio::post(strand, [&] { signal.emit(boost::asio::cancellation_type::terminal); });
  };
  auto outcome = boost::asio::co_spawn(strand, client_->read_chunks(some_read(), sink_, context),
                                       boost::asio::bind_cancellation_slot(signal.slot(), boost::asio::use_future));
  const auto ended = outcome.get();
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().kind, ErrorKind::cancelled);
  EXPECT_TRUE(closed.get_future().get());
}

TEST_F(ChunkReadTest, ReadsAndQueriesHaveLimitsOfTheirOwn) {
  std::promise<void> go_on;
  std::shared_future<void> going_on(go_on.get_future());
  ScriptedServer server([&](Peer& peer) {
    while (const auto request = peer.read_request()) {
      if (request->head.starts_with("POST /api/v1/read")) {
        going_on.wait();
        peer.send(http_answer("200 OK", "abc", kStream));
      } else {
        peer.send(http_answer("200 OK", matrix_json()));
      }
    }
  });
  StoreOptions options = options_for(server);
  options.max_concurrent = 3;
  options.max_concurrent_reads = 2;
  make(options);
  const base::CallContext context = in(seconds{20});
  std::vector<std::future<base::Result<void>>> reads;
  for (int i = 0; i < 5; ++i) {
    sink_ = std::make_shared<KeepingSink>();  // they arrive on several threads
    reads.push_back(start(context));
  }
  const auto patience = base::Deadline::after(seconds{20});
  while (metrics_.exposition().find("upstream_waiting 3") == std::string::npos && !patience.expired()) {
    std::this_thread::yield();
  }
  EXPECT_TRUE(ask()) << "three reads wait, which hold up no query";
  EXPECT_EQ(server.connections(), 3U);
  go_on.set_value();
  for (auto& outcome : reads) EXPECT_TRUE(outcome.get());
  EXPECT_EQ(server.connections(), 3U);
}

TEST(ChunkReadOnOneThreadTest, OtherWorkHasItsTurnBetweenSlices) {
  boost::asio::io_context io(1);
  telemetry::Metrics metrics;
  const auto log = telemetry::Log::to_memory(std::make_shared<std::string>());
  const std::string body(20'000'000, 'x');
  ScriptedServer server([&](Peer& peer) {
    if (peer.read_request()) peer.send(http_answer("200 OK", body, kStream));
  });
  StoreOptions options;
  options.url.host = "127.0.0.1";
  options.url.port = server.port();
  const auto client = create_http_prometheus_client(options, io.get_executor(), metrics, *log);
  ASSERT_TRUE(client);

  const auto sink = std::make_shared<KeepingSink>();
  const base::CallContext context(base::Deadline::after(seconds{20}));
  ChunkRead read;
  read.matchers = {{"a", promql::MatchOp::equal, "b"}};
  bool ended = false;
  std::size_t turns = 0;
  std::size_t turns_seen = 0;
  std::size_t slices_in_a_row = 0;
  std::size_t most_in_a_row = 0;
  sink->on_slice = [&](std::size_t) {
    slices_in_a_row = turns == turns_seen ? slices_in_a_row + 1 : 1;
    turns_seen = turns;
    most_in_a_row = std::max(most_in_a_row, slices_in_a_row);
  };
  boost::asio::co_spawn(boost::asio::make_strand(io), (*client)->read_chunks(read, sink, context),
                        [&](std::exception_ptr, const base::Result<void>& outcome) {
                          EXPECT_TRUE(outcome);
                          ended = true;
                        });
  std::function<void()> other_work = [&] {
    ++turns;
    if (!ended) boost::asio::post(io, other_work);
  };
  boost::asio::post(io, other_work);
  io.run();
  EXPECT_EQ(sink->text().size(), body.size());
  EXPECT_LE(most_in_a_row, 2U);
}

TEST_F(ChunkReadTest, NothingIsReadWhileTheSinkWorks) {
  std::promise<std::size_t> stuck_at;
  ScriptedServer server([&](Peer& peer) {
    if (!peer.read_request()) return;
    peer.send(kChunkedHead);
    const std::string part = chunk(std::string(100'000, 'x'));
    std::size_t sent = 0;
    // The socket's buffers take what they take; then only a reader makes room.
    while (sent < 1'000 && peer.can_send(milliseconds{300}) && peer.send(part)) ++sent;
    stuck_at.set_value(sent);
    peer.send("0\r\n\r\n");
  });
  make(options_for(server));
  std::size_t sent = 0;
  sink_->on_slice = [&](std::size_t slice) {
    if (slice == 1) sent = stuck_at.get_future().get();
  };
  const auto outcome = read();
  EXPECT_TRUE(outcome) << outcome.error().message;
  EXPECT_LT(sent, 1'000U) << "100 MB went out while nobody read";
  EXPECT_EQ(sink_->text().size(), sent * 100'000);
}

}  // namespace
}  // namespace spm::prometheus::testing
