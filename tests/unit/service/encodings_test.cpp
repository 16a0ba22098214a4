#include <atomic>
#include <thread>
#include <vector>

#include <boost/asio/strand.hpp>
#include <gtest/gtest.h>

#include <spm/service/encodings.hpp>

#include "fakes.hpp"

namespace spm::service {
namespace {

base::Deadline soon() { return base::Deadline::after(std::chrono::seconds(30)); }

MetricsAnswer answer_of(std::size_t points) {
  model::MetricFamily family;
  family.grid = {0, 1'000, points};
  family.metrics.push_back({{{"service_name", "a"}}, model::Column(points)});
  MetricsAnswer answer;
  answer.set_family(std::move(family));
  return answer;
}

class EncodingsTest : public testing::Test {
 protected:
  std::shared_ptr<Encodings> keeping() {
    return std::make_shared<Encodings>(io_.get_executor(), [this] { ++grown_; });
  }

  Encode counting() {
    return [this] {
      thread_ = std::this_thread::get_id();
      return "text " + std::to_string(++made_);
    };
  }

  /// What `count` callers at once get, on `threads` threads.
  std::vector<base::Result<Bytes>> ask(const MetricsAnswer& answer, std::size_t count, std::size_t threads = 1) {
    std::vector<base::Result<Bytes>> got(count, base::fail(base::ErrorKind::internal, "not called"));
    for (std::size_t i = 0; i < count; ++i) {
      boost::asio::co_spawn(boost::asio::make_strand(io_), encoded(answer, "json", counting(), workers_, soon()),
                            [&got, i](const std::exception_ptr&, base::Result<Bytes> bytes) { got[i] = bytes; });
    }
    io_.restart();
    std::vector<std::thread> running;
    for (std::size_t i = 0; i < threads; ++i) running.emplace_back([this] { io_.run(); });
    for (std::thread& thread : running) thread.join();
    return got;
  }

  boost::asio::io_context io_;
  sharing::Workers pool_{2};
  sharing::Workers* workers_ = &pool_;
  std::atomic<int> made_ = 0;
  std::atomic<int> grown_ = 0;
  std::atomic<std::thread::id> thread_;
};

TEST_F(EncodingsTest, AnAnswerThatIsNotKeptIsEncodedEachTime) {
  const MetricsAnswer answer = answer_of(2);
  EXPECT_EQ(*ask(answer, 1).at(0).value(), "text 1");
  EXPECT_EQ(*ask(answer, 1).at(0).value(), "text 2");
}

TEST_F(EncodingsTest, AnAnswerThatIsKeptIsEncodedOnceAndItsBytesAreShared) {
  MetricsAnswer answer = answer_of(2);
  answer.encodings = keeping();
  const std::size_t before = answer.encodings->bytes();
  const Bytes first = ask(answer, 1).at(0).value();
  EXPECT_EQ(*first, "text 1");
  EXPECT_EQ(ask(answer, 1).at(0).value().get(), first.get());
  EXPECT_EQ(grown_, 1);
  EXPECT_GT(answer.encodings->bytes(), before + first->size());
}

TEST_F(EncodingsTest, ManyCallersOfALargeAnswerWaitForOneEncoderOnAnotherThread) {
  MetricsAnswer answer = answer_of(kManyPoints + 1);
  answer.encodings = keeping();
  const auto got = ask(answer, 50, 3);
  for (const auto& bytes : got) {
    ASSERT_TRUE(bytes) << bytes.error().message;
    EXPECT_EQ(**bytes, "text 1");
  }
  EXPECT_EQ(made_, 1);
  EXPECT_NE(thread_.load(), std::this_thread::get_id());
  EXPECT_EQ(*ask(answer, 1).at(0).value(), "text 1");
}

TEST_F(EncodingsTest, WithoutWorkersEverythingIsEncodedHere) {
  workers_ = nullptr;
  MetricsAnswer answer = answer_of(kManyPoints + 1);
  answer.encodings = keeping();
  EXPECT_EQ(*run(encoded(answer, "json", counting(), nullptr, soon())).value(), "text 1");
  EXPECT_EQ(thread_.load(), std::this_thread::get_id());
}

TEST_F(EncodingsTest, AnEncoderWithoutMemoryIsAnErrorAndNothingIsKept) {
  for (const std::size_t points : {std::size_t{2}, kManyPoints + 1}) {
    MetricsAnswer answer = answer_of(points);
    answer.encodings = keeping();
    const Encode failing = []() -> std::string { throw std::bad_alloc(); };
    std::optional<base::Result<Bytes>> got;
    boost::asio::co_spawn(io_, encoded(answer, "json", failing, workers_, soon()),
                          [&](const std::exception_ptr&, base::Result<Bytes> bytes) { got = bytes; });
    io_.restart();
    io_.run();
    ASSERT_TRUE(got);
    ASSERT_FALSE(*got);
    EXPECT_EQ(got->error().kind, base::ErrorKind::overloaded);
    EXPECT_EQ(answer.encodings->find("json"), nullptr);
  }
}

TEST_F(EncodingsTest, TheFirstOfOneFormStays) {
  const auto encodings = keeping();
  const Bytes first = encodings->keep("json", std::make_shared<const std::string>("a"));
  EXPECT_EQ(encodings->keep("json", std::make_shared<const std::string>("b")).get(), first.get());
  EXPECT_EQ(grown_, 1);
}

TEST_F(EncodingsTest, FormsAreBounded) {
  const auto encodings = keeping();
  for (std::size_t i = 0; i < Encodings::kMostForms + 5; ++i) {
    const auto bytes = std::make_shared<const std::string>(std::to_string(i));
    EXPECT_EQ(encodings->keep("form " + std::to_string(i), bytes).get(), bytes.get());
  }
  EXPECT_EQ(grown_, static_cast<int>(Encodings::kMostForms));
  EXPECT_EQ(encodings->find("form " + std::to_string(Encodings::kMostForms)), nullptr);
}

}  // namespace
}  // namespace spm::service
