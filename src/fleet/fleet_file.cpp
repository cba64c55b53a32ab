// SPDX-License-Identifier: MIT
#include <algorithm>
#include <set>
#include <span>

#include <fmt/format.h>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/suggest.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fleet/fleet_file.hpp>
#include <imagewright/fs/input.hpp>
#include <imagewright/model/architecture_names.hpp>
#include <imagewright/model/config_path.hpp>
#include <imagewright/model/image_format.hpp>
#include <imagewright/yaml/parse.hpp>

#include "fleet_keys.hpp"

namespace imagewright::fleet {

namespace {

bool is_name(std::string_view name) {
  const auto is_plain = [](char character) {
    return (character >= 'a' && character <= 'z') || (character >= '0' && character <= '9');
  };
  return !name.empty() && name.size() <= 63 && is_plain(name.front()) &&
         std::ranges::all_of(name, [&](char character) {
           return is_plain(character) || character == '.' || character == '-' || character == '_';
         });
}

std::vector<std::string> names_of(std::span<const FleetKey> keys) {
  std::vector<std::string> names;
  for (const FleetKey& key : keys)
    names.emplace_back(key.name);
  return names;
}

/// Collects every mistake.
class FleetReader {
public:
  explicit FleetReader(const std::filesystem::path& file) : file_(file) {}

  Fleet read() {
    const yaml::Document document =
        yaml::parse(fs::read_input(file_, "fleet", base::ByteSize::mib(16)), file_.string());
    mistakes_.append(document.diagnostics);
    if (document.root) read_root(*document.root);
    if (mistakes_.has_errors()) throw base::InputError(mistakes_);
    return fleet_;
  }

private:
  void fail(const std::string& message, const base::SourceLocation& where, std::string hint) {
    mistakes_.error("fleet.bad-file", message, where, std::move(hint));
  }

  void fail_key(const yaml::Entry& entry, std::span<const FleetKey> keys) {
    const std::vector<std::string> names = names_of(keys);
    const std::string near = base::did_you_mean(entry.key, names);
    fail(fmt::format("there is no key {} here", base::quoted(entry.key)), entry.where,
         near.empty() ? "the keys are " + base::join(names, ", ") : near);
  }

  void read_root(const yaml::Node& root) {
    if (!root.is_mapping()) {
      fail("a fleet is a mapping", root.where, "begin with variants:");
      return;
    }
    for (const yaml::Entry& entry : root.entries) {
      if (entry.key == "variants") {
        read_variants(entry.value);
      } else if (entry.key == "architectures") {
        read_architectures(entry.value);
      } else if (entry.key == "platforms") {
        read_platforms(entry.value);
      } else if (entry.key == "exclude") {
        read_exclusions(entry.value);
      } else {
        fail_key(entry, k_fleet_keys);
      }
    }
    if (root.find("variants") == nullptr)
      fail("a fleet without variants", root.where, "name them: variants: {node: node.yaml}");
  }

  bool is_filled_mapping(const yaml::Node& node, const std::string& example) {
    if (node.is_mapping() && !node.entries.empty()) return true;
    fail("this is a mapping of names", node.where, "for example " + example);
    return false;
  }

  void check_name(const yaml::Entry& entry) {
    if (!is_name(entry.key))
      fail(fmt::format("{} is no name", base::quoted(entry.key)), entry.where,
           std::string(k_name_rule));
  }

  void read_variants(const yaml::Node& node) {
    if (!is_filled_mapping(node, "{node: node.yaml}")) return;
    for (const yaml::Entry& entry : node.entries) {
      check_name(entry);
      if (!entry.value.is_scalar() || entry.value.text.empty()) {
        fail("this is the path of a config", entry.value.where, "for example node.yaml");
        continue;
      }
      const auto config = (file_.parent_path() / entry.value.text).lexically_normal();
      std::error_code ignored;
      if (!std::filesystem::is_regular_file(model::config_path_from(config).file, ignored)) {
        fail(fmt::format("there is no config {}", base::quoted(config.string())), entry.value.where,
             "paths are relative to the fleet file");
      }
      fleet_.variants.push_back({.name = entry.key, .config = config});
    }
  }

  /// Each with its place; one that is there twice is a mistake.
  std::vector<const yaml::Node*> texts(const yaml::Node& node, const std::string& example) {
    std::vector<const yaml::Node*> all;
    if (!node.is_sequence() || node.items.empty()) {
      fail("this is a list", node.where, "for example " + example);
      return all;
    }
    std::set<std::string> seen;
    for (const yaml::Node& item : node.items) {
      if (!item.is_scalar() || item.text.empty()) {
        fail("this is a word", item.where, "for example " + example);
      } else if (!seen.insert(item.text).second) {
        fail(fmt::format("{} is there twice", base::quoted(item.text)), item.where,
             "take one away");
      } else {
        all.push_back(&item);
      }
    }
    return all;
  }

