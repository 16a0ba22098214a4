#pragma once

#include <vector>

#include <spm/diagnosis/diagnosis.hpp>

#include "observations.hpp"

/// What observations mean, in words. Pure functions; each adds the findings of one subject.
namespace spm::diagnosis {

/// Whether and how the store answers: reached, refused, slow, partial.
void add_store_findings(const Observations& seen, const Options& options, std::vector<Finding>& findings);
/// Which names there are: none, unusable ones, others than the settings say, several families.
void add_name_findings(const Observations& seen, const Options& options, std::vector<Finding>& findings);
/// What the chosen family's labels and histogram can tell.
void add_family_findings(const Observations& seen, std::vector<Finding>& findings);
/// What the chosen family's samples are like: age, services, rhythm, overflow, resets.
void add_data_findings(const Observations& seen, const Options& options, std::vector<Finding>& findings);

}  // namespace spm::diagnosis
