// SPDX-License-Identifier: MIT
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/suggest.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/config/load.hpp>
#include <imagewright/model/config_path.hpp>
#include <imagewright/yaml/parse.hpp>

#include "config/bind/bind.hpp"
#include "config/document.hpp"
#include "config/language/language.hpp"
#include "config/loader.hpp"
#include "config/rules/rules.hpp"

namespace imagewright::config {

namespace {

base::Diagnostics in_file_order(const base::Diagnostics& diagnostics) {
  base::Diagnostics sorted;
  for (base::Diagnostic& each : diagnostics.sorted())
    sorted.add(std::move(each));
  return sorted;
}

LoadedImageConfig finish(const Loader& loader, std::optional<model::ImageConfig> config) {
  base::Diagnostics diagnostics = loader.diagnostics();
  if (config && !diagnostics.has_errors()) {
    if (!config->release) diagnostics.append(loader.diagnostics_without_release());
    diagnostics.append(check_whole_config(*config));
  }
  diagnostics = in_file_order(diagnostics);
  if (!config || diagnostics.has_errors()) throw base::InputError(std::move(diagnostics));
  return {std::move(*config), std::move(diagnostics)};
}

std::string replaced(std::string text, std::string_view name, const std::string& value) {
  for (std::size_t found = text.find(name); found != std::string::npos;
       found = text.find(name, found + value.size())) {
    text.replace(found, name.size(), value);
  }
  return text;
}

/// Those that are there; all when none is. Of a config deep below, most are not.
std::vector<std::string> places_among(std::span<const std::filesystem::path> directories) {
  std::vector<std::string> present;
  std::vector<std::string> all;
  std::error_code ignored;
  for (const std::filesystem::path& directory : directories) {
    if (std::find(all.begin(), all.end(), directory.string()) != all.end()) continue;
    all.push_back(directory.string());
    if (std::filesystem::is_directory(directory, ignored)) present.push_back(directory.string());
  }
  return present.empty() ? all : present;
}

} // namespace

std::vector<std::filesystem::path> directories_above(const std::filesystem::path& directory,
                                                     std::string_view name) {
  std::vector<std::filesystem::path> directories;
  for (std::filesystem::path above = directory; above.has_relative_path();
       above = above.parent_path())
    directories.push_back(above / name);
  return directories;
}

std::vector<std::string> names_in(std::span<const std::filesystem::path> directories) {
  std::vector<std::string> names;
  for (const std::filesystem::path& directory : directories) {
    std::error_code ignored; // a place that is not there, or not for us, has none
    for (const auto& entry : std::filesystem::directory_iterator(directory, ignored)) {
      if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem().string());
    }
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

LoadedImageConfig load_image_config(const std::filesystem::path& path, const LoadOptions& options) {
  const auto [file, variant] = model::config_path_from(path);
  Loader loader(options, variant);
  auto config = loader.load_file(file, std::nullopt);
  return finish(loader, std::move(config));
}

LoadedImageConfig load_image_config_text(std::string_view text, const std::filesystem::path& path,
                                         const LoadOptions& options) {
  Loader loader(options);
  auto config = loader.load_text(text, path);
  return finish(loader, std::move(config));
}

std::vector<std::string> variants_in(const std::filesystem::path& path) {
  const FileText file = read_config_file(model::config_path_from(path).file, std::nullopt);
  std::vector<std::string> names;
  if (!file.text) return names;
  const yaml::Document document = yaml::parse(*file.text, path.string());
  const yaml::Node* variants = document.root ? document.root->find("variants") : nullptr;
  if (variants == nullptr || !variants->is_mapping()) return names;
  for (const yaml::Entry& variant : variants->entries) {
    // What no path can name is told by whoever reads the file.
    const model::ConfigPath named{path, variant.key};
    if (model::config_path_from(model::path_of(named)) == named) names.push_back(variant.key);
  }
  return names;
}

LoadedReleaseProfile load_release_profile(const std::filesystem::path& path) {
  const FileText file = read_config_file(path, std::nullopt);
  if (!file.text) throw base::InputError(file.diagnostics);
  return load_release_profile_text(*file.text, path);
}

LoadedReleaseProfile load_release_profile_text(std::string_view text,
                                               const std::filesystem::path& path) {
  const CheckedDocument document(text, path.string(), k_release_profile_type,
                                 std::filesystem::absolute(path).lexically_normal().parent_path());
  base::Diagnostics diagnostics = document.diagnostics();
  const auto root = document.root();
  if (!root) throw base::InputError(in_file_order(diagnostics));
  model::ReleaseProfile profile = bind_release_profile(*root);
  diagnostics.append(check_release_rules(profile, document));
  diagnostics = in_file_order(diagnostics);
  if (diagnostics.has_errors()) throw base::InputError(std::move(diagnostics));
  return {std::move(profile), std::move(diagnostics)};
}

std::filesystem::path find_release_profile(const model::LocatedText& name_or_path,
                                           const std::filesystem::path& base,
                                           std::span<const std::filesystem::path> directories) {
  const std::string& name = name_or_path.text;
  std::error_code ignored;
  base::Diagnostics diagnostics;
  if (name.find('/') != std::string::npos || name.ends_with(".yaml")) {
    const std::filesystem::path path = (base / name).lexically_normal();
    if (std::filesystem::is_regular_file(path, ignored)) return path;
    diagnostics.error("config.release-not-found",
                      fmt::format("there is no release profile {}", base::quoted(path.string())),
                      name_or_path.where, "check the path, or give the name of a release");
    throw base::InputError(std::move(diagnostics));
  }
  for (const std::filesystem::path& directory : directories) {
    std::filesystem::path path = directory / (name + ".yaml");
    if (std::filesystem::is_regular_file(path, ignored)) return path;
  }
  const std::vector<std::string> names = names_in(directories);
  std::string hint = base::did_you_mean(name, names);
  if (!hint.empty()) hint += ' ';
  hint += names.empty() ? "give the path of a release profile"
                        : fmt::format("releases are {}", base::join(names, ", "));
  hint += "; looked for in " + base::join(places_among(directories), ", ");
  diagnostics.error("config.release-not-found",
                    fmt::format("there is no release {}", base::quoted(name)), name_or_path.where,
                    std::move(hint));
  throw base::InputError(std::move(diagnostics));
}

std::vector<model::Repository> repositories_for(const model::ReleaseProfile& profile,
                                                const model::ImageConfig& config,
                                                const std::string& architecture) {
  std::vector<model::Repository> repositories = profile.repositories;
  for (const model::Repository& own : config.repositories) {
    const auto same =
        std::find_if(repositories.begin(), repositories.end(),
                     [&](const model::Repository& other) { return other.name == own.name; });
    if (same == repositories.end()) {
      repositories.push_back(own);
    } else {
      *same = own;
    }
  }
  std::erase_if(repositories, [&](const model::Repository& each) {
    return !each.architectures.empty() &&
           std::find(each.architectures.begin(), each.architectures.end(), architecture) ==
               each.architectures.end();
  });
  const auto expand = [&](std::string text) {
    return replaced(replaced(std::move(text), "$basearch", architecture), "$releasever",
                    profile.version);
  };
  for (model::Repository& each : repositories) {
    each.base_url = expand(std::move(each.base_url));
    each.mirror_list = expand(std::move(each.mirror_list));
    each.path = expand(std::move(each.path));
    for (model::LocatedText& key : each.gpg_keys)
      key.text = expand(std::move(key.text));
  }
  return repositories;
}

} // namespace imagewright::config
