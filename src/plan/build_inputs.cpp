// SPDX-License-Identifier: MIT
#include <algorithm>
#include <set>
#include <system_error>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/base/url.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/plan/build_inputs.hpp>

namespace imagewright::plan {

namespace {

/// Digests files by their contents and the order in which they are named: where they stand does not
/// matter.
class FileHasher {
public:
  void add(const std::filesystem::path& path) {
    hasher_.update(fs::digest_of_file(path).hex + "\n");
  }

  /// The mode counts where the image takes it over.
  void add_mode(const std::filesystem::path& path) {
    const auto permissions = std::filesystem::status(path).permissions();
    hasher_.update(fmt::format("{:o}\n", static_cast<unsigned>(permissions)));
  }

  void add_text(const std::string& text) { hasher_.update(text + "\n"); }

  /// Names count here: they decide what the image holds.
  void add_directory(const std::filesystem::path& directory) {
    std::set<std::filesystem::path> paths;
    std::error_code error;
    for (auto entry = std::filesystem::recursive_directory_iterator(directory, error);
         !error && entry != std::filesystem::recursive_directory_iterator();
         entry.increment(error)) {
      paths.insert(entry->path());
    }
    if (error) {
      base::throw_system_error("fs.cannot-read", "cannot list", directory.string(), error.value());
    }
    for (const std::filesystem::path& path : paths)
      add_named(path, path.lexically_relative(directory).string());
  }

  base::Digest finish() { return hasher_.finish(); }

private:
  void add_named(const std::filesystem::path& path, const std::string& name) {
    hasher_.update(name + "\n");
    if (std::filesystem::is_symlink(path)) {
      hasher_.update(std::filesystem::read_symlink(path).string() + "\n");
    } else if (std::filesystem::is_regular_file(path)) {
      add(path);
    }
  }

