// A library to be loaded before a program (LD_PRELOAD) whose clocks a test moves while it runs. The file that
// MOVED_CLOCK names holds two numbers of 64 bits, in nanoseconds: what is added to the wall clock, and to the monotonic
// one. Waiting until a time is until that time of the moved clock, as it stands when the wait begins; waiting for so
// long is not changed.

#include <atomic>
#include <cstdarg>
#include <cstdint>
#include <cstdlib>
#include <ctime>

#include <dlfcn.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

namespace {

struct Moved {
  std::atomic<std::int64_t> wall_ns;
  std::atomic<std::int64_t> monotonic_ns;
};
static_assert(sizeof(Moved) == 16 && std::atomic<std::int64_t>::is_always_lock_free);

constexpr std::int64_t kSecond = 1'000'000'000;

const Moved& moved() {
  static const Moved* const mapped = [] {
    static const Moved nothing{};
    const char* const name = std::getenv("MOVED_CLOCK");
    if (name == nullptr) return &nothing;
    const int file = open(name, O_RDONLY | O_CLOEXEC);
    if (file < 0) std::abort();
    void* const memory = mmap(nullptr, sizeof(Moved), PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (memory == MAP_FAILED) std::abort();
    return static_cast<const Moved*>(memory);
  }();
  return *mapped;
}

template <class Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

std::int64_t moved_by(clockid_t clock) {
  return (clock == CLOCK_MONOTONIC ? moved().monotonic_ns : moved().wall_ns).load();
}

void add(std::int64_t nanoseconds, timespec& time) {
  const std::int64_t all = time.tv_sec * kSecond + time.tv_nsec + nanoseconds;
  time.tv_sec = all / kSecond;
  time.tv_nsec = all % kSecond;
}

timespec on_real_clock(const timespec& until, clockid_t clock) {
  timespec made = until;
  add(-moved_by(clock), made);
  if (made.tv_sec < 0) made = {};
  return made;
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  static auto* const unmoved = real<int(clockid_t, timespec*)>("clock_gettime");
  const int result = unmoved(clock, time);
  if (result != 0) return result;
  if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) add(moved().wall_ns, *time);
  if (clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_COARSE || clock == CLOCK_BOOTTIME) {
    add(moved().monotonic_ns, *time);
  }
  return 0;
}

int gettimeofday(timeval* time, void* /*zone*/) noexcept {
  timespec now{};
  const int result = clock_gettime(CLOCK_REALTIME, &now);
  time->tv_sec = now.tv_sec;
  time->tv_usec = now.tv_nsec / 1000;
  return result;
}

std::time_t time(std::time_t* place) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (place != nullptr) *place = now.tv_sec;
  return now.tv_sec;
}

int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t clock, const timespec* until) {
  static auto* const wait =
      real<int(pthread_cond_t*, pthread_mutex_t*, clockid_t, const timespec*)>("pthread_cond_clockwait");
  const timespec real_until = on_real_clock(*until, clock);
  return wait(condition, mutex, clock, &real_until);
}

int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex, const timespec* until) {
  static auto* const wait = real<int(pthread_cond_t*, pthread_mutex_t*, const timespec*)>("pthread_cond_timedwait");
  // Which clock it is, the condition knows; no machine has run since 2001.
  const timespec real_until = on_real_clock(*until, until->tv_sec < kSecond ? CLOCK_MONOTONIC : CLOCK_REALTIME);
  return wait(condition, mutex, &real_until);
}

/// Abseil waits by futexes, which have no function of their own.
long syscall(long number, ...) noexcept {
  static auto* const call = real<long(long, ...)>("syscall");
  std::va_list list;
  va_start(list, number);
  long arguments[6];
  for (long& argument : arguments) argument = va_arg(list, long);
  va_end(list);
  timespec until{};
  if (number == SYS_futex && (arguments[1] & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET && arguments[3] != 0) {
    const clockid_t clock = (arguments[1] & FUTEX_CLOCK_REALTIME) != 0 ? CLOCK_REALTIME : CLOCK_MONOTONIC;
    until = on_real_clock(*reinterpret_cast<const timespec*>(arguments[3]), clock);
    arguments[3] = reinterpret_cast<long>(&until);
  }
  return call(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
}
}
