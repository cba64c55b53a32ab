// SPDX-License-Identifier: MIT
#pragma once

// What a vendor says of the vulnerabilities of its packages, whatever the form it says it in.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/base/epoch.hpp>
#include <imagewright/base/package_version.hpp>
#include <imagewright/sandbox/worker.hpp>

namespace imagewright::advisory {

enum class Severity : std::uint8_t { unknown, low, medium, high, critical };

std::string_view to_string(Severity severity);
/// "critical", "high" or "important", "medium" or "moderate", "low", in any case.
std::optional<Severity> find_severity(std::string_view word);

/// How an installed version stands to the version of a condition for the condition to hold.
enum class Comparison : std::uint8_t { less, less_or_equal, greater, greater_or_equal, equal };

/// One statement about an installed package.
struct Condition {
  std::string package; ///< name of a source package, or of a binary one
  Comparison comparison = Comparison::less;
  base::PackageVersion version;
  /// The version has no distribution tag, so those of installed packages are left out of account.
  bool ignores_distribution_tag = false;

  bool operator==(const Condition&) const = default;
};

/// A vulnerability of one package.
struct Advisory {
  std::string vulnerability; ///< "CVE-2024-47191", else the feed's own name for it
  std::string identifier;    ///< the feed's own name: "oval:…:def:50124", "AZL-50124"
  std::string package;       ///< as the feed names it
  Severity severity = Severity::unknown;
  std::string date; ///< as the feed has it; empty: it has none
  /// An image is affected when all conditions of one alternative hold.
  std::vector<std::vector<Condition>> alternatives;
  /// The first version without it; absent: the feed knows none.
  std::optional<base::PackageVersion> fixed_in;
  bool is_without_fix = false;         ///< the vendor says that none will come
  bool is_under_investigation = false; ///< the vendor does not know whether the package is affected
  /// Only versions with that distribution tag are meant ("azl3"), and those without one; empty:
  /// all.
  std::string distribution_tag;

  bool operator==(const Advisory&) const = default;
};

enum class FeedKind : std::uint8_t { oval, osv, updateinfo, csaf };
std::string_view to_string(FeedKind kind);

/// One feed. Advisories are sorted.
struct Feed {
  FeedKind kind = FeedKind::oval;
  std::string file;
  /// When it was made, by its own word; absent: it does not say.
  std::optional<base::Epoch> made;
  std::vector<Advisory> advisories;
};

/// Reads OVAL definitions (schema 5, rpminfo tests), OSV or CSAF documents (one, a list, one a
/// line, or a directory of them) or updateinfo, and finds out which it is. Throws base::Error:
/// advisory.no-feed, advisory.unknown-feed, advisory.damaged-feed, advisory.exhausting-feed; and
/// sandbox.worker-…, since a worker reads it. A feed that is read in part is damaged: nothing must
/// count as clean because it could not be read.
Feed read_feed(const std::filesystem::path& path, const base::Cancellation& cancellation);

/// For sandbox::run_worker_if_asked.
std::span<const sandbox::WorkerJob> worker_jobs();

} // namespace imagewright::advisory
