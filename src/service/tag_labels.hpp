#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <spm/base/error.hpp>

namespace spm::service {

/// `key` as a legal Prometheus label: every other character becomes `_`, and a leading digit gets `key_` before it, as
/// OpenTelemetry's exporters do. "http.method" is "http_method".
std::string sanitized_label(std::string_view key);

/// The label that a caller's `key` means: the key as given where `known` has it, else the way that exporters to
/// Prometheus write it. nullopt: neither is there.
std::optional<std::string> resolve_label(std::string_view key, std::span<const std::string> known);

/// invalid_argument about `parameter`: no label is called `key`. The message names labels that look like it, or some
/// that there are.
base::Error unknown_label(std::string_view parameter, std::string_view key, std::span<const std::string> known);

/// invalid_argument about `parameter`: `label` is the store's own and means nothing to a caller.
base::Error reserved_label(std::string_view parameter, std::string_view label);

}  // namespace spm::service
