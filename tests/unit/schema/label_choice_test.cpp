#include "label_choice.hpp"

#include <gtest/gtest.h>

namespace spm::schema {
namespace {

using Texts = std::vector<std::string>;

TEST(LabelChoice, OrdersAreAsDocumented) {
  EXPECT_EQ(labels_present(Texts{"service", "service.name", "service_name"}, service_labels()),
            (Texts{"service_name", "service.name", "service"}));
  EXPECT_EQ(labels_present(Texts{"operation", "span.name", "span_name"}, operation_labels(false)),
            (Texts{"span_name", "span.name", "operation"}));
  EXPECT_EQ(first_present(Texts{"operation", "span_name"}, operation_labels(true)), "operation");
  EXPECT_EQ(labels_present(Texts{"otel.status_code", "otel_status_code", "span_status", "status.code", "status_code"},
                           status_labels()),
            (Texts{"status_code", "status.code", "otel_status_code", "otel.status_code", "span_status"}));
  EXPECT_EQ(labels_present(Texts{"span.kind", "span_kind"}, kind_labels()), (Texts{"span_kind", "span.kind"}));
  EXPECT_EQ(first_present(Texts{"job"}, service_labels()), "");
}

TEST(LabelChoice, ExportedAlwaysWins) {
  EXPECT_EQ(first_present(Texts{"exported_service", "service"}, service_labels()), "exported_service");
  EXPECT_EQ(first_present(Texts{"exported_service_name", "service_name"}, service_labels()), "exported_service_name");
  EXPECT_EQ(first_present(Texts{"exported_operation"}, operation_labels(false)), "exported_operation");
  // The target's label is no second operation label.
  EXPECT_EQ(labels_present(Texts{"exported_span_name", "span_name"}, operation_labels(false)).size(), 1U);
}

TEST(LabelChoice, ErrorValuesAreThosePresentOrAllCandidates) {
  EXPECT_EQ(error_values(Texts{"STATUS_CODE_ERROR", "STATUS_CODE_UNSET"}), Texts{"STATUS_CODE_ERROR"});
  EXPECT_EQ(error_values(Texts{"Error", "STATUS_CODE_ERROR"}), (Texts{"STATUS_CODE_ERROR", "Error"}));
  EXPECT_EQ(error_values(Texts{"OK"}), (Texts{"STATUS_CODE_ERROR", "ERROR", "Error", "error"}));
  EXPECT_TRUE(any_error_value(Texts{"ERROR"}));
  EXPECT_FALSE(any_error_value(Texts{"STATUS_CODE_UNSET"}));
}

TEST(LabelChoice, HttpStatusesAreNoSpanStatuses) {
  EXPECT_FALSE(are_span_statuses(Texts{"200", "404"}));
  EXPECT_TRUE(are_span_statuses(Texts{"STATUS_CODE_UNSET"}));
  EXPECT_TRUE(are_span_statuses(Texts{"OK"}));
}

TEST(LabelChoice, OverflowLabelsAreKnown) {
  EXPECT_EQ(overflow_label(Texts{"otel_metric_overflow", "service"}), "otel_metric_overflow");
  EXPECT_EQ(overflow_label(Texts{"metric_overflow"}), "metric_overflow");
  EXPECT_EQ(overflow_label(Texts{"service"}), "");
}

}  // namespace
}  // namespace spm::schema
