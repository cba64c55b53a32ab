// SPDX-License-Identifier: MIT
#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/url.hpp>
#include <imagewright/json/value.hpp>
#include <imagewright/lock/base_lock.hpp>
#include <imagewright/lock/lock_file.hpp>
#include <imagewright/model/config_path.hpp>

#include "lock_format.hpp"

namespace imagewright::lock {

namespace {

/// A text stands for itself.
const std::string& to_json(const std::string& text) {
  return text;
}

json::Value to_json(const model::LockedPackage& package) {
  const base::Place place = base::split_place(package.location);
  json::Object object{
      {"name", package.nevra.name},
      {"version", package.nevra.evr()},
      {"architecture", package.nevra.architecture},
      {"repository", package.repository},
      {"location", place.path},
      {"checksum", package.checksum.to_string()},
      {"downloadSize", package.download_size.bytes()},
      {"installedSize", package.installed_size.bytes()},
      {"buildTime", static_cast<std::int64_t>(package.build_time.time_since_epoch().count())},
  };
  const auto& [source, license, vendor] = package.provenance;
  if (!source.empty()) object.emplace_back("source", source);
  if (!license.empty()) object.emplace_back("license", license);
  if (!vendor.empty()) object.emplace_back("vendor", vendor);
  if (!place.base.empty()) object.emplace_back("base", place.base);
  return object;
}

json::Value to_json(const model::LockedRepository& repository) {
  json::Array keys;
  for (const std::string& fingerprint : repository.key_fingerprints)
    keys.emplace_back(fingerprint);
  return json::Object{
      {"name", repository.name},
      {"address", repository.address},
      {"metadata", repository.metadata.to_string()},
      {"keys", std::move(keys)},
  };
}

json::Value to_json(const model::LockedContainerImage& image) {
  json::Array layers;
  for (const base::Digest& layer : image.layers)
    layers.emplace_back(layer.to_string());
  json::Object object{{"name", image.name},
                      {"namespace", image.name_space},
                      {"pinned", image.pinning == model::Pinning::pinned}};
  if (image.index) object.emplace_back("index", image.index->to_string());
  object.emplace_back("manifest", image.manifest.to_string());
  object.emplace_back("config", image.config.to_string());
  object.emplace_back("layers", std::move(layers));
  return object;
}

json::Value to_json(const model::StoredPackage& stored) {
  const json::Value package = to_json(stored.package);
  json::Object object = *package.find_object();
  object.emplace_back("directory", stored.directory);
  return object;
}

/// One entry a line, so that a changed package is one changed line.
template <typename Entry>
std::string list_text(std::string_view name, std::vector<Entry> entries) {
  if (entries.empty()) return fmt::format("      \"{}\": []", name);
  std::sort(entries.begin(), entries.end());
  std::string text = fmt::format("      \"{}\": [\n", name);
  for (std::size_t index = 0; index < entries.size(); ++index) {
    text += fmt::format("        {}{}\n", json::to_line(to_json(entries[index])),
                        index + 1 < entries.size() ? "," : "");
  }
  return text + "      ]";
}

/// One package a line here as well.
std::string base_text(const LockedBase* base) {
  if (base == nullptr) return {};
  const std::string source = base->source.empty() ? ""
                                                  : fmt::format("      \"baseSource\": {},\n",
                                                                json::to_line(base->source));
  return fmt::format("      \"base\": {},\n{}{},\n{},\n", json::to_line(base->digest.to_string()),
                     source, list_text("kept", base->kept), list_text("erased", base->erased));
}

std::string architecture_text(const model::ArchitectureLock& entry, const LockedBase* base) {
  const auto& [architecture, request, asked, repositories, packages, container_images, stored] =
      entry;
  return fmt::format(
      "    {}: {{\n      \"request\": {},\n{}{}{},\n{}{}{}\n    }}", json::to_line(architecture),
      json::to_line(request.to_string()), asked.empty() ? "" : list_text("asked", asked) + ",\n",
      base_text(base), list_text("repositories", repositories), list_text("packages", packages),
      container_images.empty() ? "" : ",\n" + list_text("containerImages", container_images),
      stored.empty() ? "" : ",\n" + list_text("stored", stored));
}

} // namespace

std::filesystem::path lock_path_of(const std::filesystem::path& config) {
  auto [path, variant] = model::config_path_from(config);
  if (variant.empty()) return path.replace_extension(".lock.json");
  // One lock for each variant: an update of one moves nothing of the others.
  return path.replace_filename(path.stem().string() + "@" + variant + ".lock.json");
}

std::string to_text(const model::Lock& lock) {
  return to_text_with_bases(LockWithBases{.lock = lock, .bases = {}});
}

std::string to_text_with_bases(const LockWithBases& lock) {
  std::vector<model::ArchitectureLock> entries = lock.lock.architectures;
  std::sort(entries.begin(), entries.end(), [](const auto& left, const auto& right) {
    return left.architecture < right.architecture;
  });
  std::string text = fmt::format("{{\n  \"format\": {},\n  \"architectures\": {{", k_format);
  for (std::size_t index = 0; index < entries.size(); ++index) {
    const auto base = lock.bases.find(entries[index].architecture);
    text += fmt::format(
        "{}\n{}", index == 0 ? "" : ",",
        architecture_text(entries[index], base == lock.bases.end() ? nullptr : &base->second));
  }
  return text + (entries.empty() ? "}\n}\n" : "\n  }\n}\n");
}

} // namespace imagewright::lock
