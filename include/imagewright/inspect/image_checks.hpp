// SPDX-License-Identifier: MIT
#pragma once

// Which checks of a manifest the files of an image answer, and how.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <imagewright/inspect/opened_image.hpp>
#include <imagewright/inspect/system_facts.hpp>
#include <imagewright/model/policy.hpp>

namespace imagewright::inspect {

enum class CheckOutcome : std::uint8_t {
  passed,
  failed,
  not_asked, ///< only a booted machine can tell
};

/// "passed", "failed", "not-asked"
std::string_view to_string(CheckOutcome outcome);

struct CheckAnswer {
  std::string name;
  CheckOutcome outcome = CheckOutcome::not_asked;
  std::string expected;
  std::string actual; ///< what there is, or why nobody asked
};

/// One answer for each check, in their order. Nothing of the image is run.
std::vector<CheckAnswer> answer_checks(std::span<const model::Check> checks,
                                       const OpenedImage& image, const SystemFacts& facts);

} // namespace imagewright::inspect
