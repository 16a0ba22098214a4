#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/system/system_error.hpp>

#include <spm/base/deadline.hpp>
#include <spm/base/result.hpp>
#include <spm/sharing/waiting_place.hpp>

namespace spm::sharing {

/// Work that several callers want at the same time is done once and belongs to none of them. Each caller waits as a
/// passenger, leaves when it likes, and the last one to leave cancels the work. What comes out goes to all who are
/// still aboard; who comes later begins a new flight.
///
/// Safe from any thread. A flight runs on a strand of its own of `io`, whose context outlives every passenger; both may
/// end together with coroutines still suspended. `Key` has an order, `Value` can be copied.
template <class Key, class Value>
class Flights : public std::enable_shared_from_this<Flights<Key, Value>> {
 public:
  using Outcome = base::Result<Value>;
  /// Called once, on the flight's strand. What it returns holds all that it uses.
  using Work = std::function<boost::asio::awaitable<Outcome>()>;

  explicit Flights(const boost::asio::any_io_executor& io) : io_(io) {}

 private:
  struct Flight {
    Flight(const boost::asio::any_io_executor& io, Work todo)
        : strand(boost::asio::make_strand(io)),
          work(std::move(todo)) {}

    const boost::asio::strand<boost::asio::any_io_executor> strand;

    // On the strand only.
    Work work;
    boost::asio::cancellation_signal stop;
    bool under_way = false;

    // Guarded by Flights::mutex_.
    std::size_t aboard = 0;
    std::optional<typename std::map<Key, std::shared_ptr<Flight>>::iterator> listed;
    std::vector<std::weak_ptr<WaitingPlace>> waiting;
    std::optional<Outcome> outcome;  ///< once there never changed, and then read without the lock
  };

 public:
  /// A caller's part in a flight, from the moment it joins. Ends with the object.
  class Passenger {
   public:
    Passenger(Passenger&&) noexcept = default;
    Passenger& operator=(Passenger&&) = delete;
    ~Passenger() {
      if (flight_) flights_->leave(flight_);
    }

    /// Whether the flight was under way already.
    bool joined_others() const noexcept { return joined_others_; }

   private:
    friend Flights;
    Passenger(std::shared_ptr<Flights> flights, std::shared_ptr<Flight> flight, bool joined_others)
        : flights_(std::move(flights)),
          flight_(std::move(flight)),
          joined_others_(joined_others) {}

    std::shared_ptr<Flights> flights_;
    std::shared_ptr<Flight> flight_;  ///< empty: moved from
    bool joined_others_;
  };

  /// Joins the flight of `key`, or begins one with `work`.
  Passenger board(Key key, Work work) {
    std::shared_ptr<Flight> flight;
    bool joined_others = true;
    {
      const std::lock_guard lock(mutex_);
      auto place = listed_.find(key);
      if (place == listed_.end()) {
        joined_others = false;
        auto made = std::make_shared<Flight>(io_, std::move(work));
        place = listed_.emplace(std::move(key), made).first;
        made->listed = place;
      }
      flight = place->second;
      ++flight->aboard;
    }
    Passenger passenger(this->shared_from_this(), flight, joined_others);
    // Posted: the work must not begin on the caller's stack, and its cancellation belongs to the strand.
    if (!joined_others) {
      boost::asio::post(flight->strand, [self = this->shared_from_this(), flight] { begin(self, flight); });
    }
    return passenger;
  }

