// SPDX-License-Identifier: MIT
#pragma once

// Verdicts as people, programs and code-scanning services read them.

#include <string>

#include <imagewright/advisory/evaluate.hpp>
#include <imagewright/base/epoch.hpp>
#include <imagewright/json/value.hpp>

namespace imagewright::advisory {

/// A verdict and what it is about.
struct Report {
  const Feed& feed;
  const Inventory& inventory;
  const Verdict& verdict;
  std::string tool_version;
};

std::string to_text(const Report& report);
json::Value to_json(const Report& report);
std::string to_markdown(const Report& report);
/// SARIF 2.1.0; every open finding is a result.
json::Value to_sarif(const Report& report);
/// OpenVEX 0.2.0: a statement on every finding, whose products are the packages that it was found
/// in. `time` is when the statements were true.
json::Value to_openvex(const Report& report, base::Epoch time);

std::string to_text(const Delta& delta);
json::Value to_json(const Delta& delta);
std::string to_markdown(const Delta& delta);

} // namespace imagewright::advisory
