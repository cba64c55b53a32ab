// SPDX-License-Identifier: MIT
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/secret_words.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/base/url.hpp>
#include <imagewright/config/canonical.hpp>
#include <imagewright/model/config_path.hpp>

#include "config/export/canonical_sections.hpp"
#include "config/export/yaml_writer.hpp"
#include "config/language/language.hpp"

namespace imagewright::config {

namespace {

std::string address_of_key(const std::string& key, const CanonicalContext& context) {
  const bool is_url = key.find("://") != std::string::npos;
  return is_url ? address(key, context) : written_path(key, context.directory);
}

Section written(Section section, const model::Repository& repository) {
  const auto& [name, base_url, mirror_list, path, gpg_keys, package_signatures, metadata_signature,
               priority, cost, include_packages, exclude_packages, architectures, where,
               address_where] = repository;
  const model::Repository standard;
  section.put_text("name", name);
  section.put_text("baseUrl", address(base_url, section.context()));
  section.put_text("mirrorList", address(mirror_list, section.context()));
  section.put_path("path", path);
  std::vector<std::string> keys;
  for (const model::LocatedText& key : gpg_keys)
    keys.push_back(address_of_key(key.text, section.context()));
  section.put_texts("gpgKeys", keys);
  if (package_signatures == model::SignatureCheck::skipped) section.put("gpgCheck", false);
  if (metadata_signature == model::SignatureCheck::skipped) section.put("repoGpgCheck", false);
  if (priority != standard.priority) section.put("priority", priority);
  if (cost != standard.cost) section.put("cost", cost);
  section.put_texts("includePackages", include_packages);
  section.put_texts("excludePackages", exclude_packages);
  section.put_texts("architectures", architectures);
  return section;
}

/// Where a script lies, from the directory of the config.
std::string place_of(const model::ScriptConfig& script, const CanonicalContext& context) {
  return (script.directory / script.path).lexically_relative(context.directory).string();
}

std::map<std::string, std::string> with_masks(std::map<std::string, std::string> variables) {
  for (auto& [name, value] : variables) {
    if (!value.empty()) value = base::k_mask;
  }
  return variables;
}

Section written(Section section, const model::ScriptConfig& script) {
  const auto& [path, content, interpreter, arguments, environment, name, directory, where,
               path_where] = script;
  if (!path.empty()) section.put("path", place_of(script, section.context()));
  section.put_text("content", content);
  if (interpreter != model::ScriptConfig().interpreter) section.put("interpreter", interpreter);
  const bool is_masked = section.context().secrets == Secrets::masked;
  section.put_texts("arguments",
                    is_masked ? base::arguments_without_secrets(arguments) : arguments);
  section.put_map("environmentVariables", is_masked ? with_masks(environment) : environment);
  section.put_text("name", name);
  return section;
}

Section written(Section section, const model::ScriptsConfig& scripts) {
  const auto& [post_customization, finalize_customization, network] = scripts;
  const auto list = [&](std::string_view key, const std::vector<model::ScriptConfig>& items) {
    json::Array array;
    for (const model::ScriptConfig& each : items)
      array.emplace_back(written(section.inside(key), each).object());
    section.put_list(key, std::move(array));
  };
  list("postCustomization", post_customization);
  list("finalizeCustomization", finalize_customization);
  if (network == model::ScriptNetwork::host) section.put("network", true);
  return section;
}

Section written(Section section, const model::CheckRequest& request) {
  const auto& [check, where] = request;
  const auto& [name, kind, subject, expected] = check;
  section.put_text("name", name);
  const bool is_of_unit =
      kind == model::CheckKind::unit_active || kind == model::CheckKind::unit_state;
  section.put(is_of_unit                               ? "unit"
              : kind == model::CheckKind::file_content ? "file"
                                                       : "command",
              subject);
  section.put_text("expect", expected);
  return section;
}

/// A path is relative to the file that gives it, a name is not.
std::string written_release(const model::LocatedText& release, const CanonicalContext& context) {
  const std::string& text = release.text;
  if (text.find('/') == std::string::npos && !text.ends_with(".yaml")) return text;
  const auto base = std::filesystem::absolute(release.where.file).lexically_normal().parent_path();
  const std::string path = written_path(base / text, context.directory);
  return path.find('/') == std::string::npos && !path.ends_with(".yaml") ? "./" + path : path;
}

std::vector<std::string> without_repetition(const std::vector<model::LocatedText>& texts) {
  std::vector<std::string> result;
  for (const model::LocatedText& each : texts) {
    if (std::find(result.begin(), result.end(), each.text) == result.end())
      result.push_back(each.text);
  }
  return result;
}

template <typename Item>
void put_items(Section& section, std::string_view key, const std::vector<Item>& items) {
  json::Array array;
  for (const Item& each : items)
    array.emplace_back(written(section.inside(key), each).object());
  section.put_list(key, std::move(array));
}

json::Object written(const model::ImageConfig& config, const CanonicalContext& context) {
  const auto& [path, directory, name, release, architectures, repositories, input, storage, os, iso,
               pxe, scripts, preview_features, output, checks, files] = config;
  Section root(k_image_config_type, context);
  if (release) root.put("release", written_release(*release, context));
  root.put_texts("architectures", architectures);
  put_items(root, "repositories", repositories);
  root.put_section("input", written_input(root.inside("input"), input));
  root.put_section("storage", written_storage(root.inside("storage"), storage));
  // These say something by being there.
  if (os.is_present) root.put("os", written_os(root.inside("os"), os).object());
  if (iso) root.put("iso", written_medium(root.inside("iso"), *iso).object());
  if (pxe) root.put("pxe", written_medium(root.inside("pxe"), *pxe).object());
  root.put_section("scripts", written(root.inside("scripts"), scripts));
  root.put_texts("previewFeatures", without_repetition(preview_features));
  root.put_section("output", written_output(root.inside("output"), output));
  put_items(root, "checks", checks);
  return root.object();
}

/// "# What node.yaml says, with base.yaml and packages.yaml."
std::string title_of(const model::ImageConfig& config) {
  std::vector<std::string> others;
  for (const std::filesystem::path& file : config.files) {
    if (file == model::config_path_from(config.path).file) continue;
    others.push_back(file.lexically_relative(config.path.parent_path()).string());
    if (others.back().empty()) others.back() = file.filename().string();
  }
  const std::string name = base::escape_controls(config.path.filename().string());
  if (others.empty()) return fmt::format("# What {} says.\n", name);
  return fmt::format("# What {} says, with {}.\n", name,
                     base::escape_controls(base::join(others, ", ")));
}

bool has_secret(const model::ScriptConfig& script) {
  return with_masks(script.environment) != script.environment ||
         base::arguments_without_secrets(script.arguments) != script.arguments;
}

bool has_secret_address(const model::ImageConfig& config) {
  const auto is_secret = [](const std::string& url) { return base::without_secrets(url) != url; };
  const bool has_secret_file =
      std::ranges::any_of(config.os.additional_files, [&](const model::AdditionalFile& file) {
        return file.remote && is_secret(file.remote->url);
      });
  if (has_secret_file) return true;
  return std::ranges::any_of(config.repositories, [&](const model::Repository& repository) {
    return is_secret(repository.base_url) || is_secret(repository.mirror_list) ||
           std::ranges::any_of(repository.gpg_keys, is_secret, &model::LocatedText::text);
  });
}

std::string notes_of(const model::ImageConfig& config, const CanonicalContext& context) {
  std::set<std::string> notes;
  for (const auto* list :
       {&config.scripts.post_customization, &config.scripts.finalize_customization}) {
    for (const model::ScriptConfig& script : *list) {
      if (context.secrets == Secrets::masked && has_secret(script))
        notes.insert(
            "# Variables of scripts, and arguments that sound like secrets, are not shown; "
            "\"********\" stands for each.\n");
      if (script.path.empty()) continue;
      const std::string place = place_of(script, context);
      if (!place.starts_with("..")) continue;
      notes.insert(fmt::format("# The script {} lies outside of this directory, where only a base "
                               "config may name it.\n",
                               base::quoted(place)));
    }
  }
  const bool has_password = std::ranges::any_of(config.os.users, [](const model::UserConfig& user) {
    return user.password && !user.password->value.empty();
  });
  if (has_password && context.secrets == Secrets::masked)
    notes.insert("# Passwords are not shown; \"********\" stands for each.\n");
  if (context.secrets == Secrets::masked && has_secret_address(config))
    notes.insert("# Addresses stand without user, password and query.\n");
  std::string text;
  for (const std::string& note : notes)
    text += note;
  return text;
}

} // namespace

std::string canonical_text(const model::ImageConfig& config, Secrets secrets) {
  const CanonicalContext context{config.directory, secrets};
  return title_of(config) + notes_of(config, context) + to_yaml(written(config, context));
}

} // namespace imagewright::config
