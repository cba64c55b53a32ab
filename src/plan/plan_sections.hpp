// SPDX-License-Identifier: MIT
#pragma once

// A plan as titled rows of words, in the order in which people read it.

#include <string>
#include <vector>

#include <imagewright/plan/resolve_plan.hpp>

namespace imagewright::plan {

/// Rows of cells. A section without rows is not shown.
struct PlanSection {
  std::string title;
  std::vector<std::vector<std::string>> rows;
};

/// Everything but disk and packages. Every member of the policy is among it: what is not shown can
/// be lost without anybody seeing it.
std::vector<PlanSection> sections_of(const ResolvedPlan& plan);

/// The words of the plan that stand in JSON too.
std::string word_of(model::FileLabels labels);
std::string word_of(model::ModuleLoadMode mode);
std::string word_of(finalize::BootLoaderKind kind);
std::string word_of(finalize::KernelForm form);
std::string word_of(model::PasswordType type);
/// "qcow2"; of media that no command makes "not a disk".
std::string format_word(model::OutputFormat format);

/// The kernel arguments, with words in the place of root hashes that nobody knows yet.
std::vector<model::KernelArgument> shown_arguments(const ResolvedPlan& plan);

/// What the config does to units, after the policy: in the order in which it is done.
std::vector<model::UnitChange> unit_changes_of(const ResolvedPlan& plan);

} // namespace imagewright::plan
