// SPDX-License-Identifier: MIT
#include "unit_check.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include <imagewright/audit/manifest.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>

namespace imagewright::fleet {

namespace {

constexpr std::string_view k_manifest_end = ".manifest.json";

/// Empty: it is there as the record says.
std::string fault_of(const std::filesystem::path& path, const UnitFile& file) {
  std::error_code error;
  const auto status = std::filesystem::symlink_status(path, error);
  if (status.type() != std::filesystem::file_type::regular) return "is not there";
  if (std::filesystem::file_size(path, error) != file.size || error) return "has another size";
  if (fs::digest_of_file(path) != file.digest) return "has other bytes";
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
  const audit::Manifest manifest = audit::parse_manifest(fs::read_file(path), path.string());
  if (manifest.architecture != unit.inputs.architecture)
    return damage(outcome, fmt::format("its manifest is of {}", manifest.architecture));
  for (const audit::ArtifactRecord& artifact : manifest.artifacts) {
    const UnitFile* same = find_file(found.record, artifact.file);
    if (same == nullptr || same->digest != artifact.digest) {
      return damage(outcome,
                    fmt::format("{} is not the one of its manifest", base::quoted(artifact.file)));
    }
  }
  for (const model::LockedPackage& package : manifest.packages)
    outcome.packages[package.nevra.name + "." + package.nevra.architecture] = package.nevra.evr();
}

/// What kind of verdict a document is, by what it says of itself; nothing: none.
std::optional<Verdict> verdict_in(const json::Value& document, const std::string& file) {
  if (document.find("imagewrightLint") != nullptr) {
    const std::uint64_t broken = json::unsigned_member(document, "broken", file);
    return Verdict{file, fmt::format("lint: {} rules broken", broken), broken == 0};
  }
  if (document.find("imagewrightSignatures") != nullptr) {
    const bool is_good = json::bool_member(document, "good", file);
    return Verdict{file, is_good ? "signatures good" : "signatures not good", is_good};
  }
  if (document.find("imagewrightVerification") != nullptr) {
    const bool is_same = json::bool_member(document, "same", file);
    return Verdict{file, is_same ? "made again, the same" : "made again, different", is_same};
  }
  if (document.find("passed") != nullptr && document.find("facts") != nullptr) {
    const bool is_good = json::bool_member(document, "passed", file);
    return Verdict{file, is_good ? "boot passed" : "boot failed", is_good};
  }
  if (document.find("findings") != nullptr && document.find("packageCount") != nullptr) {
    // Which of them matter is decided where advisories are asked for; here they are told.
    const json::Array& findings = json::array_member(document, "findings", file);
    const auto open = std::ranges::count_if(findings, [&](const json::Value& finding) {
      const std::string& status = json::string_member(finding, "status", file);
      return status == "affected" || status == "no-fix";
    });
    return Verdict{file, fmt::format("{} open advisories", open), true};
  }
  return std::nullopt;
}

std::vector<Verdict> read_verdicts(const FoundRecord& found) {
  std::set<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(found.directory)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".json") && name != k_record_name &&
        find_file(found.record, name) == nullptr)
      paths.insert(entry.path());
  }
  std::vector<Verdict> verdicts;
  for (const std::filesystem::path& path : paths) {
    const std::string name = path.filename().string();
    try {
      const auto text = fs::find_file(path, base::ByteSize::mib(64));
      if (!text) continue;
      if (auto verdict = verdict_in(json::parse(*text, name), name))
        verdicts.push_back(std::move(*verdict));
    } catch (const base::Error& error) {
      // A check that was cut off has not said that all is well.
      verdicts.push_back({name, error.diagnostic().message, false});
    }
  }
  return verdicts;
}

} // namespace

void check_files(UnitOutcome& outcome, const Unit& unit, const FoundRecord& found,
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
  try {
    read_manifest(outcome, unit, found);
  } catch (const base::Error& error) {
    damage(outcome, error.diagnostic().message);
  }
  if (outcome.state != UnitState::done) return;
  outcome.files = found.record.files;
  outcome.verdicts = read_verdicts(found);
}

} // namespace imagewright::fleet
