// SPDX-License-Identifier: MIT
#include <algorithm>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/json/value.hpp>
#include <imagewright/repo/registry_layout.hpp>

#include "registry_client.hpp"

namespace imagewright::repo {

namespace {

/// Lists within lists, as deep as anybody needs them.
constexpr int k_deepest_index = 4;
/// What a config may have: it is read as a whole.
constexpr std::uint64_t k_largest_config = std::uint64_t{16} << 20U;
constexpr const char* k_index = "application/vnd.oci.image.index.v1+json";
constexpr const char* k_manifest = "application/vnd.oci.image.manifest.v1+json";

class LayoutWriter {
public:
  LayoutWriter(const RegistryLayoutRequest& request, const std::filesystem::path& directory,
               const FetchOptions& options, const FetchEnvironment& environment)
      : request_(request), directory_(directory),
        question_{.reference = request.reference,
                  .where = request.where,
                  .purpose = "the container image",
                  .other_way = "copy the image with a program that can log in, for example with "
                               "\"skopeo copy --all docker://NAME oci:DIRECTORY\", and name "
                               "oci:DIRECTORY"},
        client_(question_, options, environment) {}

  void write() {
    std::filesystem::create_directories(directory_ / "blobs" / "sha256");
    fs::write_file_atomically(directory_ / "oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}");
    const auto& top = client_.reference().digest;
    IMAGEWRIGHT_ASSERT(top);
    RegistryManifest manifest = take_document(*top);
    write_index(*top, manifest);
    for (int depth = 0; manifest.is_index; ++depth) {
      if (depth == k_deepest_index) client_.fail_image("has lists within lists without end");
      manifest = take_document(client_.digest_of_entry(entry_for_platform(manifest)));
    }
    take_blobs(manifest);
  }

private:
  std::filesystem::path place_of(const base::Digest& digest) const {
    if (digest.algorithm != base::DigestAlgorithm::sha256)
      client_.fail_image("has parts that are known by another digest than sha256");
    return directory_ / "blobs" / "sha256" / digest.hex;
  }

  RegistryManifest take_document(const base::Digest& digest) {
    const std::filesystem::path place = place_of(digest);
    const std::string text = client_.document(digest);
    fs::write_file_atomically(place, text);
    RegistryManifest manifest = client_.read(text);
    if (!manifest.fault.empty()) client_.fail_image("has a manifest that " + manifest.fault);
    return manifest;
  }

  void write_index(const base::Digest& digest, const RegistryManifest& manifest) const {
    const char* usual = manifest.is_index ? k_index : k_manifest;
    const auto size = static_cast<std::int64_t>(std::filesystem::file_size(place_of(digest)));
    const json::Value index = json::Object{
        {"schemaVersion", std::int64_t{2}},
        {"manifests", json::Array{json::Object{
                          {"mediaType", manifest.media_type.empty() ? usual : manifest.media_type},
                          {"digest", digest.to_string()},
                          {"size", size}}}}};
    fs::write_file_atomically(directory_ / "index.json", json::to_text(index));
  }

  /// The first that fits, as whoever reads the layout takes it; one that does not say what it is
  /// for is asked itself, when there is no other.
  const RegistryEntry& entry_for_platform(const RegistryManifest& index) const {
    const RegistryPlatform& wanted = request_.platform;
    const auto fits = [&](const RegistryEntry& entry) {
      return entry.architecture == wanted.architecture &&
             (entry.os.empty() || entry.os == wanted.os);
    };
    const auto found = std::ranges::find_if(index.entries, fits);
    if (found != index.entries.end()) return *found;
    if (index.entries.size() == 1 && index.entries.front().architecture.empty())
      return index.entries.front();
    std::set<std::string> names;
    for (const RegistryEntry& entry : index.entries) {
      // Attestations stand among the images as "unknown".
      if (!entry.architecture.empty() && entry.architecture != "unknown")
        names.insert(base::escape_controls(entry.os + "/" + entry.architecture));
    }
    const std::vector<std::string> words(names.begin(), names.end());
    client_.fail(base::FailureKind::input, "container.no-architecture",
                 fmt::format("{} has no image for {}/{}{}", base::quoted(request_.reference),
                             wanted.os, wanted.architecture,
                             words.empty() ? "" : "; it has " + base::join(words, ", ")),
                 "name the digest of the list that has all of its architectures");
  }

  /// Other kinds of manifests are told from images by whoever reads the layout.
  void take_blobs(const RegistryManifest& manifest) {
    std::vector<RegistryEntry> wanted;
    std::set<std::string> known;
    if (manifest.config) {
      if (manifest.config->size > k_largest_config)
        client_.fail_image("has a config that is too large for one");
      wanted.push_back(*manifest.config);
      known.insert(manifest.config->digest);
    }
    if (request_.layers == LayerFetch::fetched) {
      for (const RegistryEntry& layer : manifest.entries) {
        if (known.insert(layer.digest).second) wanted.push_back(layer);
      }
    }
    std::vector<std::filesystem::path> places;
    for (const RegistryEntry& entry : wanted)
      places.push_back(place_of(client_.digest_of_entry(entry)));
    const std::vector<std::filesystem::path> files = client_.blobs(wanted);
    for (std::size_t index = 0; index < files.size(); ++index)
      link_or_copy(files[index], places[index]);
  }

  static void link_or_copy(const std::filesystem::path& file, const std::filesystem::path& place) {
    std::error_code error;
    std::filesystem::create_hard_link(file, place, error);
    if (!error || error == std::errc::file_exists) return;
    std::filesystem::copy_file(file, place, error);
    if (error)
      base::throw_system_error("fs.cannot-write", "cannot write", place.string(), error.value());
  }

  const RegistryLayoutRequest& request_;
  const std::filesystem::path& directory_;
  const RegistryQuestion question_;
  RegistryClient client_;
};

} // namespace

void write_registry_layout(const RegistryLayoutRequest& request,
                           const std::filesystem::path& directory, const FetchOptions& options,
                           const FetchEnvironment& environment) {
  LayoutWriter(request, directory, options, environment).write();
}

} // namespace imagewright::repo
