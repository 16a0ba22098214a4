#include <cstdlib>

#include <openssl/ssl.h>

#include "client_fixture.hpp"

namespace spm::prometheus::testing {
namespace {

using base::ErrorKind;
using ::testing::HasSubstr;

/// A self-signed certificate for `name`, which is its own authority. Made by the openssl program.
struct Identity {
  Identity(TemporaryDirectory& directory, const std::string& file, const std::string& name)
      : certificate(directory.file(file + ".pem")),
        key(directory.file(file + ".key")) {
    const std::string command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=" + name +
        " -addext subjectAltName=DNS:" + name + " -keyout " + key + " -out " + certificate + " 2>/dev/null";
    if (std::system(command.c_str()) != 0) throw std::runtime_error("openssl req");  // NOLINT(cert-env33-c)
  }

  std::string certificate;
  std::string key;
};

struct ContextDeleter {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using Context = std::unique_ptr<SSL_CTX, ContextDeleter>;

Context server_context(const Identity& identity, const std::string& client_authority = "") {
  Context context(SSL_CTX_new(TLS_server_method()));
  SSL_CTX_use_certificate_chain_file(context.get(), identity.certificate.c_str());
  SSL_CTX_use_PrivateKey_file(context.get(), identity.key.c_str(), SSL_FILETYPE_PEM);
  if (!client_authority.empty()) {
    SSL_CTX_load_verify_locations(context.get(), client_authority.c_str(), nullptr);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  return context;
}

void answer_all(Peer& peer) {
  while (peer.read_request() && peer.send(http_answer("200 OK", matrix_json()))) {
  }
}

class TlsTest : public ClientFixture {
 protected:
  StoreOptions tls_options(const ScriptedServer& server, const std::string& ca) {
    StoreOptions options = options_for(server);
    options.url.tls = true;
    options.url.host = "localhost";
    options.tls.ca_file = ca;
    return options;
  }

  TemporaryDirectory directory_;
};

TEST_F(TlsTest, TrustsOnlyWhatItWasTold) {
  const Identity good(directory_, "good", "localhost");
  const Identity other(directory_, "other", "localhost");
  const Context context = server_context(good);
  ScriptedServer server(answer_all, context.get());

  make(tls_options(server, good.certificate));
  for (int i = 0; i < 2; ++i) {
    const auto answer = ask();
    EXPECT_TRUE(answer) << answer.error().message;
  }
  EXPECT_EQ(server.connections(), 1U);

  make(tls_options(server, other.certificate));
  EXPECT_EQ(ask_for_error(), ErrorKind::store_unreachable);
  EXPECT_THAT(last_.message, HasSubstr("PROMETHEUS_TLS_CA"));

  StoreOptions trusting = tls_options(server, other.certificate);
  trusting.tls.skip_verify = true;
  make(trusting);
  EXPECT_TRUE(ask());
}

class AppendingSink final : public ByteSink {
 public:
  base::Result<void> take(std::string_view bytes) override {
    text += bytes;
    return {};
  }

  std::string text;
};

TEST_F(TlsTest, StreamsRawSeries) {
  const Identity good(directory_, "good", "localhost");
  const Context context = server_context(good);
  std::string body;
  for (int i = 0; body.size() < 1'000'000; ++i) body += std::to_string(i) + ' ';
  ScriptedServer server(
      [&](Peer& peer) {
        while (peer.read_request()) {
          peer.send(
              http_answer("200 OK", body,
                          "Content-Type: application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse\r\n"));
        }
      },
      context.get());
  make(tls_options(server, good.certificate));
  const base::CallContext call = in(std::chrono::seconds{20});
  ChunkRead read;
  read.matchers = {{"a", promql::MatchOp::equal, "b"}};
  for (int i = 0; i < 2; ++i) {
    const auto sink = std::make_shared<AppendingSink>();
    const auto outcome = run(client_->read_chunks(read, sink, call));
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_TRUE(sink->text == body);
  }
  EXPECT_EQ(server.connections(), 1U);
}

TEST_F(TlsTest, HoldsTheNameAgainstTheCertificate) {
  const Identity identity(directory_, "store", "store.example");
  const Context context = server_context(identity);
  ScriptedServer server(answer_all, context.get());
  make(tls_options(server, identity.certificate));
  EXPECT_EQ(ask_for_error(), ErrorKind::store_unreachable);
  StoreOptions named = tls_options(server, identity.certificate);
  named.tls.server_name = "store.example";
  make(named);
  const auto answer = ask();
  EXPECT_TRUE(answer) << answer.error().message;
}

TEST_F(TlsTest, FollowsARotatedAuthority) {
  const Identity first(directory_, "first", "localhost");
  const Identity second(directory_, "second", "localhost");
  const Context old_context = server_context(first);
  const Context new_context = server_context(second);
  const std::string ca = directory_.file("ca.pem");
  const auto copy = [&](const std::string& from) {
    std::ifstream in(from);
    write_file(ca, std::string(std::istreambuf_iterator<char>(in), {}));
  };
  copy(first.certificate);
  ScriptedServer server(answer_all, old_context.get());
  make(tls_options(server, ca));
  EXPECT_TRUE(ask());

  write_file(ca, "garbage");
  const auto kept = ask();
  EXPECT_TRUE(kept) << kept.error().message;
  log_->flush();
  EXPECT_THAT(*log_lines_, HasSubstr("the old ones stay in force"));

  server.use_tls(new_context.get());
  copy(second.certificate);
  const auto answer = ask();
  EXPECT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(server.connections(), 2U);
}

TEST_F(TlsTest, ShowsItsOwnCertificate) {
  const Identity store(directory_, "store", "localhost");
  const Identity self(directory_, "self", "proxy.example");
  const Context context = server_context(store, self.certificate);
  std::promise<std::string> seen;
  ScriptedServer server(
      [&](Peer& peer) {
        seen.set_value(peer.client_certificate_name());
        answer_all(peer);
      },
      context.get());
  StoreOptions options = tls_options(server, store.certificate);
  options.tls.cert_file = self.certificate;
  options.tls.key_file = self.key;
  make(options);
  const auto answer = ask();
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(seen.get_future().get(), "proxy.example");

  options.tls.key_file = store.key;
  EXPECT_THROW(make(options), std::runtime_error) << "a key of another certificate";
}

}  // namespace
}  // namespace spm::prometheus::testing
