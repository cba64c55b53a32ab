// SPDX-License-Identifier: MIT
#include <map>
#include <string>

#include <imagewright/archive/tar_writer.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/container/archive_file.hpp>
#include <imagewright/container/checked_copy.hpp>
#include <imagewright/container/store.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/json/value.hpp>

#include "container/blob.hpp"

namespace imagewright::container {

namespace {

/// OCI image specification, "image layout": one manifest, called by its tag and by its whole name,
/// which is what containerd goes by.
std::string index_text(const Image& image) {
  const std::string& name = image.identity.name;
  return json::to_text(json::Object{
      {"schemaVersion", 2},
      {"mediaType", "application/vnd.oci.image.index.v1+json"},
      {"manifests", json::Array{json::Object{
                        {"mediaType", image.manifest.media_type},
                        {"digest", image.manifest.digest.to_string()},
                        {"size", image.manifest.size},
                        {"annotations", json::Object{{"io.containerd.image.name", name},
                                                     {"org.opencontainers.image.ref.name",
                                                      name.substr(name.rfind(':') + 1)}}}}}}});
}

class Writer {
public:
  Writer(const std::filesystem::path& file, base::Epoch epoch)
      : directory_(file.parent_path()), tar_(file, {.compression = archive::Compression::none}),
        epoch_(epoch) {}

  void add_directory(const std::string& path) {
    archive::TarEntry entry = entry_of(path);
    entry.type = fs::FileType::directory;
    entry.permissions = 0755;
    tar_.add(entry);
  }

  void add_text(const std::string& path, const std::string& text) {
    tar_.add_text(entry_of(path), text);
  }

  void add_blob(const Blob& blob) {
    const std::string path = "blobs/sha256/" + blob.digest.hex;
    if (blob.file.empty()) return add_text(path, blob.content);
    const fs::UniqueFd content = private_copy(blob, directory_);
    archive::TarEntry entry = entry_of(path);
    entry.size = blob.size;
    tar_.add_file(entry, content.get());
  }

  void finish() { tar_.finish(); }

private:
  archive::TarEntry entry_of(const std::string& path) const {
    return {.path = path, .type = fs::FileType::regular, .permissions = 0644, .modified = epoch_};
  }

  std::filesystem::path directory_;
  archive::TarWriter tar_;
  base::Epoch epoch_;
};

} // namespace

void write_archive(const Image& image, base::Epoch epoch, const std::filesystem::path& file) {
  Writer writer(file, epoch);
  writer.add_directory("blobs");
  writer.add_directory("blobs/sha256");
  for (const auto& [digest, blob] : blobs_of(std::span(&image, 1)))
    writer.add_blob(*blob);
  writer.add_text("index.json", index_text(image));
  writer.add_text("oci-layout", json::to_text(json::Object{{"imageLayoutVersion", "1.0.0"}}));
  writer.finish();
}

} // namespace imagewright::container
