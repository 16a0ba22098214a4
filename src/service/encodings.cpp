#include <algorithm>
#include <chrono>
#include <exception>
#include <memory>
#include <new>
#include <optional>

#include <spm/service/encodings.hpp>

namespace spm::service {

using base::Result;
using boost::asio::awaitable;

namespace {

std::size_t points_of(const model::MetricFamily& family) { return family.metrics.size() * family.grid.points; }

base::Error no_memory() {
  return base::Error(base::ErrorKind::overloaded, "there is no memory to write this answer; try again in a moment")
      .retry_in(std::chrono::seconds(1));
}

/// Workers must not see an exception.
Result<Bytes> encoded_or_error(const Encode& encode) {
  try {
    return std::make_shared<const std::string>(encode());
  } catch (const std::bad_alloc&) {
    return base::fail(no_memory());
  } catch (const std::exception& failure) {
    base::Error error(base::ErrorKind::internal, "the answer could not be written");
    return base::fail(std::move(error).with_detail(failure.what()));
  }
}

awaitable<Result<Bytes>> encode_elsewhere(Encode encode, sharing::Workers& workers) {
  auto work = [encode = std::move(encode)] { return encoded_or_error(encode); };
  Result<Bytes> bytes = co_await workers.run(std::move(work));
  co_return bytes;
}

/// Holds all that it needs: the callers may be gone before it ends.
awaitable<Result<Bytes>> encode_and_keep(std::weak_ptr<Encodings> encodings, std::string form, Encode encode,
                                         sharing::Workers& workers) {
  Result<Bytes> bytes = co_await encode_elsewhere(std::move(encode), workers);
  if (!bytes) co_return std::move(bytes);
  const std::shared_ptr<Encodings> kept = encodings.lock();
  if (!kept) co_return std::move(bytes);
  co_return kept->keep(form, std::move(*bytes));
}

}  // namespace

Encodings::Encodings(const boost::asio::any_io_executor& io, std::function<void()> grown)
    : under_way_(std::make_shared<Flights>(io)),
      grown_(std::move(grown)) {}

Encodings::~Encodings() = default;

Encodings::Made* Encodings::made(std::string_view form) {
  const auto found = std::ranges::find(made_, form, &Made::form);
  return found == made_.end() ? nullptr : &*found;
}

Bytes Encodings::find(std::string_view form) {
  Bytes found;
  {
    const std::lock_guard lock(mutex_);
    Made* const known = made(form);
    if (known == nullptr) return nullptr;
    if (known->kept) return known->kept;
    found = known->sent.lock();
    if (!found) return nullptr;
    known->kept = found;
  }
  grown_();
  return found;
}

Bytes Encodings::keep(std::string_view form, Bytes bytes) {
  {
    const std::lock_guard lock(mutex_);
    if (Made* const known = made(form)) {
      if (known->kept) return known->kept;
      known->kept = bytes;
    } else {
      if (made_.size() >= kMostForms) return bytes;
      made_.push_back(Made{std::string(form), bytes->size() > kLarge ? nullptr : bytes, bytes});
    }
  }
  grown_();
  return bytes;
}

std::size_t Encodings::bytes() const {
  const std::lock_guard lock(mutex_);
  std::size_t sum = sizeof(Encodings) + sizeof(Flights) + made_.capacity() * sizeof(made_.front());
  for (const Made& one : made_) {
    sum += one.form.capacity() + (one.kept ? sizeof(std::string) + one.kept->capacity() : 0);
  }
  return sum;
}

awaitable<Result<Bytes>> encoded(const MetricsAnswer& answer, std::string form, Encode encode,
                                 sharing::Workers* workers, base::Deadline deadline) {
  const std::shared_ptr<Encodings> kept = answer.encodings;
  if (kept) {
    if (Bytes made = kept->find(form)) co_return made;
  }
  const bool large = workers != nullptr && points_of(*answer.family) > kManyPoints;
  if (!large) {
    Result<Bytes> made = encoded_or_error(encode);
    if (made && kept) co_return kept->keep(form, std::move(*made));
    co_return made;
  }
  if (!kept) co_return co_await encode_elsewhere(std::move(encode), *workers);

  Encodings::Flights::Work work = [weak = std::weak_ptr<Encodings>(kept), form, encode = std::move(encode),
                                   workers]() mutable {
    return encode_and_keep(weak, form, std::move(encode), *workers);
  };
  auto passenger = kept->under_way_->board(std::move(form), std::move(work));
  co_return co_await Encodings::Flights::wait(std::move(passenger), deadline);
}

}  // namespace spm::service