  /// What came out; or deadline_exceeded or cancelled, as soon as the one or the other is the case for this caller.
  /// Resumes on the caller's executor.
  static boost::asio::awaitable<Outcome> wait(Passenger passenger, base::Deadline deadline) {
    TakePlace take_place = [flights = passenger.flights_, flight = passenger.flight_](
                               const std::shared_ptr<WaitingPlace>& place) { flights->seat(*flight, place); };
    WakeUp why = WakeUp::cancelled;
    try {
      why = co_await wait_in_place(deadline, std::move(take_place));
    } catch (const boost::system::system_error&) {
      // Asio's way of refusing to begin what is cancelled already.
    }
    if (why == WakeUp::called) {
      Outcome outcome = *passenger.flight_->outcome;
      co_return outcome;
    }
    if (why == WakeUp::deadline) {
      co_return base::fail(base::ErrorKind::deadline_exceeded, "the metrics store did not answer in time");
    }
    co_return base::fail(base::ErrorKind::cancelled, "the caller went away");
  }

 private:
  using FlightPtr = std::shared_ptr<Flight>;

  /// Takes a flight off the list, should nothing else have done so when its coroutine ends.
  struct OffTheListAtEnd {
    OffTheListAtEnd(std::shared_ptr<Flights> flights, FlightPtr flight)
        : of(std::move(flights)),
          ended(std::move(flight)) {}
    ~OffTheListAtEnd() {
      const std::lock_guard lock(of->mutex_);
      of->take_off_list(*ended);
    }
    OffTheListAtEnd(const OffTheListAtEnd&) = delete;
    OffTheListAtEnd& operator=(const OffTheListAtEnd&) = delete;

    std::shared_ptr<Flights> of;
    FlightPtr ended;
  };

  static void begin(const std::shared_ptr<Flights>& self, const FlightPtr& flight) {
    flight->under_way = true;
    boost::asio::co_spawn(
        flight->strand, fly(self, flight),
        boost::asio::bind_cancellation_slot(flight->stop.slot(), [self, flight](const std::exception_ptr& problem) {
          flight->under_way = false;
          // Cancelled work may end by an exception too; then nobody is aboard.
          if (problem) self->land(*flight, base::fail(base::ErrorKind::internal, "a shared read failed by a defect"));
        }));
  }

  static boost::asio::awaitable<void> fly(std::shared_ptr<Flights> self, FlightPtr flight) {
    const OffTheListAtEnd off_the_list_at_end(self, flight);
    boost::asio::awaitable<Outcome> working = std::exchange(flight->work, nullptr)();
    Outcome outcome = co_await std::move(working);
    // Who is aboard has not cancelled anything.
    if (!outcome && outcome.error().kind == base::ErrorKind::cancelled) {
      outcome = base::fail(base::ErrorKind::shutting_down, "the read was ended before its answer came; try again");
    }
    self->land(*flight, std::move(outcome));
  }

  void land(Flight& flight, Outcome outcome) {
    std::vector<std::weak_ptr<WaitingPlace>> waiting;
    {
      const std::lock_guard lock(mutex_);
      take_off_list(flight);
      flight.outcome.emplace(std::move(outcome));
      waiting.swap(flight.waiting);
    }
    for (const std::weak_ptr<WaitingPlace>& one : waiting) {
      if (const std::shared_ptr<WaitingPlace> place = one.lock()) place->wake(WakeUp::called);
    }
  }

  void seat(Flight& flight, const std::shared_ptr<WaitingPlace>& place) {
    {
      const std::lock_guard lock(mutex_);
      if (!flight.outcome) {
        flight.waiting.push_back(place);
        return;
      }
    }
    place->wake(WakeUp::called);
  }

  void leave(const FlightPtr& flight) {
    {
      const std::lock_guard lock(mutex_);
      if (--flight->aboard > 0 || flight->outcome) return;
      take_off_list(*flight);
    }
    boost::asio::post(flight->strand, [flight] {
      if (flight->under_way) flight->stop.emit(boost::asio::cancellation_type::all);
    });
  }

  /// mutex_ is held.
  void take_off_list(Flight& flight) {
    if (flight.listed) listed_.erase(*flight.listed);
    flight.listed.reset();
  }

  const boost::asio::any_io_executor io_;
  std::mutex mutex_;
  std::map<Key, FlightPtr> listed_;  ///< that can be joined
};

}  // namespace spm::sharing
