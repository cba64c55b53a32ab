// SPDX-License-Identifier: MIT
#pragma once

// Answers → facts → rows. Pure.

#include <span>
#include <string_view>
#include <vector>

#include <imagewright/boot/boot_report.hpp>
#include <imagewright/model/policy.hpp>

#include "boot/answers.hpp"

namespace imagewright::boot {

GuestFacts facts_of(const Answers& answers);

/// One row for each check, in their order.
std::vector<ReportRow> evaluate(std::span<const model::Check> checks, const GuestFacts& facts,
                                const Answers& answers);

} // namespace imagewright::boot
