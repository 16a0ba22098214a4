#pragma once

#include <optional>
#include <string>

#include <spm/schema/configured_names.hpp>

#include "found_family.hpp"

/// What the user's settings say about names that are found.
namespace spm::schema {

/// The setting that a family contradicts and what it asks for, as a clause; empty: none does. Settings that are not
/// given, and those that only prefer, contradict nothing.
std::string misfit(const NamingOptions& naming, const FoundFamily& found);

/// Whether any setting can exclude a name.
bool constrains(const NamingOptions& naming) noexcept;

/// The names, where the settings leave nothing open.
std::optional<model::MetricNames> fully_given(const NamingOptions& naming);

/// Whether the user's collector is said to be the older processor: labels of operations are then called `operation`.
bool prefers_operation(const NamingOptions& naming) noexcept;

/// How well a family that fits agrees with what the settings only prefer. Larger is better.
int agreement(const NamingOptions& naming, const FoundFamily& found);

}  // namespace spm::schema
