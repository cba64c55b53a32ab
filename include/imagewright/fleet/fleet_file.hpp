// SPDX-License-Identifier: MIT
#pragma once

// A fleet: variants, architectures and platforms, and what of their product there is not.

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/base/source_location.hpp>
#include <imagewright/json/value.hpp>
#include <imagewright/model/artifact.hpp>

namespace imagewright::fleet {

/// What is left out: patterns of a shell; empty ones fit everything.
struct Exclusion {
  std::string variant;
  std::string architecture;
  std::string platform;
  base::SourceLocation where; ///< a file, or the option

  bool operator==(const Exclusion&) const = default;
};

bool fits(const Exclusion& exclusion, std::string_view variant, std::string_view architecture,
          std::string_view platform);

/// "variant=*fips*,arch=aarch64,platform=azure": what is named must fit. Throws base::Error
/// (fleet.bad-exclusion).
Exclusion parse_exclusion(const std::string& text);

struct Variant {
  std::string name;
  std::filesystem::path config;

  bool operator==(const Variant&) const = default;
};

struct Fleet {
  std::vector<Variant> variants;
  std::vector<std::string> architectures; ///< empty: each config's
  /// Name and formats; empty: one unit with the config's formats.
  std::map<std::string, std::vector<model::ImageFormat>> platforms;
  std::vector<Exclusion> exclusions;

  bool operator==(const Fleet&) const = default;
};

/// Reads a fleet file; its configs are relative to it. Throws base::InputError with every mistake
/// (fleet.bad-file, yaml.…).
Fleet read_fleet(const std::filesystem::path& file);

/// The JSON Schema of fleet files.
json::Value fleet_schema();

} // namespace imagewright::fleet
