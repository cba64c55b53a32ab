// SPDX-License-Identifier: MIT
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

#include "config/bind/bind.hpp"
#include "config/language/language.hpp"

namespace imagewright::config {

namespace {

/// `content` or `source`; a rule says that exactly one of them is given.
model::FileContent bind_content(const Reader& reader) {
  if (auto source = reader.path("source")) return std::move(*source);
  return reader.text_or("content", "");
}

base::SourceLocation place_of_content(const Reader& reader) {
  for (const std::string_view name : {"source", "url", "content"}) {
    if (const auto text = reader.text(name)) return text->where;
  }
  return reader.where();
}

/// A rule says that there is a digest.
std::optional<model::RemoteFile> bind_remote(const Reader& reader) {
  auto url = reader.text("url");
  if (!url) return std::nullopt;
  model::RemoteFile remote{.url = std::move(url->text),
                           .digest = {.hex = base::to_lower(reader.text_or("sha256", ""))},
                           .size = std::nullopt};
  if (const auto size = reader.integer("size"))
    remote.size = base::ByteSize(static_cast<std::uint64_t>(size->value));
  return remote;
}

/// Of a remote file the digest is its address, too: bind_remote().
std::optional<model::WantedDigest> bind_wanted(const Reader& reader) {
  const auto digest = reader.text("sha256");
  if (!digest || reader.text("url")) return std::nullopt;
  return model::WantedDigest{.digest = {.hex = base::to_lower(digest->text)},
                             .where = digest->where};
}

model::AdditionalFile bind_file(const Reader& reader) {
  model::AdditionalFile file{.destination = reader.text_or("destination", ""),
                             .content = bind_content(reader),
                             .permissions = reader.permissions("permissions"),
                             .where = reader.where(),
                             .remote = bind_remote(reader),
                             .content_where = place_of_content(reader),
                             .wanted = bind_wanted(reader)};
  if (reader.is_true("unpack")) {
    const auto count = reader.integer("stripComponents");
    file.unpacking = model::Unpacking{.stripped_components =
                                          count ? static_cast<std::uint32_t>(count->value) : 0};
  }
  // Where it lies in the cache it has permissions of its own.
  if (file.remote && !file.unpacking && !file.permissions) file.permissions = 0644;
  return file;
}

/// One destination of the map form of earlier versions.
model::AdditionalFile bind_old_target(const Reader& owner, const yaml::Entry& source,
                                      const yaml::Node& node, const Type& type) {
  model::AdditionalFile file{
      .content = owner.resolve(source.key), .where = node.where, .content_where = source.where};
  if (node.is_mapping()) {
    const Reader reader(node, type, owner.context());
    file.destination = reader.text_or("path", "");
    file.permissions = reader.permissions("permissions");
  } else {
    file.destination = in_form(TextForm::image_path, node.text);
  }
  return file;
}

std::vector<model::AdditionalFile> bind_old_files(const Reader& owner, const yaml::Node& files,
                                                  const Type& targets) {
  std::vector<model::AdditionalFile> result;
  const Type& target = *targets.item;
  for (const yaml::Entry& entry : files.entries) {
    if (!owner.context().checker.is_clean(entry.value)) continue;
    if (!entry.value.is_sequence()) {
      result.push_back(bind_old_target(owner, entry, entry.value, target));
      continue;
    }
    for (const yaml::Node& item : entry.value.items)
      result.push_back(bind_old_target(owner, entry, item, target));
  }
  return result;
}

} // namespace

std::vector<model::AdditionalFile> bind_additional_files(const Reader& owner) {
  const yaml::Node* value = owner.find_value("additionalFiles");
  if (value != nullptr && value->is_mapping()) {
    const Type* form = form_for(*value, k_additional_files_type);
    IMAGEWRIGHT_ASSERT(form != nullptr);
    return bind_old_files(owner, *value, *form->item);
  }
  std::vector<model::AdditionalFile> files;
  for (const Reader& reader : owner.mappings("additionalFiles"))
    files.push_back(bind_file(reader));
  return files;
}

std::vector<model::AdditionalDirectory> bind_additional_directories(const Reader& os) {
  std::vector<model::AdditionalDirectory> directories;
  for (const Reader& reader : os.mappings("additionalDirs")) {
    model::AdditionalDirectory directory{.where = reader.where(), .source_where = reader.where()};
    for (const std::string_view name : {"source", "sourcePath"}) {
      const auto source = reader.located_path(name);
      if (!source) continue;
      directory.source = source->value;
      directory.source_where = source->where;
    }
    for (const std::string_view name : {"destination", "destinationPath"}) {
      if (auto destination = reader.text(name))
        directory.destination = std::move(destination->text);
    }
    directory.new_directory_permissions = reader.permissions("newDirPermissions").value_or(0755);
    directory.merged_directory_permissions = reader.permissions("mergedDirPermissions");
    directory.child_file_permissions = reader.permissions("childFilePermissions").value_or(0755);
    directories.push_back(std::move(directory));
  }
  return directories;
}

} // namespace imagewright::config
