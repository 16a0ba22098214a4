#include "answer_decoder.hpp"

namespace spm::prometheus {

namespace ondemand = simdjson::ondemand;
using base::Error;
using base::ErrorKind;

namespace {

constexpr std::size_t kMaxWarnings = 10;
constexpr std::size_t kMaxWarningBytes = 500;

/// Whether the last token has been read. simdjson 3.0 tells it by having no place left.
bool at_end(ondemand::document& document) noexcept {
  return document.current_location().error() == simdjson::OUT_OF_BOUNDS;
}

}  // namespace

base::Result<void> AnswerDecoder::read(const PaddedBuffer& body) {
  ondemand::parser parser;
  ondemand::document document;
  if (const auto error = parser.iterate(body.data(), body.size(), body.allocated()).get(document)) {
    static_cast<void>(broken(error));
  } else if (read_document(document) && !at_end(document)) {
    static_cast<void>(misbehaved("more follows the end of the JSON document"));
  }
  if (!error_ && !saw_status_) static_cast<void>(misbehaved("the JSON has no status"));
  if (!error_ && !saw_data_) static_cast<void>(misbehaved("the JSON has no data"));
  if (error_) return base::fail(std::move(*error_));
  return {};
}

bool AnswerDecoder::misbehaved(std::string_view what) {
  if (!error_) error_ = Error(ErrorKind::store_misbehaved, "the store's answer is not usable: " + std::string(what));
  return false;
}

bool AnswerDecoder::broken(simdjson::error_code error) {
  return misbehaved("it is not whole, valid JSON (" + std::string(simdjson::error_message(error)) + ")");
}

bool AnswerDecoder::too_large(std::string what, std::string_view setting) {
  error_ = Error(ErrorKind::answer_too_large,
                 std::move(what) + "; ask for fewer services or a longer step, or raise " + std::string(setting));
  return false;
}

void AnswerDecoder::warn(std::string_view text) {
  if (remarks_.warnings.size() < kMaxWarnings) {
    remarks_.warnings.push_back(base::printable(text, kMaxWarningBytes));
  } else {
    ++more_warnings_;
  }
}

AnswerRemarks AnswerDecoder::take_remarks() {
  if (more_warnings_ > 0) {
    remarks_.warnings.push_back("and " + std::to_string(more_warnings_) + " more warnings");
  }
  return std::move(remarks_);
}

bool AnswerDecoder::once(bool& seen, std::string_view key) {
  if (std::exchange(seen, true)) return misbehaved("\"" + std::string(key) + "\" appears twice in one object");
  return true;
}

bool AnswerDecoder::read_document(ondemand::document& document) {
  Object root;
  if (const auto error = document.get_object().get(root)) return broken(error);
  return each_member(root, [&](std::string_view key, Value& value) {
    if (key == "status") return once(saw_status_, key) && read_status(value);
    if (key == "data") return once(saw_data_, key) && read_data(value);
    if (key == "warnings") return read_remarks(value, false);
    if (key == "infos") return read_remarks(value, true);
    if (key == "isPartial") return read_partial(value);
    return true;
  });
}

bool AnswerDecoder::read_status(Value& value) {
  std::string_view status;
  if (const auto error = value.get_string().get(status)) return broken(error);
  if (status == "success") return true;
  return misbehaved("its status is \"" + base::printable(status, 50) + "\" although the HTTP status says success");
}

bool AnswerDecoder::read_partial(Value& value) {
  bool partial = false;
  if (const auto error = value.get_bool().get(partial)) return broken(error);
  if (partial) warn("the store says that its answer is partial");
  return true;
}

bool AnswerDecoder::read_remarks(Value& value, bool about_query) {
  if (is_null(value)) return true;
  Array remarks;
  if (const auto error = value.get_array().get(remarks)) return broken(error);
  for (auto element : remarks) {
    std::string_view text;
    if (const auto error = element.get_string().get(text)) return broken(error);
    // Prometheus 3 sends remarks about the query itself among the warnings, on ordinary answers.
    if (about_query || text.starts_with("PromQL warning:") || text.starts_with("PromQL info:")) {
      ++remarks_.infos;
    } else {
      warn(text);
    }
  }
  return true;
}

bool AnswerDecoder::read_labels(Value& value, model::LabelSet& labels) {
  Object metric;
  if (const auto error = value.get_object().get(metric)) return broken(error);
  return each_member(metric, [&](std::string_view key, Value& member) {
    if (model::find_label(labels, key) != nullptr) return misbehaved("a label appears twice in one series");
    std::string name(key);
    std::string_view text;
    if (const auto error = member.get_string().get(text)) return broken(error);
    labels.push_back(model::Label{std::move(name), std::string(text)});
    return true;
  });
}

}  // namespace spm::prometheus
