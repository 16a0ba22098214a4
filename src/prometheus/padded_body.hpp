#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/optional.hpp>

#include "padded_buffer.hpp"

namespace spm::prometheus {

/// A Beast Body for reading into a PaddedBuffer, with a limit of its own that can be set once the header is known.
struct PaddedBody {
  struct value_type {  // NOLINT(readability-identifier-naming): Beast's name
    PaddedBuffer bytes;
    std::size_t limit = std::numeric_limits<std::size_t>::max();
  };

  class reader {  // NOLINT(readability-identifier-naming): Beast's name
   public:
    template <bool IsRequest, class Fields>
    reader(boost::beast::http::header<IsRequest, Fields>&, value_type& body) : body_(body) {}

    // Beast calls this while it still reads the header, before the limit is known: it takes nothing on trust.
    void init(const boost::optional<std::uint64_t>&, boost::system::error_code& error) { error = {}; }

    template <class Buffers>
    std::size_t put(const Buffers& buffers, boost::system::error_code& error) {
      error = {};
      std::size_t taken = 0;
      for (auto it = boost::asio::buffer_sequence_begin(buffers); it != boost::asio::buffer_sequence_end(buffers);
           ++it) {
        const boost::asio::const_buffer buffer = *it;
        if (!body_.bytes.append(buffer.data(), buffer.size(), body_.limit)) {
          error = boost::beast::http::error::body_limit;
          return taken;
        }
        taken += buffer.size();
      }
      return taken;
    }

    void finish(boost::system::error_code& error) { error = {}; }

   private:
    value_type& body_;
  };
};

}  // namespace spm::prometheus
