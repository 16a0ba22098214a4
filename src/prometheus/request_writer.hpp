#pragma once

#include <string_view>

#include <spm/base/call_context.hpp>
#include <spm/prometheus/store_options.hpp>

#include "connection.hpp"
#include "credentials.hpp"
#include "store_request.hpp"

namespace spm::prometheus {

/// The bytes' worth of `request` as the settings want it sent, with `form` as its whole form.
Request write_request(const StoreRequest& request, std::string form, const StoreOptions& options,
                      const Authorization& authorization);

/// Adds the headers that follow one request through several programs.
void add_trace(Request& request, const base::CallContext& context);

}  // namespace spm::prometheus
