// SPDX-License-Identifier: MIT
#include <algorithm>
#include <charconv>
#include <set>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/suggest.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fleet/unit.hpp>

#include "list_words.hpp"
#include "unit_id.hpp"

namespace imagewright::fleet {

namespace {

constexpr std::int64_t k_version = 1;

json::Value needs_json(const UnitNeeds& needs) {
  json::Object object{{"cpu", std::uint64_t{needs.processors}},
                      {"memoryMiB", needs.memory.bytes() >> 20U},
                      {"diskMiB", needs.disk.bytes() >> 20U},
                      {"emulation", needs.is_emulated}};
  if (needs.seconds) object.emplace_back("seconds", *needs.seconds);
  return object;
}

json::Value unit_json(const Unit& unit) {
  json::Array outputs;
  for (const std::string& output : unit.outputs)
    outputs.emplace_back(output);
  return json::Object{{"id", unit.id},
                      {"index", unit.index},
                      {"variant", unit.variant},
                      {"config", unit.config.string()},
                      {"architecture", unit.inputs.architecture},
                      {"platform", unit.platform},
                      {"lock", json::Object{{"path", unit.lock.string()},
                                            {"digest", unit.inputs.lock.to_string()}}},
                      {"inputs", to_json(unit.inputs)},
                      {"inputsDigest", digest_of(unit.inputs).to_string()},
                      {"needs", needs_json(unit.needs)},
                      {"outputs", std::move(outputs)}};
}

[[noreturn]] void throw_damaged(const std::string& file, const std::string& why) {
  throw base::Error(base::FailureKind::input, "fleet.damaged-units",
                    fmt::format("{} is no list of units: {}", base::quoted(file), why),
                    "make it again with imagewright matrix");
}

UnitNeeds needs_from(const json::Value& value, const std::string& file) {
  const auto mebibytes = [&](std::string_view name) {
    const std::uint64_t count = json::unsigned_member(value, name, file);
    if (count > (std::uint64_t{1} << 40U)) throw_damaged(file, "a need is out of range");
    return base::ByteSize::mib(count);
  };
  const std::uint64_t processors = json::unsigned_member(value, "cpu", file);
  if (processors == 0 || processors > 4096) throw_damaged(file, "a need is out of range");
  UnitNeeds needs{.processors = static_cast<unsigned>(processors),
                  .memory = mebibytes("memoryMiB"),
                  .disk = mebibytes("diskMiB"),
                  .is_emulated = json::bool_member(value, "emulation", file),
                  .seconds = std::nullopt};
  if (value.find("seconds") != nullptr)
    needs.seconds = json::unsigned_member(value, "seconds", file);
  return needs;
}

UnitInputs inputs_from(const json::Value& value, const std::string& file) {
  UnitInputs inputs{.tool_version = json::string_member(value, "toolVersion", file),
                    .architecture = json::string_member(value, "architecture", file),
                    .files = digest_member(value, "files", file),
                    .lock = digest_member(value, "lock", file),
                    .formats = {},
                    .epoch = std::nullopt};
  for (const json::Value& item : json::array_member(value, "formats", file)) {
    const std::string* word = item.find_string();
    const auto format = word != nullptr ? model::find_image_format(*word) : std::nullopt;
    if (!format) throw_damaged(file, "a format is unknown");
    inputs.formats.push_back(*format);
  }
  if (value.find("epoch") != nullptr) {
    const std::int64_t seconds = json::integer_member(value, "epoch", file);
    if (seconds < 0 || seconds > 0xFFFFFFFFLL) throw_damaged(file, "a time stamp is out of range");
    inputs.epoch = base::Epoch(std::chrono::seconds(seconds));
  }
  return inputs;
}

/// A name that a list gives is joined with directories.
void require_plain_name(const std::string& name, const std::string& file) {
  if (!is_plain_name(name))
    throw_damaged(file, fmt::format("{} is no name of a file", base::quoted(name)));
}

Unit unit_from(const json::Value& value, const std::string& file) {
  const json::Value& lock = json::member(value, "lock", file);
  Unit unit{.id = json::string_member(value, "id", file),
            .index = json::unsigned_member(value, "index", file),
            .variant = json::string_member(value, "variant", file),
            .config = json::string_member(value, "config", file),
            .platform = json::string_member(value, "platform", file),
            .lock = json::string_member(lock, "path", file),
            .inputs = inputs_from(json::member(value, "inputs", file), file),
            .needs = needs_from(json::member(value, "needs", file), file),
            .outputs = {}};
  if (!is_unit_id(unit.id)) throw_damaged(file, fmt::format("{} is no id", base::quoted(unit.id)));
  if (digest_member(value, "inputsDigest", file) != digest_of(unit.inputs))
    throw_damaged(file, fmt::format("the digest of {} is not that of its inputs", unit.id));
  if (json::string_member(value, "architecture", file) != unit.inputs.architecture)
    throw_damaged(file, fmt::format("{} has two architectures", unit.id));
  for (const json::Value& item : json::array_member(value, "outputs", file)) {
    const std::string* name = item.find_string();
    if (name == nullptr) throw_damaged(file, "an output has no name");
    require_plain_name(*name, file);
    unit.outputs.push_back(*name);
  }
  return unit;
}

Shard shard_from(const json::Value& value, const std::string& file) {
  const Shard shard{.number = json::unsigned_member(value, "number", file),
                    .count = json::unsigned_member(value, "count", file)};
  if (shard.number == 0 || shard.number > shard.count) throw_damaged(file, "its part is none");
  return shard;
}

} // namespace

Shard parse_shard(const std::string& text) {
  Shard shard;
  const char* end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, shard.number);
  const bool has_slash = first.ec == std::errc() && first.ptr != end && *first.ptr == '/';
  const auto second = has_slash ? std::from_chars(first.ptr + 1, end, shard.count) : first;
  if (!has_slash || second.ec != std::errc() || second.ptr != end || shard.number == 0 ||
      shard.number > shard.count) {
    throw base::Error(base::FailureKind::input, "cli.usage",
                      fmt::format("{} is no part of a whole", base::quoted(text)),
                      "for example --shard 1/3, then 2/3 and 3/3");
  }
  return shard;
}

