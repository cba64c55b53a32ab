// SPDX-License-Identifier: MIT
#pragma once

// Holds a finished file against the rules of those who take it: Microsoft's for distributions of
// WSL, Azure's for disks.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/json/value.hpp>
#include <imagewright/sandbox/worker.hpp>

namespace imagewright::lint {

/// Which rules count.
enum class SubjectKind : std::uint8_t { wsl, wsl_vhdx, wslg_system_vhd, azure_vhd };

/// The word of the format, or "azure-vhd".
std::string_view to_string(SubjectKind kind);
std::optional<SubjectKind> find_subject_kind(std::string_view word);
std::vector<std::string> subject_kind_words();

enum class Outcome : std::uint8_t {
  passed,
  broken,
  allowed, ///< broken, and the caller said that it may be
  unknown, ///< what it asks for could not be read
};
std::string_view to_string(Outcome outcome);

/// One rule, held against one file.
struct RuleResult {
  std::string id;       ///< "wsl.shadow"
  std::string sentence; ///< what it demands
  std::string hint;     ///< what to do when it is broken
  Outcome outcome = Outcome::passed;
  std::vector<std::string> findings; ///< where it is broken; for people

  bool operator==(const RuleResult&) const = default;
};

struct LintReport {
  std::string file;
  SubjectKind kind = SubjectKind::wsl;
  std::vector<RuleResult> rules; ///< in the order of the table

  std::size_t broken_count() const;
  bool operator==(const LintReport&) const = default;
};

struct LintRequest {
  std::filesystem::path file;
  std::optional<SubjectKind> kind;  ///< absent: from the name, else from the content
  std::vector<std::string> allowed; ///< ids of rules that may be broken
  /// Of the programs inside; empty: whatever /bin/sh is made for.
  std::string architecture;
};

/// A worker reads the file. Throws base::Error (lint.no-rules, lint.unknown-rule, fs.cannot-read,
/// sandbox.worker-…); what is wrong with the file itself is in the report.
LintReport lint(const LintRequest& request, const base::Cancellation& cancellation);

std::span<const sandbox::WorkerJob> worker_jobs();

std::string to_text(const LintReport& report);
json::Value to_json(const LintReport& report);

/// The rules of one kind, for a reference.
struct RuleDescription {
  std::string id;
  std::string sentence;
  std::string hint;
};
std::vector<RuleDescription> rules_of(SubjectKind kind);

} // namespace imagewright::lint
