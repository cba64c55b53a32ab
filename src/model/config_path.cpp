// SPDX-License-Identifier: MIT
#include <algorithm>

#include <imagewright/model/config_path.hpp>

namespace imagewright::model {

namespace {

bool is_variant_name(const std::string& name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
  });
}

} // namespace

ConfigPath config_path_from(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  const std::size_t at = name.rfind('@');
  if (at == std::string::npos) return {path, {}};
  const std::string file = name.substr(0, at);
  const std::string variant = name.substr(at + 1);
  const bool is_config =
      file.ends_with(".yaml") || file.ends_with(".yml") || file.ends_with(".json");
  if (!is_config || !is_variant_name(variant)) return {path, {}};
  return {path.parent_path() / file, variant};
}

std::filesystem::path path_of(const ConfigPath& config) {
  if (config.variant.empty()) return config.file;
  return config.file.parent_path() / (config.file.filename().string() + "@" + config.variant);
}

} // namespace imagewright::model
