#include <zlib.h>

#include "client_fixture.hpp"

namespace spm::prometheus::testing {
namespace {

using base::ErrorKind;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

std::string compressed(std::string_view text, int window_bits) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
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

constexpr int kGzip = 15 + 16;

class ClientFaults : public ClientFixture {
 protected:
  /// The outcome of one request that gets `answer` and then the end of its connection.
  ErrorKind outcome_of(const std::string& answer, bool reset = false) {
    ScriptedServer server([&](Peer& peer) {
      if (!peer.read_request()) return;
      peer.send(answer);
      if (reset) peer.reset();
    });
    StoreOptions options = options_for(server);
    options.max_body_bytes = 100'000;
    options.max_compressed_bytes = 5'000;
    make(options);
    const ErrorKind kind = ask_for_error();
    asked_ = server.requests().size();
    return kind;
  }

  std::size_t asked_ = 0;
};

TEST_F(ClientFaults, NothingHalfIsEverAnAnswer) {
  const std::string body = matrix_json();
  const std::string whole = http_answer("200 OK", body);
  EXPECT_EQ(outcome_of(whole), ErrorKind::internal) << "the whole answer is one";
  for (const std::size_t length : {0UL, 5UL, 20UL, whole.size() - body.size(), whole.size() - 1}) {
    EXPECT_EQ(outcome_of(whole.substr(0, length)), ErrorKind::store_misbehaved) << length;
    EXPECT_EQ(asked_, 1U);
    EXPECT_EQ(outcome_of(whole.substr(0, length), true), ErrorKind::store_misbehaved) << length << " and a reset";
  }
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  char size[20];
  std::snprintf(size, sizeof(size), "%zx\r\n", body.size());
  EXPECT_EQ(outcome_of(chunked + size + body + "\r\n"), ErrorKind::store_misbehaved) << "no last chunk";
  EXPECT_EQ(outcome_of("HTTP/1.1 200 OK\r\n\r\n" + body), ErrorKind::store_misbehaved) << "ended by close alone";
  EXPECT_THAT(last_.message, HasSubstr("where it ends"));
  EXPECT_EQ(outcome_of(http_answer("200 OK", body.substr(0, body.size() - 1))), ErrorKind::store_misbehaved)
      << "framed well, but cut short before";
}

TEST_F(ClientFaults, DoubtfulFramingIsRefused) {
  const std::string body = matrix_json();
  const std::string length = "Content-Length: " + std::to_string(body.size()) + "\r\n";
  EXPECT_EQ(outcome_of("HTTP/1.1 200 OK\r\n" + length + length + "\r\n" + body), ErrorKind::store_misbehaved);
  EXPECT_EQ(outcome_of("HTTP/1.1 200 OK\r\n" + length + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            ErrorKind::store_misbehaved);
  EXPECT_EQ(outcome_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n" + length + "\r\n" + body),
            ErrorKind::store_misbehaved);
  EXPECT_EQ(outcome_of("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), ErrorKind::store_misbehaved);
  EXPECT_EQ(outcome_of("HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'x') + "\r\n" + length + "\r\n" + body),
            ErrorKind::store_misbehaved);
  EXPECT_EQ(outcome_of("SSH-2.0-OpenSSH\r\n"), ErrorKind::store_misbehaved);
  EXPECT_EQ(outcome_of("HTTP/1.1 204 No Content\r\n\r\n"), ErrorKind::store_misbehaved);
}

TEST_F(ClientFaults, WhatIsNoAnswerOfPrometheusIsNone) {
  EXPECT_EQ(outcome_of(http_answer("200 OK", "<html>login</html>")), ErrorKind::store_misbehaved);
  EXPECT_THAT(last_.message, HasSubstr("PROMETHEUS_SERVER_URL"));
  EXPECT_THAT(last_.message, Not(HasSubstr("login")));
  EXPECT_EQ(outcome_of(http_answer("200 OK", "")), ErrorKind::store_misbehaved);
  EXPECT_EQ(outcome_of(http_answer("200 OK", R"({"status":"success","data":{"resultType":"vector","result":[]}})")),
            ErrorKind::store_misbehaved);
  EXPECT_EQ(outcome_of(http_answer("302 Found", "", "Location: https://login.example/\r\n")),
            ErrorKind::store_misbehaved);
  EXPECT_THAT(last_.message, HasSubstr("login.example"));
}

TEST_F(ClientFaults, HugeAnswersStopAtTheLimit) {
  EXPECT_EQ(outcome_of("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"), ErrorKind::store_misbehaved);
  EXPECT_THAT(last_.message, HasSubstr("--store.max-body-bytes"));
  std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 30; ++i) chunked += "1000\r\n" + std::string(4096, ' ') + "\r\n";
  EXPECT_EQ(outcome_of(chunked + "0\r\n\r\n"), ErrorKind::store_misbehaved);
  EXPECT_THAT(last_.message, HasSubstr("--store.max-body-bytes"));
}

TEST_F(ClientFaults, CompressedAnswersAreTakenWithinBounds) {
  const std::string body = matrix_json();
  EXPECT_EQ(outcome_of(http_answer("200 OK", compressed(body, kGzip), "Content-Encoding: gzip\r\n")),
            ErrorKind::internal);
  EXPECT_EQ(outcome_of(http_answer("200 OK", compressed(body, 15), "Content-Encoding: deflate\r\n")),
            ErrorKind::internal);
  EXPECT_EQ(outcome_of(http_answer("200 OK", compressed(body, -15), "Content-Encoding: deflate\r\n")),
            ErrorKind::internal);
  EXPECT_EQ(outcome_of(http_answer("200 OK", body, "Content-Encoding: identity\r\n")), ErrorKind::internal);
  EXPECT_EQ(outcome_of(http_answer("200 OK", body, "Content-Encoding: br\r\n")), ErrorKind::store_misbehaved);
  EXPECT_EQ(outcome_of(http_answer("200 OK", body, "Content-Encoding: gzip\r\n")), ErrorKind::store_misbehaved);
  const std::string gzip = compressed(body, kGzip);
  EXPECT_EQ(outcome_of(http_answer("200 OK", gzip.substr(0, gzip.size() - 4), "Content-Encoding: gzip\r\n")),
            ErrorKind::store_misbehaved);
  const std::string bomb = compressed(std::string(4'000'000, ' '), kGzip);
  EXPECT_EQ(outcome_of(http_answer("200 OK", bomb, "Content-Encoding: gzip\r\n")), ErrorKind::store_misbehaved);
  EXPECT_THAT(last_.message, HasSubstr("over 100000 bytes"));
}

struct Counted {
  const char* name;
  const char* status;
  const char* body;
  const char* header;
  ErrorKind kind;
  std::size_t requests;
};

class ClientStatuses : public ClientFixture, public ::testing::WithParamInterface<Counted> {};

TEST_P(ClientStatuses, AreAnsweredAndRetriedAsTheTableSays) {
  const Counted& row = GetParam();
  ScriptedServer server([&](Peer& peer) {
    while (peer.read_request() && peer.send(http_answer(row.status, row.body, row.header))) {
    }
  });
  make(options_for(server));
  EXPECT_EQ(ask_for_error(), row.kind) << last_.message;
  EXPECT_THAT(server.requests(), SizeIs(row.requests));
  EXPECT_EQ(server.connections(), 1U);
}

INSTANTIATE_TEST_SUITE_P(
    Table, ClientStatuses,
    ::testing::Values(Counted{"s500", "500 x", "", "", ErrorKind::store_misbehaved, 3},
                      Counted{"s502", "502 x", "", "", ErrorKind::store_misbehaved, 3},
                      Counted{"s503", "503 x", "", "", ErrorKind::store_misbehaved, 3},
                      Counted{"s504", "504 x", "", "", ErrorKind::store_misbehaved, 3},
                      Counted{"timeout", "503 x", R"({"status":"error","errorType":"timeout","error":"t"})", "",
                              ErrorKind::deadline_exceeded, 1},
                      Counted{"limited", "429 x", "", "Retry-After: 3\r\n", ErrorKind::rate_limited, 1},
                      Counted{"rejected", "400 x", R"({"status":"error","errorType":"bad_data","error":"e"})", "",
                              ErrorKind::query_rejected, 1},
                      Counted{"execution", "422 x", R"({"status":"error","errorType":"execution","error":"e"})", "",
                              ErrorKind::query_rejected, 1},
                      Counted{"refused", "401 x", "", "", ErrorKind::store_refused_us, 1},
                      Counted{"not_found", "404 x", "", "", ErrorKind::store_misbehaved, 1},
                      Counted{"too_large", "413 x", "", "", ErrorKind::store_misbehaved, 1}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST_F(ClientFaults, ARetryCanSucceed) {
  ScriptedServer server([](Peer& peer) {
    for (int i = 0; peer.read_request(); ++i) {
      peer.send(i == 0 ? http_answer("503 x", "") : http_answer("200 OK", matrix_json()));
    }
  });
  make(options_for(server));
  const auto answer = ask();
  EXPECT_TRUE(answer) << answer.error().message;
  EXPECT_THAT(server.requests(), SizeIs(2));
}

TEST_F(ClientFaults, TheBreakerOpensAfterFiveFailuresAndOneProbeClosesIt) {
  std::uint16_t port = 0;
  {
    ScriptedServer gone([](Peer&) {});
    port = gone.port();
  }
  StoreOptions options;
  options.url.host = "127.0.0.1";
  options.url.port = port;
  make(options);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(ask_for_error(), ErrorKind::store_unreachable);
    EXPECT_THAT(last_.message, HasSubstr("refused"));
    EXPECT_THAT(last_.message, HasSubstr("127.0.0.1:" + std::to_string(port)));
  }
  EXPECT_EQ(ask_for_error(), ErrorKind::store_unreachable);
  EXPECT_THAT(last_.message, HasSubstr("is not asked for another"));
  EXPECT_TRUE(last_.retry_after);
}

TEST_F(ClientFaults, TheBreakerSparesABrokenStore) {
  ScriptedServer server([](Peer& peer) { static_cast<void>(peer.read_request()); });
  StoreOptions options = options_for(server);
  options.breaker_open_for = milliseconds{200};
  make(options);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ask_for_error(), ErrorKind::store_misbehaved);
  EXPECT_EQ(ask_for_error(), ErrorKind::store_unreachable);
  EXPECT_THAT(server.requests(), SizeIs(5));
  EXPECT_FALSE(probe()) << "a probe goes out although the breaker is open";
  EXPECT_THAT(server.requests(), SizeIs(6));
}

TEST_F(ClientFaults, AnswersOverOurLimitsDoNotOpenTheBreaker) {
  ScriptedServer server([](Peer& peer) {
    while (peer.read_request() && peer.send("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")) {
    }
  });
  make(options_for(server));
  for (int i = 0; i < 7; ++i) EXPECT_EQ(ask_for_error(), ErrorKind::store_misbehaved);
}

TEST_F(ClientFaults, AnUnknownNameIsUnreachable) {
  StoreOptions options;
  options.url.host = "no-such-host.invalid";
  make(options);
  EXPECT_EQ(ask_for_error(), ErrorKind::store_unreachable);
  EXPECT_THAT(last_.message, HasSubstr("its name cannot be resolved"));
}

TEST_F(ClientFaults, NamesAreResolved) {
  ScriptedServer server([](Peer& peer) {
    while (peer.read_request() && peer.send(http_answer("200 OK", matrix_json()))) {
    }
  });
  StoreOptions options = options_for(server);
  options.url.host = "localhost";  // often ::1 first, where nobody listens
  make(options);
  const auto answer = ask();
  EXPECT_TRUE(answer) << answer.error().message;
}

TEST_F(ClientFaults, AConnectionThatIsNeverAcceptedEndsAtTheConnectTimeout) {
  ScriptedServer server([](Peer& peer) { static_cast<void>(peer.read_request()); });
  StoreOptions options = options_for(server);
  options.url.tls = true;  // the handshake is never answered
  options.connect_timeout = milliseconds{100};
  make(options);
  EXPECT_EQ(ask_for_error(), ErrorKind::store_unreachable);
  EXPECT_THAT(last_.message, HasSubstr("PROMETHEUS_CONNECT_TIMEOUT"));
}

}  // namespace
}  // namespace spm::prometheus::testing
