#pragma once

#include <string>
#include <string_view>

#include <spm/rates/rate_query.hpp>

namespace spm::cache {

/// Of what all parts over grids of one step and phase have in common. `caller`: what sharing::CallerKinds says.
std::string group_key(const rates::RateQuery& query, std::string_view caller);
/// Of one part's columns.
std::string columns_key(std::string_view group, const rates::RatePart& part);
/// Of the note when the store last took a caller's own token.
std::string token_key(std::string_view caller);

/// Of what is read at once for all who need it. `all_parts`: whoever reads one part reads all that are welcome.
std::string flight_key(const rates::RateQuery& query, std::string_view caller, bool all_parts);

/// For people: `calls_total{service_name="shop"} every 60s`.
std::string about_group(const rates::RateQuery& query);
/// ` by (service_name) of status_code="ERROR"`
std::string about_part(const rates::RatePart& part);

}  // namespace spm::cache
