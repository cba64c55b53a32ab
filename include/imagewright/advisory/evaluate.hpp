// SPDX-License-Identifier: MIT
#pragma once

// Which advisories of a feed are open for a set of packages.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/advisory/feed.hpp>
#include <imagewright/advisory/inventory.hpp>
#include <imagewright/advisory/suppression.hpp>

namespace imagewright::advisory {

enum class Status : std::uint8_t {
  affected,   ///< open, and a version without it exists or may come
  no_fix,     ///< open, and the vendor says that no fix will come
  suppressed, ///< open by version, and somebody says why it does not matter
  unknown,    ///< the vendor does not know yet whether it is affected
  fixed,      ///< the installed version does not have it any more
};

std::string_view to_string(Status status);

/// The verdict on one vulnerability of one package.
struct Finding {
  std::string vulnerability;
  std::string package; ///< as the feed names it
  std::string identifier;
  Severity severity = Severity::unknown;
  Status status = Status::fixed;
  std::string installed; ///< version
  std::string fixed_in;  ///< version; empty: none is known
  std::string reason;    ///< of a suppression

  auto operator<=>(const Finding&) const = default;
};

/// All verdicts, and what no verdict could be given on.
struct Verdict {
  std::vector<Finding> findings; ///< sorted; of packages that are there
  /// Names of packages without a known source: advisories about sources of other names say nothing
  /// of them. Sorted.
  std::vector<std::string> unknown;
};

Verdict evaluate(const Feed& feed, const Inventory& inventory,
                 const std::vector<Suppression>& suppressions);

/// The findings that are open (affected or without fix) at that severity or above; of unknown
/// severity counts as every severity.
std::vector<Finding> open_findings(const Verdict& verdict, Severity least);

/// What an update changes.
struct Delta {
  std::vector<Finding> fixed;  ///< open before, not any more; removed packages among them
  std::vector<Finding> opened; ///< open now and not before
  std::vector<Finding> open;   ///< open before and now
  std::vector<Finding> no_fix; ///< open now, and no fix will come
  /// Fixed before and open now with an older version: a fix was lost.
  std::vector<Finding> regressed;
  /// How many packages do not say what they were built from: they were looked up by their own names
  /// alone, and what was or is open in their sources is not among the findings.
  std::size_t unknown_before = 0;
  std::size_t unknown_after = 0;
};

Delta compare_verdicts(const Verdict& before, const Verdict& after);

} // namespace imagewright::advisory
