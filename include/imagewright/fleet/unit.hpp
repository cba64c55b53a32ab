// SPDX-License-Identifier: MIT
#pragma once

// A unit: one variant for one architecture and one platform, as one job of an engine builds it.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/digest.hpp>
#include <imagewright/base/epoch.hpp>
#include <imagewright/json/value.hpp>
#include <imagewright/model/artifact.hpp>
#include <imagewright/plan/build_plan.hpp>

namespace imagewright::fleet {

/// Everything that decides the bytes of a unit.
struct UnitInputs {
  std::string tool_version;
  std::string architecture;
  base::Digest files; ///< the config, its release profile, and every file that they name
  base::Digest lock;  ///< the lock's part for the architecture
  std::vector<model::ImageFormat> formats; ///< in place of the config's; empty: the config's
  std::optional<base::Epoch> epoch;        ///< as asked; absent: the packages'

  bool operator==(const UnitInputs&) const = default;
};

json::Value to_json(const UnitInputs& inputs);
/// Of to_json() on one line.
base::Digest digest_of(const UnitInputs& inputs);
/// What is not the same, in words: "the lock and the files".
std::string differences_between(const UnitInputs& before, const UnitInputs& now);

/// What a machine should have for a unit.
struct UnitNeeds {
  unsigned processors = 2;
  base::ByteSize memory;
  base::ByteSize disk;
  bool is_emulated = false; ///< programs of this architecture run under an emulator
  /// Of the last build, where there is its report.
  std::optional<std::uint64_t> seconds;

  bool operator==(const UnitNeeds&) const = default;
};

struct Unit {
  /// Lower-case letters, digits and hyphens, at most 63, a letter first: a label and a name in
  /// Kubernetes, a file name.
  std::string id;
  std::uint64_t index = 0; ///< its place in its list, from 0
  std::string variant;
  std::filesystem::path config;
  std::string platform; ///< empty: the fleet has no platforms
  std::filesystem::path lock;
  UnitInputs inputs;
  UnitNeeds needs;
  std::vector<std::string> outputs; ///< names of the images that a build publishes, sorted

  bool operator==(const Unit&) const = default;
};

/// One of several parts of a fleet.
struct Shard {
  std::uint64_t number = 1;
  std::uint64_t count = 1;

  bool operator==(const Shard&) const = default;
};
/// "2/5". Throws base::Error (cli.usage).
Shard parse_shard(const std::string& text);

/// What was planned together.
struct UnitList {
  std::string tool_version;
  std::string release; ///< as given on the command line; empty: the configs'
  std::vector<plan::RepositoryOverride> repositories; ///< without passwords
  Shard shard;
  std::vector<Unit> units; ///< in the order of their indices

  bool operator==(const UnitList&) const = default;
};

/// Deterministic JSON.
std::string to_text(const UnitList& list);

/// Reads what to_text() writes. Throws base::Error (fleet.damaged-units, json.…).
UnitList parse_units(std::string_view text, const std::string& file);

/// Throws base::Error (fleet.no-such-unit).
const Unit& find_unit(const UnitList& list, std::string_view id);
const Unit& find_unit(const UnitList& list, std::uint64_t index);

} // namespace imagewright::fleet
