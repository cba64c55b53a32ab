// SPDX-License-Identifier: MIT
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fleet/collect.hpp>

#include "release_facts.hpp"

namespace imagewright::fleet {

namespace {

json::Value unit_json(const UnitOutcome& unit) {
  json::Array files;
  for (const UnitFile& file : unit.files) {
    files.push_back(json::Object{
        {"name", file.name}, {"bytes", file.size}, {"digest", file.digest.to_string()}});
  }
  json::Array verdicts;
  for (const Verdict& verdict : unit.verdicts) {
    verdicts.push_back(json::Object{
        {"file", verdict.file}, {"summary", verdict.summary}, {"good", verdict.is_good}});
  }
  json::Object packages;
  for (const auto& [name, version] : unit.packages)
    packages.emplace_back(name, version);
  json::Object object{{"id", unit.id},
                      {"state", to_string(unit.state)},
                      {"attempts", unit.attempts},
                      {"why", unit.why},
                      {"files", std::move(files)},
                      {"verdicts", std::move(verdicts)},
                      {"packages", std::move(packages)}};
  if (unit.changes) {
    json::Array changes;
    for (const std::string& change : *unit.changes)
      changes.emplace_back(change);
    object.emplace_back("changes", std::move(changes));
  }
  return object;
}

std::vector<std::string> changes_between(const PackageTable& before, const PackageTable& now) {
  std::vector<std::string> lines;
  for (const auto& [name, version] : now) {
    const auto old = before.find(name);
    if (old == before.end()) {
      lines.push_back(fmt::format("+ {} {}", name, version));
    } else if (old->second != version) {
      lines.push_back(fmt::format("{}: {} → {}", name, old->second, version));
    }
  }
  for (const auto& [name, version] : before) {
    if (!now.contains(name)) lines.push_back(fmt::format("- {} {}", name, version));
  }
  return lines;
}

} // namespace

void compare_with(Collection& collection, std::string_view release, const std::string& file) {
  const json::Value document = json::parse(release, file);
  if (document.find("imagewrightRelease") == nullptr) {
    throw base::Error(base::FailureKind::input, "json.unexpected-value",
                      fmt::format("{} is no record of a release", base::quoted(file)),
                      "give the release.json that imagewright collect has written");
  }
  if (json::integer_member(document, "imagewrightRelease", file) != 1) {
    throw base::Error(base::FailureKind::input, "json.unexpected-value",
                      fmt::format("{}: another version of the program wrote it", file));
  }
  std::map<std::string, PackageTable> before;
  std::set<std::string> gone;
  for (const json::Value& unit : json::array_member(document, "units", file)) {
    gone.insert(json::string_member(unit, "id", file));
    if (json::string_member(unit, "state", file) != "done") continue;
    PackageTable& packages = before[json::string_member(unit, "id", file)];
    const json::Value& listed = json::member(unit, "packages", file);
    const json::Object* object = listed.find_object();
    if (object == nullptr) continue;
    for (const auto& [name, version] : *object) {
      if (const std::string* text = version.find_string()) packages[name] = *text;
    }
  }
  for (UnitOutcome& unit : collection.units) {
    gone.erase(unit.id);
    const auto old = before.find(unit.id);
    if (unit.state == UnitState::done && old != before.end())
      unit.changes = changes_between(old->second, unit.packages);
  }
  collection.gone.assign(gone.begin(), gone.end());
}

json::Value to_json(const Collection& collection) {
  json::Array units;
  for (const UnitOutcome& unit : collection.units)
    units.push_back(unit_json(unit));
  json::Array problems;
  for (const base::Diagnostic& problem : collection.problems.items())
    problems.push_back(json::Object{{"code", problem.code}, {"message", problem.message}});
  json::Array gone;
  for (const std::string& id : collection.gone)
    gone.emplace_back(id);
  return json::Object{{"imagewrightRelease", 1},
                      {"toolVersion", collection.tool_version},
                      {"complete", collection.is_complete()},
                      {"units", std::move(units)},
                      {"gone", std::move(gone)},
                      {"problems", std::move(problems)}};
}

std::string to_text(const Collection& collection) {
  std::size_t width = 0;
  for (const UnitOutcome& unit : collection.units)
    width = std::max(width, unit.id.size());
  std::string text;
  for (const UnitOutcome& unit : collection.units) {
    const std::string tries = unit.attempts > 1 ? fmt::format(" ({} tries)", unit.attempts) : "";
    const std::string why = unit.why.empty() ? "" : "  " + base::escape_controls(unit.why);
    text += fmt::format("{:<{}}  {}{}{}\n", unit.id, width, to_string(unit.state), tries, why);
  }
  for (const std::string& id : collection.gone)
    text += fmt::format("{:<{}}  gone since the last release\n", base::escape_controls(id), width);
  return text + headline(collection) + "\n";
}

std::string checksums(const Collection& collection) {
  std::string text;
  for (const UnitOutcome& unit : collection.units) {
    for (const UnitFile& file : unit.files)
      text += fmt::format("{}  {}/{}\n", file.digest.hex, unit.id, file.name);
  }
  return text;
}

std::string headline(const Collection& collection) {
  std::map<std::string_view, std::size_t> counts;
  for (const UnitOutcome& unit : collection.units)
    ++counts[to_string(unit.state)];
  std::vector<std::string> words;
  words.push_back(fmt::format("{} of {} units done", counts["done"], collection.units.size()));
  for (const auto& [word, count] : counts) {
    if (word != "done" && count > 0) words.push_back(fmt::format("{} {}", count, word));
  }
  return base::join(words, ", ");
}

} // namespace imagewright::fleet