std::string to_text(const UnitList& list) {
  json::Array repositories;
  for (const plan::RepositoryOverride& repository : list.repositories) {
    repositories.push_back(
        json::Object{{"name", repository.name}, {"address", repository.address}});
  }
  json::Array units;
  for (const Unit& unit : list.units)
    units.push_back(unit_json(unit));
  return json::to_text(json::Object{
      {"imagewrightUnits", k_version},
      {"toolVersion", list.tool_version},
      {"release", list.release},
      {"repositories", std::move(repositories)},
      {"shard", json::Object{{"number", list.shard.number}, {"count", list.shard.count}}},
      {"units", std::move(units)}});
}

UnitList parse_units(std::string_view text, const std::string& file) {
  const json::Value document = json::parse(text, file);
  if (document.find("imagewrightUnits") == nullptr)
    throw_damaged(file, "imagewrightUnits is missing");
  if (json::integer_member(document, "imagewrightUnits", file) != k_version)
    throw_damaged(file, "another version of the program wrote it");
  UnitList list{.tool_version = json::string_member(document, "toolVersion", file),
                .release = json::string_member(document, "release", file),
                .repositories = {},
                .shard = shard_from(json::member(document, "shard", file), file),
                .units = {}};
  for (const json::Value& item : json::array_member(document, "repositories", file)) {
    list.repositories.push_back(
        {json::string_member(item, "name", file), json::string_member(item, "address", file)});
  }
  std::set<std::string> ids;
  for (const json::Value& item : json::array_member(document, "units", file)) {
    Unit unit = unit_from(item, file);
    if (unit.index != list.units.size()) throw_damaged(file, "its indices are not 0, 1, 2, …");
    if (!ids.insert(unit.id).second)
      throw_damaged(file, fmt::format("{} is there twice", base::quoted(unit.id)));
    list.units.push_back(std::move(unit));
  }
  // Of nothing, everything would be done.
  if (list.units.empty()) throw_damaged(file, "it has no units");
  return list;
}

const Unit& find_unit(const UnitList& list, std::string_view id) {
  std::vector<std::string> ids;
  for (const Unit& unit : list.units) {
    if (unit.id == id) return unit;
    ids.push_back(unit.id);
  }
  const std::string near = base::did_you_mean(id, ids);
  throw base::Error(base::FailureKind::input, "fleet.no-such-unit",
                    fmt::format("there is no unit {}", base::quoted(id)),
                    near.empty() ? "the list of units has all ids" : near);
}

const Unit& find_unit(const UnitList& list, std::uint64_t index) {
  if (index < list.units.size()) return list.units[static_cast<std::size_t>(index)];
  throw base::Error(base::FailureKind::input, "fleet.no-such-unit",
                    fmt::format("there is no unit number {}: the list has {}, from 0 on", index,
                                list.units.size()),
                    "give the engine as many jobs as there are units");
}

} // namespace imagewright::fleet
