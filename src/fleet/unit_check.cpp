// SPDX-License-Identifier: MIT
#include "unit_check.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include <imagewright/audit/manifest.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/json/value.hpp>

#include "foreign_file.hpp"
#include "list_words.hpp"
#include "unit_verdict.hpp"

namespace imagewright::fleet {

namespace {

constexpr std::string_view k_manifest_end = ".manifest.json";
constexpr base::ByteSize k_largest_verdict = base::ByteSize::mib(64);

/// Empty: it is there as the record says.
std::string fault_of(const std::filesystem::path& path, const UnitFile& file) {
  const auto facts = facts_of_file(path, file.size);
  if (!facts) return "is not there";
  if (facts->size != file.size) return "has another size";
  if (facts->digest != file.digest) return "has other bytes";
  return {};
}

void damage(UnitOutcome& outcome, std::string why) {
  outcome.state = UnitState::damaged;
  outcome.why = std::move(why);
}

const UnitFile* find_file(const UnitRecord& record, std::string_view name) {
  const auto place = std::ranges::find(record.files, name, &UnitFile::name);
  return place == record.files.end() ? nullptr : &*place;
}

/// The manifest must speak of the very files that are there.
void read_manifest(UnitOutcome& outcome, const Unit& unit, const FoundRecord& found) {
  const auto file = std::ranges::find_if(
      found.record.files, [](const UnitFile& each) { return each.name.ends_with(k_manifest_end); });
  if (file == found.record.files.end()) return damage(outcome, "it has no manifest");
  const std::filesystem::path path = found.directory / file->name;
  const auto text = find_regular_file(path, audit::k_largest_manifest);
  if (!text) return damage(outcome, "its manifest is not there");
  const audit::Manifest manifest = audit::parse_manifest(*text, path.string());
  if (manifest.architecture != unit.inputs.architecture)
    return damage(outcome, fmt::format("its manifest is of {}", manifest.architecture));
  for (const audit::ArtifactRecord& artifact : manifest.artifacts) {
    const UnitFile* same = find_file(found.record, artifact.file);
    if (same == nullptr || same->digest != artifact.digest) {
      return damage(outcome,
                    fmt::format("{} is not the one of its manifest", base::quoted(artifact.file)));
    }
  }
  for (const std::string& output : unit.outputs) {
    if (std::ranges::find(manifest.artifacts, output, &audit::ArtifactRecord::file) ==
        manifest.artifacts.end())
      return damage(outcome, fmt::format("its manifest knows nothing of {}", base::quoted(output)));
  }
  for (const model::LockedPackage& package : manifest.packages)
    outcome.packages[package.nevra.name + "." + package.nevra.architecture] = package.nevra.evr();
}

/// Reads them one by one: a unit has no more of them than somebody keeps by hand.
std::vector<Verdict> read_verdicts(const Unit& unit, const FoundRecord& found) {
  std::set<std::filesystem::path> paths;
  std::error_code error;
  std::filesystem::directory_iterator entry(found.directory, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.ends_with(".json") && name != k_record_name &&
        find_file(found.record, name) == nullptr)
      paths.insert(entry->path());
  }
  if (error)
    base::throw_system_error("fs.cannot-read", "cannot list", found.directory.string(),
                             error.value());
  std::vector<Verdict> verdicts;
  for (const std::filesystem::path& path : paths) {
    const std::string name = path.filename().string();
    try {
      const auto text = find_regular_file(path, k_largest_verdict);
      if (!text) continue;
      if (auto verdict = verdict_in(json::parse(*text, name), name, {unit, found.record}))
        verdicts.push_back(std::move(*verdict));
    } catch (const base::Error& fault) {
      // A check that was cut off has not said that all is well.
      verdicts.push_back({name, fault.diagnostic().message, false});
    }
  }
  return verdicts;
}

void read_files(UnitOutcome& outcome, const Unit& unit, const FoundRecord& found,
                const base::Cancellation& cancellation) {
  for (const std::string& name : unit.outputs) {
    if (find_file(found.record, name) == nullptr)
      return damage(outcome, fmt::format("{} was not built", base::quoted(name)));
  }
  for (const UnitFile& file : found.record.files) {
    cancellation.check();
    const std::string fault = fault_of(found.directory / file.name, file);
    if (!fault.empty())
      return damage(outcome, fmt::format("{} {}", base::quoted(file.name), fault));
  }
  read_manifest(outcome, unit, found);
  if (outcome.state != UnitState::done) return;
  outcome.files = found.record.files;
  outcome.verdicts = read_verdicts(unit, found);
}

} // namespace

void check_files(UnitOutcome& outcome, const Unit& unit, const FoundRecord& found,
                 const base::Cancellation& cancellation) {
  try {
    read_files(outcome, unit, found, cancellation);
  } catch (const base::Error& error) {
    damage(outcome, told(error.diagnostic()));
  }
}

} // namespace imagewright::fleet
