#pragma once

#include <string>
#include <vector>

#include <spm/service/catalog.hpp>

namespace spm::http {

/// Jaeger's list envelope: {"data":["a"],"total":1,"limit":0,"offset":0,"errors":null}; an empty list is null.
std::string names_json(const std::vector<std::string>& names);

/// The same with {"name":"a","spanKind":"server"} as members.
std::string operations_json(const std::vector<service::Operation>& operations);

}  // namespace spm::http
