#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/optional.hpp>
#include <boost/system/errc.hpp>

#include "body_intake.hpp"

namespace spm::prometheus {

/// A Beast Body that hands what was read to a BodyIntake out of the connection's own buffer, without a copy.
struct StreamedBody {
  struct value_type {  // NOLINT(readability-identifier-naming): Beast's name
    BodyIntake* intake = nullptr;
    std::uint64_t left = 0;              ///< bytes that may still come
    std::optional<base::Error> refusal;  ///< what the intake said, when that ended the reading
  };

  class reader {  // NOLINT(readability-identifier-naming): Beast's name
   public:
    template <bool IsRequest, class Fields>
    reader(boost::beast::http::header<IsRequest, Fields>&, value_type& body) : body_(body) {}

    void init(const boost::optional<std::uint64_t>&, boost::system::error_code& error) { error = {}; }

    template <class Buffers>
    std::size_t put(const Buffers& buffers, boost::system::error_code& error) {
      error = {};
      std::size_t taken = 0;
      for (auto it = boost::asio::buffer_sequence_begin(buffers); it != boost::asio::buffer_sequence_end(buffers);
           ++it) {
        const boost::asio::const_buffer buffer = *it;
        if (!give({static_cast<const char*>(buffer.data()), buffer.size()}, error)) return taken;
        taken += buffer.size();
      }
      return taken;
    }

    void finish(boost::system::error_code& error) { error = {}; }

   private:
    bool give(std::string_view bytes, boost::system::error_code& error) {
      if (bytes.size() > body_.left) {
        error = boost::beast::http::error::body_limit;
        return false;
      }
      body_.left -= bytes.size();
      base::Result<void> accepted = body_.intake->take(bytes);
      if (accepted) return true;
      body_.refusal = std::move(accepted.error());
      error = make_error_code(boost::system::errc::operation_canceled);
      return false;
    }

    value_type& body_;
  };
};

}  // namespace spm::prometheus
