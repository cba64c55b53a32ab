// SPDX-License-Identifier: MIT
#include "config/loader.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/suggest.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/model/config_path.hpp>

#include "config/bind/bind.hpp"
#include "config/language/language.hpp"
#include "config/merge.hpp"
#include "config/rules/rules.hpp"
#include "config/variants.hpp"

namespace imagewright::config {

namespace {

/// The same file under every name that leads to it, as far as it exists.
std::filesystem::path identity_of(const std::filesystem::path& path) {
  std::error_code ignored;
  std::filesystem::path canonical = std::filesystem::weakly_canonical(path, ignored);
  return canonical.empty() ? path.lexically_normal() : canonical;
}

std::filesystem::path directory_of(const std::filesystem::path& path) {
  return std::filesystem::absolute(path).lexically_normal().parent_path();
}

/// A path in a config, relative to the file that names it and written the way that file was.
std::filesystem::path beside(const std::filesystem::path& file, const std::string& name) {
  return (file.parent_path() / name).lexically_normal();
}

} // namespace

std::optional<model::ImageConfig>
Loader::load_file(const std::filesystem::path& path,
                  const std::optional<base::SourceLocation>& named_at) {
  const FileText file = read_config_file(path, named_at);
  diagnostics_.append(file.diagnostics);
  if (!file.text) return std::nullopt;
  return load_text(*file.text, path);
}

std::optional<model::ImageConfig> Loader::load_text(std::string_view text,
                                                    const std::filesystem::path& path) {
  chain_.push_back(identity_of(path));
  const CheckedDocument document(text, path.string(), k_image_config_type, directory_of(path));
  add_from_named_file(document.diagnostics());
  std::optional<model::ImageConfig> result;
  if (const auto root = document.root()) {
    auto base = load_bases(*root, path, load_roles(*root, path));
    result = combine(std::move(base), read_own(document, path));
    const bool is_named_by_another = chain_.size() > 1;
    add_from_named_file(check_variants(document, path, is_named_by_another));
    if (!is_named_by_another) result = with_variant(std::move(*result), document, path);
  }
  finished_.insert(chain_.back());
  chain_.pop_back();
  if (result) {
    files_.push_back(path);
    apply_switches(*result);
    result->path = path;
    result->directory = directory_of(path);
    result->files = files_;
    const bool is_variant = chain_.empty() && !variant_.empty();
    if (is_variant) result->path = model::path_of({path, variant_});
    result->name = result->output.name ? result->output.name->text
                                       : default_name(path, is_variant ? variant_ : std::string());
  }
  return result;
}

model::ImageConfig Loader::with_variant(model::ImageConfig config, const CheckedDocument& document,
                                        const std::filesystem::path& path) {
  if (variant_.empty()) return config;
  const yaml::Node* node = find_variant(document, variant_);
  if (node == nullptr) {
    diagnostics_.append(no_such_variant(document, variant_, path));
    return config;
  }
  const CheckedDocument part(document, *node, k_image_config_type);
  // A variant without keys differs in its name alone.
  model::ImageConfig own = part.root() ? read_own(part, path) : model::ImageConfig();
  if (!own.output.name && config.output.name) {
    own.output.name = config.output.name;
    own.output.name->text += "-" + variant_;
  }
  return *combine(std::move(config), std::move(own));
}

model::ImageConfig Loader::read_own(const CheckedDocument& document,
                                    const std::filesystem::path& path) {
  const Reader root = *document.root();
  model::ImageConfig own = bind_image_config(root);
  const auto os = root.mapping("os");
  if (const auto packages = os ? os->mapping("packages") : std::nullopt) {
    model::PackagesConfig& own_packages = own.os.packages;
    own_packages.install =
        joined(read_lists(*packages, "installLists", path), std::move(own_packages.install));
    own_packages.remove =
        joined(read_lists(*packages, "removeLists", path), std::move(own_packages.remove));
    own_packages.update =
        joined(read_lists(*packages, "updateLists", path), std::move(own_packages.update));
  }
  note_switches(root);
  add_from_named_file(check_file_rules(own, document));
  without_release_.append(check_boot_loader_reset(own));
  if (options_.file_checks == FileChecks::performed) add_from_named_file(check_named_files(own));
  return own;
}

// "false" and "not given" are one in a bound config, but not when configs build on each other:
// files are read in the order of the chain, so that what is noted last wins.
void Loader::note_switches(const Reader& root) {
  const auto note = [&](const std::optional<Reader>& section, std::string_view name) {
    const auto value = section ? section->boolean(name) : std::nullopt;
    if (value) switches_.insert_or_assign(std::string(name), *value);
  };
  const auto os = root.mapping("os");
  const auto packages = os ? os->mapping("packages") : std::nullopt;
  for (const std::string_view name : {"removePackageManager", "recommends", "docs"})
    note(packages, name);
  note(root.mapping("scripts"), "network");
}

void Loader::apply_switches(model::ImageConfig& config) const {
  for (const auto& [name, value] : switches_) {
    const auto inclusion = value.value ? model::Inclusion::included : model::Inclusion::left_out;
    if (name == "removePackageManager") {
      config.os.packages.remove_package_manager =
          value.value ? std::optional(value.where) : std::nullopt;
    } else if (name == "recommends") {
      config.os.packages.recommends = inclusion;
    } else if (name == "docs") {
      config.os.packages.documentation = inclusion;
    } else {
      config.scripts.network =
          value.value ? model::ScriptNetwork::host : model::ScriptNetwork::none;
    }
  }
}

std::vector<model::PackageRequest> Loader::read_lists(const Reader& packages,
                                                      const std::string& key,
                                                      const std::filesystem::path& path) {
  std::vector<model::PackageRequest> requests;
  for (const model::LocatedText& name : packages.texts(key)) {
    const std::filesystem::path list = beside(path, name.text);
    const FileText file = read_config_file(list, name.where);
    diagnostics_.append(file.diagnostics);
    if (!file.text) continue;
    const CheckedDocument document(*file.text, list.string(), k_package_list_type,
                                   directory_of(list));
    named_at_.push_back(name.where);
    add_from_named_file(document.diagnostics());
    named_at_.pop_back();
    files_.push_back(list);
    const auto root = document.root();
    if (!root) continue;
    for (model::PackageRequest& request : bind_packages(*root, "packages", "os.packages." + key)) {
      requests.push_back(std::move(request));
    }
  }
  return requests;
}

std::optional<model::ImageConfig> Loader::load_bases(const Reader& root,
                                                     const std::filesystem::path& path,
                                                     std::optional<model::ImageConfig> merged) {
  for (const Reader& each : root.mappings("baseConfigs")) {
    const auto name = each.text("path");
    auto base = name ? load_named(beside(path, name->text), name->where) : std::nullopt;
    if (base) merged = combine(std::move(merged), std::move(*base));
  }
  return merged;
}

std::optional<model::ImageConfig> Loader::load_roles(const Reader& root,
                                                     const std::filesystem::path& path) {
  std::optional<model::ImageConfig> merged;
  for (const model::LocatedText& name : root.texts("roles")) {
    const auto file = find_role(name, path);
    auto role = file ? load_named(*file, name.where) : std::nullopt;
    if (role) merged = combine(std::move(merged), std::move(*role));
  }
  return merged;
}

std::optional<std::filesystem::path> Loader::find_role(const model::LocatedText& name,
                                                       const std::filesystem::path& path) {
  std::vector<std::filesystem::path> directories = directories_above(directory_of(path), "roles");
  directories.insert(directories.end(), options_.role_directories.begin(),
                     options_.role_directories.end());
  std::error_code ignored;
  for (const std::filesystem::path& directory : directories) {
    std::filesystem::path file = directory / (name.text + ".yaml");
    if (std::filesystem::is_regular_file(file, ignored)) return file;
  }
  const std::vector<std::string> names = names_in(directories);
  std::string hint = base::did_you_mean(name.text, names);
  if (!hint.empty()) hint += ' ';
  hint += names.empty() ? "put a config of that name into a directory \"roles\" beside this file"
                        : fmt::format("roles are {}", base::join(names, ", "));
  diagnostics_.error("config.role-not-found",
                     fmt::format("there is no role {}", base::quoted(name.text)), name.where,
                     std::move(hint));
  return std::nullopt;
}

std::optional<model::ImageConfig> Loader::load_named(const std::filesystem::path& target,
                                                     const base::SourceLocation& where) {
  const std::filesystem::path identity = identity_of(target);
  if (std::find(chain_.begin(), chain_.end(), identity) != chain_.end()) {
    report_cycle(where, identity);
    return std::nullopt;
  }
  // Reached on two ways: it counts once, where it was met first.
  if (finished_.contains(identity)) return std::nullopt;
  named_at_.push_back(where);
  auto config = load_file(target, where);
  named_at_.pop_back();
  return config;
}

void Loader::add_from_named_file(const base::Diagnostics& diagnostics) {
  for (base::Diagnostic each : diagnostics.items()) {
    for (auto where = named_at_.rbegin(); where != named_at_.rend(); ++where)
      each.related.push_back({*where, "the file is named here"});
    diagnostics_.add(std::move(each));
  }
}

void Loader::report_cycle(const base::SourceLocation& where, const std::filesystem::path& target) {
  const auto start = std::find(chain_.begin(), chain_.end(), target);
  std::vector<std::string> names;
  for (auto each = start; each != chain_.end(); ++each)
    names.push_back(each->filename().string());
  names.push_back(target.filename().string());
  diagnostics_.error("config.base-cycle",
                     fmt::format("base configs build on each other: {}", base::join(names, " -> ")),
                     where, "remove one of these references");
}

std::optional<model::ImageConfig> Loader::combine(std::optional<model::ImageConfig> base,
                                                  model::ImageConfig own) {
  if (!base) return own;
  diagnostics_.append(check_mergeable(*base, own));
  return merged(std::move(*base), std::move(own));
}

} // namespace imagewright::config
