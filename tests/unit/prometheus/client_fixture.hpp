#pragma once

#include <fstream>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_future.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <spm/prometheus/http_client.hpp>

#include "scripted_server.hpp"

namespace spm::prometheus::testing {

inline const model::TimeGrid kGrid{10'000, 5'000, 4};

/// A client on two threads, and the ways to ask it.
class ClientFixture : public ::testing::Test {
 protected:
  ClientFixture() {
    for (int i = 0; i < 2; ++i) {
      threads_.emplace_back([this] { io_.run(); });
    }
  }
  ~ClientFixture() override {
    client_.reset();
    work_.reset();
    for (std::thread& thread : threads_) thread.join();
  }

  StoreOptions options_for(const ScriptedServer& server) {
    StoreOptions options;
    options.url.host = "127.0.0.1";
    options.url.port = server.port();
    return options;
  }

  PrometheusClient& make(const StoreOptions& options) {
    auto made = create_http_prometheus_client(options, io_.get_executor(), metrics_, *log_);
    if (!made) throw std::runtime_error(made.error().message);
    client_ = std::move(*made);
    return *client_;
  }

  static base::CallContext in(std::chrono::milliseconds time) { return base::CallContext(base::Deadline::after(time)); }

  std::future<base::Result<RangeAnswer>> start(const base::CallContext& context, const std::string& text = "sum(x)") {
    return boost::asio::co_spawn(boost::asio::make_strand(io_), client_->query_range(RangeQuery(text, kGrid), context),
                                 boost::asio::use_future);
  }
  /// Runs one operation of the client to its end.
  template <class Answer>
  base::Result<Answer> run(boost::asio::awaitable<base::Result<Answer>> operation) {
    return boost::asio::co_spawn(boost::asio::make_strand(io_), std::move(operation), boost::asio::use_future).get();
  }
  base::Result<RangeAnswer> ask(const base::CallContext& context) { return start(context).get(); }
  base::Result<RangeAnswer> ask() { return ask(in(std::chrono::seconds{20})); }
  base::ErrorKind ask_for_error() {
    last_ = base::Error();
    auto answer = ask();
    if (answer) return base::ErrorKind::internal;
    last_ = answer.error();
    return last_.kind;
  }
  base::Result<void> probe() {
    return boost::asio::co_spawn(io_, client_->probe(base::Deadline::after(std::chrono::seconds{20})),
                                 boost::asio::use_future)
        .get();
  }

  static void write_file(const std::string& path, std::string_view text) {
    const std::string fresh = path + ".new";
    std::ofstream(fresh) << text;
    if (std::rename(fresh.c_str(), path.c_str()) != 0) throw std::runtime_error("rename");
  }

  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_ = boost::asio::make_work_guard(io_);
  telemetry::Metrics metrics_;
  std::shared_ptr<std::string> log_lines_ = std::make_shared<std::string>();
  std::unique_ptr<telemetry::Log> log_ = telemetry::Log::to_memory(log_lines_);
  std::unique_ptr<PrometheusClient> client_;
  base::Error last_;
  std::vector<std::thread> threads_;
};

/// A directory that is gone with the test.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = ::testing::TempDir() + "spm-store-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = name;
  }
  ~TemporaryDirectory() {
    for (const std::string& file : files_) ::unlink(file.c_str());
    ::rmdir(path_.c_str());
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  std::string file(const std::string& name) {
    files_.push_back(path_ + "/" + name);
    return files_.back();
  }

 private:
  std::string path_;
  std::vector<std::string> files_;
};

}  // namespace spm::prometheus::testing
