#include "room.hpp"

#include <utility>
#include <vector>

#include <spm/cache/rate_cache.hpp>
#include <spm/prometheus/enforcing_client.hpp>
#include <spm/prometheus/http_client.hpp>
#include <spm/promql/matchers_text.hpp>
#include <spm/service/comparison_subjects.hpp>
#include <spm/service/kept_answers.hpp>
#include <spm/service/promql_catalog.hpp>
#include <spm/service/promql_metrics_service.hpp>

#include "module_options.hpp"

namespace spm::app {
namespace {

using base::fail;
using base::Result;

/// The matchers of a setting; none where it is empty.
Result<std::vector<promql::Matcher>> matchers_of(std::string_view setting, const std::string& text) {
  if (text.empty()) return std::vector<promql::Matcher>();
  auto matchers = promql::parse_matchers(text);
  if (!matchers) matchers.error().message = std::string(setting) + ": " + matchers.error().message;
  return matchers;
}

}  // namespace

Result<std::unique_ptr<Room>> Room::build(const config::Settings& settings, const Ground& ground) {
  std::unique_ptr<Room> room(new Room());

  auto options = store_options(settings);
  if (!options) return fail(std::move(options.error()));
  service::MetricsServiceOptions service_options;
  service_options.max_series = options->max_series;
  auto store =
      prometheus::create_http_prometheus_client(std::move(*options), ground.executor, ground.metrics, ground.log);
  if (!store) return fail(std::move(store.error()));
  room->http_client_ = std::move(*store);

  auto enforced = matchers_of("--query.matchers", settings.query.matchers);
  if (!enforced) return fail(std::move(enforced.error()));
  if (!enforced->empty()) {
    room->enforcing_ = prometheus::create_enforcing_client(*room->http_client_, std::move(*enforced));
  }

  auto templates = settings.templates_dir.empty() ? Result<promql::TemplateSet>(promql::TemplateSet::built_in())
                                                  : promql::TemplateSet::load(settings.templates_dir);
  if (!templates) return fail(std::move(templates.error()));
  room->templates_ = std::move(*templates);

  auto discovery = discovery_options(settings);
  if (!discovery) return fail(std::move(discovery.error()));
  room->names_ =
      schema::create_discovery(std::move(*discovery), room->store(), ground.log, ground.clock, ground.executor);

  room->comparison_subjects_ = service::create_comparison_subjects(*room->names_, room->store(), ground.clock);
  const rates::RateReaderGround reader_ground{
      room->store(), *room->comparison_subjects_, ground.executor, ground.clock, ground.metrics, ground.log};
  room->rates_ = rates::create_rate_reader(rate_reader_options(settings, ground.threads), reader_ground);

  auto errors = matchers_of("--errors.matcher", settings.query.error_matchers);
  if (!errors) return fail(std::move(errors.error()));
  service_options.error_matchers = std::move(*errors);
  if (settings.cache.mode != config::CacheMode::off) room->keep_columns(settings, ground);
  rates::RateSource& rates = room->kept_rates_ ? *room->kept_rates_ : *room->rates_;
  room->metrics_service_ =
      service::create_promql_metrics_service(*room->names_, *room->templates_, rates, room->store(), ground.metrics,
                                             ground.log, std::move(service_options), &ground.workers);
  if (room->shelf_) room->keep_answers(settings, ground);
  room->catalog_ =
      service::create_promql_catalog(*room->names_, room->store(), ground.clock, ground.metrics, ground.log);
  room->forwarder_ = service::create_forwarder(room->store());
  diagnosis::Options diagnosis = diagnosis_options(settings);
  diagnosis.reading = [&reader = *room->rates_] { return reader.status().reason; };
  room->diagnosis_ = diagnosis::create_diagnosis(std::move(diagnosis), room->store(), *room->names_, ground.clock);
  return room;
}

void Room::keep_columns(const config::Settings& settings, const Ground& ground) {
  shelf_ = std::make_unique<cache::Shelf>(settings.cache.max_bytes, ground.metrics);
  const cache::RateCacheGround cache_ground{*rates_,      ground.executor, *shelf_,   callers_,
                                            ground.clock, ground.metrics,  ground.log};
  kept_rates_ = cache::create_rate_cache(rate_cache_options(settings), cache_ground);
}

void Room::keep_answers(const config::Settings& settings, const Ground& ground) {
  const service::KeptAnswersGround answers_ground{*metrics_service_, *shelf_,      callers_,
                                                  ground.executor,   ground.clock, ground.metrics};
  kept_answers_ = service::create_kept_answers(kept_answers_options(settings), answers_ground);
}

}  // namespace spm::app
