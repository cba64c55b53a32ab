// SPDX-License-Identifier: MIT
#include "unit_verdict.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include <fmt/format.h>

#include "list_words.hpp"

namespace imagewright::fleet {

namespace {

/// A report as it is read.
struct Report {
  const json::Value& document;
  const std::string& file;
};

struct Finding {
  std::string summary;
  bool is_good = false;
};

Finding found_by_lint(const Report& report) {
  const std::uint64_t broken = json::unsigned_member(report.document, "broken", report.file);
  return {fmt::format("lint: {} rules broken", broken), broken == 0};
}

Finding found_by_signatures(const Report& report) {
  const bool is_good = json::bool_member(report.document, "good", report.file);
  return {is_good ? "signatures good" : "signatures not good", is_good};
}

Finding found_by_verification(const Report& report) {
  const bool is_same = json::bool_member(report.document, "same", report.file);
  return {is_same ? "made again, the same" : "made again, different", is_same};
}

Finding found_by_boot(const Report& report) {
  const bool is_good = json::bool_member(report.document, "passed", report.file);
  return {is_good ? "boot passed" : "boot failed", is_good};
}

/// Which of them matter is decided where advisories are asked for; here they are told.
Finding found_by_advisories(const Report& report) {
  const json::Array& findings = json::array_member(report.document, "findings", report.file);
  const auto open = std::ranges::count_if(findings, [&](const json::Value& finding) {
    const std::string& status = json::string_member(finding, "status", report.file);
    return status == "affected" || status == "no-fix";
  });
  return {fmt::format("{} open advisories", open), true};
}

/// What a report was made of: one file, or a set of them.
enum class Subject : std::uint8_t { file, set };

struct ReportKind {
  std::string_view marker; ///< the member that it is known by
  Subject subject = Subject::file;
  Finding (*read)(const Report& report) = nullptr;
};

constexpr std::array k_kinds{
    ReportKind{"imagewrightLint", Subject::file, found_by_lint},
    ReportKind{"imagewrightBoot", Subject::file, found_by_boot},
    ReportKind{"imagewrightAdvisories", Subject::file, found_by_advisories},
    ReportKind{"imagewrightSignatures", Subject::set, found_by_signatures},
    ReportKind{"imagewrightVerification", Subject::set, found_by_verification},
};

/// Also one of an earlier version of the program, which does not call itself anything.
const ReportKind* kind_of(const json::Value& document) {
  const auto has = [&](std::string_view name) { return document.find(name) != nullptr; };
  std::string_view marker;
  for (const ReportKind& kind : k_kinds) {
    if (has(kind.marker)) marker = kind.marker;
  }
  if (marker.empty() && has("passed") && has("facts")) marker = "imagewrightBoot";
  if (marker.empty() && has("findings") && has("unknownSource")) marker = "imagewrightAdvisories";
  const auto kind = std::ranges::find(k_kinds, marker, &ReportKind::marker);
  return kind == k_kinds.end() ? nullptr : &*kind;
}

constexpr const char* k_nameless = "it does not say which file it is of: make it again";
constexpr const char* k_other = "it is of another file than what is here: make it again";

/// Empty: it is of one of the files.
std::string fault_of_file(const Report& report, const BuiltUnit& built) {
  const json::Value* subject = report.document.find("subject");
  if (subject == nullptr) return k_nameless;
  const base::Digest digest = digest_member(*subject, "digest", report.file);
  const bool is_here =
      std::ranges::find(built.record.files, digest, &UnitFile::digest) != built.record.files.end();
  return is_here ? "" : k_other;
}

/// Empty: it is of every image, and of nothing that is something else here.
std::string fault_of_set(const Report& report, const BuiltUnit& built) {
  std::set<std::string> seen;
  for (const json::Value& item : json::array_member(report.document, "files", report.file)) {
    if (item.find("digest") == nullptr) continue;
    const std::string& name = json::string_member(item, "name", report.file);
    const auto here = std::ranges::find(built.record.files, name, &UnitFile::name);
    if (here == built.record.files.end()) continue;
    if (digest_member(item, "digest", report.file) != here->digest) return k_other;
    seen.insert(name);
  }
  if (seen.empty()) return k_nameless;
  for (const std::string& output : built.unit.outputs) {
    if (!seen.contains(output)) return fmt::format("it does not say anything of {}", output);
  }
  return {};
}

} // namespace

std::optional<Verdict> verdict_in(const json::Value& document, const std::string& file,
                                  const BuiltUnit& built) {
  const ReportKind* kind = kind_of(document);
  if (kind == nullptr) return std::nullopt;
  const Report report{document, file};
  const Finding finding = kind->read(report);
  // What is bad is told as it is: of whatever it speaks, nobody may think that it is good.
  if (!finding.is_good) return Verdict{file, finding.summary, false};
  const std::string fault =
      kind->subject == Subject::file ? fault_of_file(report, built) : fault_of_set(report, built);
  if (!fault.empty()) return Verdict{file, fault, false};
  return Verdict{file, finding.summary, true};
}

} // namespace imagewright::fleet
