#include "operations.hpp"

#include "identity_decoder.hpp"
#include "instant_decoder.hpp"
#include "list_decoder.hpp"

namespace spm::prometheus {

base::Result<void> RangeOperation::read(StoreAnswer& store_answer) {
  auto decoded = decode_range_answer(store_answer.body, query_.grid, limits_);
  if (!decoded) return base::fail(std::move(decoded.error()));
  answer.matrix = std::move(decoded->matrix);
  answer.warnings = std::move(decoded->warnings);
  infos_ = decoded->infos;
  return {};
}

base::Result<void> InstantOperation::read(StoreAnswer& store_answer) {
  auto decoded = decode_instant_answer(store_answer.body, max_series_);
  if (!decoded) return base::fail(std::move(decoded.error()));
  answer.samples = std::move(decoded->samples);
  answer.warnings = std::move(decoded->warnings);
  infos_ = decoded->infos;
  return {};
}

base::Result<void> ListOperation::read(StoreAnswer& store_answer) {
  auto decoded = decode_list_answer(store_answer.body);
  if (!decoded) return base::fail(std::move(decoded.error()));
  answer.values = std::move(decoded->values);
  answer.warnings = std::move(decoded->warnings);
  infos_ = decoded->infos;
  return {};
}

StoreOperation::Handling IdentifyOperation::handling(unsigned status) const {
  return status == 200 || status == 400 || status == 404 || status == 405 || status == 422 ? Handling::read
                                                                                           : Handling::fail;
}

base::Result<void> IdentifyOperation::read(StoreAnswer& store_answer) {
  answer = decode_identity(store_answer.body.text(), store_answer.from_victoria_metrics);
  return {};
}

StoreOperation::Handling ForwardOperation::handling(unsigned status) const {
  if (status == 401 || status == 403 || (status >= 300 && status < 400)) return Handling::fail;
  return status >= 500 ? Handling::read_at_last : Handling::read;
}

base::Result<void> ForwardOperation::read(StoreAnswer& store_answer) {
  if (!store_answer.whole) {
    return base::fail(
        base::ErrorKind::store_misbehaved,
        "the metrics store's answer, of status " + std::to_string(store_answer.status) + ", ended in the middle");
  }
  answer.status = static_cast<int>(store_answer.status);
  answer.content_type = std::move(store_answer.content_type);
  answer.body = std::string(store_answer.body.text());
  return {};
}

}  // namespace spm::prometheus
