#pragma once

#include <string_view>

#include <spm/prometheus/client.hpp>

namespace spm::prometheus {

/// What /api/v1/status/buildinfo tells. `body` may be anything: what cannot be read is an unknown version.
///
/// VictoriaMetrics shows itself by a header (`says_victoria_metrics`), or, where something in between drops that, by
/// data without any member, which no Prometheus sends. Its version stays unknown: what newer ones give here is the
/// version of a Prometheus that they imitate.
StoreIdentity decode_identity(std::string_view body, bool says_victoria_metrics);

}  // namespace spm::prometheus