  void read_architectures(const yaml::Node& node) {
    const std::vector<std::string> known = model::architecture_words();
    for (const yaml::Node* item : texts(node, "[x86_64, aarch64]")) {
      if (std::ranges::find(known, item->text) == known.end())
        fail(fmt::format("{} is no architecture", base::quoted(item->text)), item->where,
             fmt::format("they are {}", base::join(known, ", ")));
      fleet_.architectures.push_back(item->text);
    }
  }

  void read_platforms(const yaml::Node& node) {
    if (!is_filled_mapping(node, "{azure: [vhd-fixed]}")) return;
    for (const yaml::Entry& entry : node.entries) {
      check_name(entry);
      std::vector<model::ImageFormat>& formats = fleet_.platforms[entry.key];
      for (const yaml::Node* item : texts(entry.value, "[qcow2]")) {
        if (const auto format = model::find_image_format(item->text)) {
          formats.push_back(*format);
        } else {
          const std::string near = base::did_you_mean(item->text, model::image_format_words());
          fail(fmt::format("{} is no image format", base::quoted(item->text)), item->where,
               near.empty() ? "they are " + base::join(model::image_format_words(), ", ") : near);
        }
      }
    }
  }

  void read_exclusions(const yaml::Node& node) {
    if (!node.is_sequence() || node.items.empty()) {
      fail("this is a list", node.where, "- {variant: \"*fips*\", architecture: aarch64}");
      return;
    }
    for (const yaml::Node& item : node.items)
      read_exclusion(item);
  }

  void read_exclusion(const yaml::Node& item) {
    if (!is_filled_mapping(item, "{variant: \"*fips*\", architecture: aarch64}")) return;
    Exclusion exclusion{.variant = {}, .architecture = {}, .platform = {}, .where = item.where};
    for (const yaml::Entry& entry : item.entries) {
      std::string reason;
      std::string* place = entry.key == "variant"        ? &exclusion.variant
                           : entry.key == "architecture" ? &exclusion.architecture
                           : entry.key == "platform"     ? &exclusion.platform
                           : entry.key == "reason"       ? &reason
                                                         : nullptr;
      if (place == nullptr) {
        fail_key(entry, k_exclusion_keys);
      } else if (!entry.value.is_scalar() || entry.value.text.empty()) {
        fail("this is a text", entry.value.where, "write one");
      } else {
        *place = entry.value.text;
      }
    }
    if (exclusion.variant.empty() && exclusion.architecture.empty() && exclusion.platform.empty())
      fail("this excludes everything", item.where, "name a variant, architecture or platform");
    fleet_.exclusions.push_back(std::move(exclusion));
  }

  const std::filesystem::path& file_;
  base::Diagnostics mistakes_;
  Fleet fleet_;
};

bool fits_one(std::string_view pattern, std::string_view text) {
  return pattern.empty() || base::matches_glob(text, pattern);
}

} // namespace

bool fits(const Exclusion& exclusion, std::string_view variant, std::string_view architecture,
          std::string_view platform) {
  return fits_one(exclusion.variant, variant) && fits_one(exclusion.architecture, architecture) &&
         fits_one(exclusion.platform, platform);
}

Fleet read_fleet(const std::filesystem::path& file) {
  return FleetReader(file).read();
}

Exclusion parse_exclusion(const std::string& text) {
  Exclusion exclusion{
      .variant = {}, .architecture = {}, .platform = {}, .where = {"--exclude " + text}};
  for (const std::string& part : base::split(text, ',')) {
    const std::size_t sign = part.find('=');
    const std::string key = part.substr(0, sign);
    std::string* place = key == "variant"                         ? &exclusion.variant
                         : key == "arch" || key == "architecture" ? &exclusion.architecture
                         : key == "platform"                      ? &exclusion.platform
                                                                  : nullptr;
    if (sign == std::string::npos || sign + 1 == part.size() || place == nullptr ||
        !place->empty()) {
      throw base::Error(base::FailureKind::input, "fleet.bad-exclusion",
                        fmt::format("{} does not say what is left out", base::quoted(text)),
                        "write patterns such as variant=*fips*,arch=aarch64,platform=azure");
    }
    *place = part.substr(sign + 1);
  }
  return exclusion;
}

} // namespace imagewright::fleet