  base::Hasher hasher_;
};

std::vector<const model::ScriptConfig*> scripts_of(const model::ImageConfig& config) {
  std::vector<const model::ScriptConfig*> scripts;
  for (const auto* list :
       {&config.scripts.post_customization, &config.scripts.finalize_customization}) {
    for (const model::ScriptConfig& script : *list)
      scripts.push_back(&script);
  }
  return scripts;
}

/// The config itself says which image of a registry it wants; a lock need not be there for it.
bool is_named_by_digest(const model::ImageConfig& config,
                        const model::LockedContainerImage& image) {
  const std::string behind = "@" + (image.index ? *image.index : image.manifest).to_string();
  return std::ranges::any_of(config.os.container_images, [&](const auto& wanted) {
    return wanted.source == model::ContainerSource::registry && wanted.selection.ends_with(behind);
  });
}

base::Digest digest_files(const BuildPlan& plan) {
  FileHasher hasher;
  const model::ImageConfig& config = plan.config;
  for (const std::filesystem::path& file : config.files)
    hasher.add(file);
  // A base is customized without one.
  if (!plan.release_file.empty()) hasher.add(plan.release_file);
  for (const model::AdditionalFile& file : config.os.additional_files) {
    const auto* path = std::get_if<std::filesystem::path>(&file.content);
    // What is fetched is pinned by the config itself, before and after it is there.
    if (path == nullptr || file.remote || file.stored_package) continue;
    hasher.add(*path);
    if (!file.permissions) hasher.add_mode(*path);
  }
  // Files with passwords are left out: a digest would let them be guessed.
  for (const model::UserConfig& user : config.os.users) {
    for (const auto& [path, where] : user.ssh_public_key_files)
      hasher.add(path);
  }
  for (const model::UnitDropIn& drop_in : config.os.services.drop_ins) {
    if (const auto* path = std::get_if<std::filesystem::path>(&drop_in.content)) hasher.add(*path);
  }
  for (const model::AdditionalDirectory& directory : config.os.additional_directories)
    hasher.add_directory(directory.source);
  for (const model::LockedContainerImage& image : plan.container_images) {
    if (!is_named_by_digest(config, image))
      hasher.add_text(image.name + " " + image.manifest.to_string());
  }
  for (const model::ScriptConfig* script : scripts_of(config)) {
    if (!script->path.empty()) hasher.add(script->directory / script->path);
  }
  return hasher.finish();
}

/// A path on the command line is relative to where the command was given.
std::string absolute_release(const std::string& release) {
  const bool is_path = release.find('/') != std::string::npos || release.ends_with(".yaml");
  return is_path ? std::filesystem::absolute(release).lexically_normal().string() : release;
}

std::string absolute_address(const std::string& address) {
  if (address.find("://") != std::string::npos) return base::without_secrets(address);
  return std::filesystem::absolute(address).lexically_normal().string();
}

} // namespace

InputPaths input_paths_of(const BuildPlan& plan) {
  const model::ImageConfig& config = plan.config;
  InputPaths paths{.files = config.files, .directories = {}};
  paths.files.push_back(plan.release_file);
  const auto add_content = [&](const model::FileContent& content) {
    if (const auto* path = std::get_if<std::filesystem::path>(&content))
      paths.files.push_back(*path);
  };
  for (const model::AdditionalFile& file : config.os.additional_files)
    add_content(file.content);
  for (const model::UnitDropIn& drop_in : config.os.services.drop_ins)
    add_content(drop_in.content);
  for (const model::UserConfig& user : config.os.users) {
    for (const auto& [path, where] : user.ssh_public_key_files)
      paths.files.push_back(path);
    if (user.password && !user.password->file.empty()) paths.files.push_back(user.password->file);
  }
  for (const model::AdditionalDirectory& directory : config.os.additional_directories)
    paths.directories.push_back(directory.source);
  for (const model::ContainerImageConfig& image : config.os.container_images) {
    // A registry's stands here once it was fetched.
    if (image.path.empty()) continue;
    const bool is_directory = image.source == model::ContainerSource::oci_directory ||
                              image.source == model::ContainerSource::registry;
    (is_directory ? paths.directories : paths.files).push_back(image.path);
  }
  for (const model::ScriptConfig* script : scripts_of(config)) {
    if (!script->path.empty()) paths.files.push_back(script->directory / script->path);
  }
  return paths;
}

BuildInputs inputs_of(const BuildPlan& plan, const PlanOptions& options) {
  BuildInputs inputs{.config = std::filesystem::absolute(options.config).lexically_normal(),
                     .files = digest_files(plan),
                     .release = absolute_release(options.release),
                     .repositories = {},
                     .formats = options.formats};
  for (const RepositoryOverride& repository : options.repositories)
    inputs.repositories.push_back({repository.name, absolute_address(repository.address)});
  return inputs;
}

json::Value to_json(const BuildInputs& inputs) {
  json::Array repositories;
  for (const RepositoryOverride& repository : inputs.repositories) {
    repositories.push_back(
        json::Object{{"name", repository.name}, {"address", repository.address}});
  }
  json::Array formats;
  for (const model::ImageFormat format : inputs.formats)
    formats.emplace_back(model::to_string(format));
  return json::Object{{"config", inputs.config.string()},
                      {"files", inputs.files.to_string()},
                      {"release", inputs.release},
                      {"repositories", std::move(repositories)},
                      {"formats", std::move(formats)}};
}

BuildInputs inputs_from(const json::Value& value, const std::string& where) {
  BuildInputs inputs{.config = json::string_member(value, "config", where),
                     .files = {},
                     .release = json::string_member(value, "release", where),
                     .repositories = {},
                     .formats = {}};
  const auto digest = base::Digest::parse(json::string_member(value, "files", where));
  if (digest) inputs.files = *digest;
  for (const json::Value& item : json::array_member(value, "repositories", where)) {
    inputs.repositories.push_back(
        {json::string_member(item, "name", where), json::string_member(item, "address", where)});
  }
  for (const json::Value& item : json::array_member(value, "formats", where)) {
    const std::string* word = item.find_string();
    const auto format = word != nullptr ? model::find_image_format(*word) : std::nullopt;
    if (!format) {
      throw base::Error(base::FailureKind::input, "json.unexpected-value",
                        fmt::format("{} names an image format that is unknown", where));
    }
    inputs.formats.push_back(*format);
  }
  return inputs;
}

} // namespace imagewright::plan
