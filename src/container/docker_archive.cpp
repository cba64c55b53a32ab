// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <set>
#include <utility>
#include <vector>

#include <fcntl.h>

#include <fmt/format.h>

#include <imagewright/archive/decompress.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/json/value.hpp>

#include "container/reading.hpp"
#include "container/unpack.hpp"

namespace imagewright::container {

namespace {

std::vector<ArchiveEntry> entries_of(const Question& question) {
  auto text = find_document(question.directory / "manifest.json");
  if (!text) {
    throw base::Error(
        base::FailureKind::input, "container.not-found",
        fmt::format("{} has no manifest.json", source_text(question.wanted)),
        "name a file that \"docker save\" or \"skopeo copy SOURCE "
        "docker-archive:FILE\" has written; of an OCI layout, write oci-archive:FILE");
  }
  return read_archive_entries(
      {std::move(*text), "manifest.json of " + source_text(question.wanted)},
      question.options.cancellation);
}

bool has_name(const ArchiveEntry& entry, const std::string& wanted) {
  return std::ranges::any_of(entry.names, [&](const std::string& name) {
    return name == wanted || full_name_of(name) == full_name_of(wanted);
  });
}

ArchiveEntry choose(const Question& question, std::vector<ArchiveEntry> entries) {
  std::set<std::string> names;
  for (const ArchiveEntry& entry : entries)
    names.insert(entry.names.begin(), entry.names.end());
  const std::vector<std::string> words(names.begin(), names.end());
  const std::string& wanted = question.wanted.selection;
  if (!wanted.empty())
    std::erase_if(entries, [&](const ArchiveEntry& entry) { return !has_name(entry, wanted); });
  if (entries.empty()) {
    throw base::Error(
        base::FailureKind::input, "container.not-found",
        fmt::format("{} has no image {}", source_text(question.wanted), base::quoted(wanted)),
        words.empty() ? "none of its images has a name" : "it has: " + base::join(words, ", "));
  }
  if (entries.size() == 1) return entries.front();
  throw base::Error(base::FailureKind::input, "container.ambiguous",
                    fmt::format("{} has several images", source_text(question.wanted)),
                    "add one of their names after a colon: " + base::join(words, ", "));
}

std::filesystem::path file_of(const Question& question, const std::string& name) {
  const std::filesystem::path path = std::filesystem::path(name).lexically_normal();
  const bool leads_out = path.is_absolute() || path.empty() || path.begin()->string() == "..";
  const std::filesystem::path file = question.directory / path;
  if (leads_out || !std::filesystem::is_regular_file(std::filesystem::symlink_status(file))) {
    throw_damaged(fmt::format("{} has no file {}, which its manifest.json names",
                              source_text(question.wanted), base::quoted(name)));
  }
  return file;
}

std::string layer_type(const std::filesystem::path& file) {
  std::array<std::byte, 6> head{};
  const fs::UniqueFd open = fs::open_for_reading(file);
  if (std::filesystem::file_size(file) >= head.size())
    fs::read_exactly(open.get(), head, 0, file.string());
  switch (archive::detect_compression(head)) {
  case archive::Compression::none:
    return "application/vnd.docker.image.rootfs.diff.tar";
  case archive::Compression::gzip:
    return "application/vnd.docker.image.rootfs.diff.tar.gzip";
  case archive::Compression::zstd:
  case archive::Compression::xz:
  case archive::Compression::bzip2:
    break;
  }
  throw_unsupported(
      fmt::format("the layer {} is compressed in a way that such archives do not have",
                  base::quoted(file.filename().string())));
}

json::Object descriptor_of(const Blob& blob) {
  return {{"mediaType", blob.media_type}, {"size", blob.size}, {"digest", blob.digest.to_string()}};
}

/// Such an archive has no manifest: it is made, the same for the same content.
Blob manifest_of(const Image& image) {
  json::Array layers;
  for (const Layer& layer : image.layers)
    layers.emplace_back(descriptor_of(layer.blob));
  const std::string type = "application/vnd.docker.distribution.manifest.v2+json";
  std::string text = json::to_text(json::Object{{"schemaVersion", 2},
                                                {"mediaType", type},
                                                {"config", descriptor_of(image.config)},
                                                {"layers", std::move(layers)}});
  return {.digest = base::digest_of(text),
          .size = text.size(),
          .media_type = type,
          .file = {},
          .content = std::move(text)};
}

/// Files bear their digests as names, where writers do so.
void check_name(const std::string& name, const Blob& blob) {
  const auto named = base::Digest::parse("sha256:" + std::filesystem::path(name).stem().string());
  if (!named || *named == blob.digest) return;
  throw_damaged(fmt::format("the content of {} has the digest {}", named->to_string(),
                            blob.digest.to_string()));
}

} // namespace

Found read_docker_archive(const Question& question) {
  const ArchiveEntry entry = choose(question, entries_of(question));
  Image image;
  image.config = small_blob_of_file(file_of(question, entry.config),
                                    "application/vnd.docker.container.image.v1+json");
  check_name(entry.config, image.config);
  const std::vector<base::Digest> differences = settings_of(question, image.config).differences;
  if (differences.size() != entry.layers.size()) {
    throw_damaged(fmt::format("{} has {} layers, and its config {}", source_text(question.wanted),
                              entry.layers.size(), differences.size()));
  }
  for (std::size_t index = 0; index < differences.size(); ++index) {
    const std::filesystem::path file = file_of(question, entry.layers[index]);
    Layer layer{blob_of_file(file, layer_type(file)), differences[index]};
    check_difference(layer, question.options.cancellation);
    image.layers.push_back(std::move(layer));
  }
  image.manifest = manifest_of(image);
  const std::string& selection = question.wanted.selection;
  const std::string name = !selection.empty()        ? selection
                           : entry.names.size() == 1 ? entry.names.front()
                                                     : std::string();
  return {std::move(image), name.empty() ? name : full_name_of(name)};
}

} // namespace imagewright::container
