#include "tls_contexts.hpp"

#include <utility>

#include <boost/asio/ssl/verify_mode.hpp>
#include <openssl/ssl.h>
#include <sys/stat.h>

namespace spm::prometheus {
namespace {

namespace ssl = boost::asio::ssl;

base::Error unusable(std::string_view setting, const std::string& path, const boost::system::error_code& error) {
  return base::Error(base::ErrorKind::invalid_argument,
                     std::string(setting) + ": " + path + " cannot be used: " + error.message())
      .about(std::string(setting));
}

}  // namespace

TlsContexts::TlsContexts(StoreTlsOptions options, telemetry::Log& log) : options_(std::move(options)), log_(log) {}

TlsContexts::Stamps TlsContexts::look() const {
  Stamps stamps{};
  const std::array<const std::string*, 3> paths = {&options_.ca_file, &options_.cert_file, &options_.key_file};
  for (std::size_t i = 0; i < paths.size(); ++i) {
    struct stat status {};
    if (paths[i]->empty() || ::stat(paths[i]->c_str(), &status) != 0) continue;
    stamps[i] = Stamp{status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_size, status.st_ino};
  }
  return stamps;
}

base::Result<std::shared_ptr<ssl::context>> TlsContexts::build() const {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
  boost::system::error_code error;
  context->set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 | ssl::context::no_sslv3 |
                       ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1);
  context->set_verify_mode(options_.skip_verify ? ssl::verify_none : ssl::verify_peer);
  static constexpr std::array<unsigned char, 9> kHttp11 = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  SSL_CTX_set_alpn_protos(context->native_handle(), kHttp11.data(), kHttp11.size());

  if (options_.ca_file.empty()) {
    context->set_default_verify_paths(error);
  } else {
    context->load_verify_file(options_.ca_file, error);
    if (error) return base::fail(unusable(kTlsCaSetting, options_.ca_file, error));
  }
  if (!options_.cert_file.empty()) {
    context->use_certificate_chain_file(options_.cert_file, error);
    if (error) return base::fail(unusable(kTlsCertSetting, options_.cert_file, error));
    context->use_private_key_file(options_.key_file, ssl::context::pem, error);
    if (error) return base::fail(unusable(kTlsKeySetting, options_.key_file, error));
    if (SSL_CTX_check_private_key(context->native_handle()) != 1) {
      return base::fail(base::Error(base::ErrorKind::invalid_argument,
                                    std::string(kTlsKeySetting) + ": " + options_.key_file +
                                        " is not the key of the certificate in " + options_.cert_file)
                            .about(std::string(kTlsKeySetting)));
    }
  }
  return context;
}

base::Result<void> TlsContexts::load() {
  const std::lock_guard lock(mutex_);
  stamps_ = look();
  auto context = build();
  if (!context) return base::fail(std::move(context.error()));
  setup_.context = std::move(*context);
  return {};
}

TlsSetup TlsContexts::current() {
  const std::lock_guard lock(mutex_);
  const Stamps now = look();
  if (now == stamps_) return setup_;
  stamps_ = now;
  auto context = build();
  if (context) {
    setup_.context = std::move(*context);
    ++setup_.generation;
    log_.info("certificates for the metrics store read again");
  } else {
    log_.warning("changed certificates for the metrics store cannot be used; the old ones stay in force",
                 {{"reason", context.error().message}});
  }
  return setup_;
}

}  // namespace spm::prometheus
