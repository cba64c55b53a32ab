// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/repo/registry.hpp>

#include "registry_client.hpp"

namespace imagewright::repo {

namespace {

constexpr std::array<std::string_view, 5> k_endings{".vhdx", ".vhd", ".qcow2", ".img", ".raw"};

bool is_disk(const RegistryEntry& entry) {
  const std::string title = base::to_lower(entry.title);
  return std::ranges::any_of(k_endings,
                             [&](std::string_view ending) { return title.ends_with(ending); });
}

class RegistryLoader {
public:
  RegistryLoader(const RegistryImageRequest& request, const FetchOptions& options,
                 const FetchEnvironment& environment)
      : request_(request),
        question_{.reference = request.reference,
                  .where = request.where,
                  .purpose = "the base",
                  .other_way = "fetch the image with a program that can log in, and give its file "
                               "with --image"},
        client_(question_, options, environment) {}

  RegistryImage load() {
    const auto& digest = client_.reference().digest;
    const base::Digest top = digest ? *digest : client_.look_up_tag();
    RegistryManifest manifest = manifest_of(top);
    if (manifest.is_index) {
      manifest = manifest_of(client_.digest_of_entry(entry_for_platform(manifest)));
      if (manifest.is_index) fail_image("an index in it is no image");
    } else if (request_.has_platform) {
      fail_image("it is of no platform", "remove \"platform\", or name an index");
    }
    const RegistryEntry& disk = disk_in(manifest);
    if (!disk.has_size) fail_image("its manifest does not say how large its file is");
    const std::filesystem::path path = client_.blobs({disk}).front();
    std::string pinned = request_.reference;
    if (!digest) pinned += "@" + top.to_string();
    return {.file = path, .reference = std::move(pinned)};
  }

private:
  [[noreturn]] void fail_image(const std::string& why, const std::string& hint = {}) const {
    client_.fail_image("is not one disk image: " + why,
                       hint.empty() ? "name another image, or fetch the file yourself and give it "
                                      "with --image"
                                    : hint);
  }

  RegistryManifest manifest_of(const base::Digest& digest) {
    RegistryManifest manifest = client_.read(client_.document(digest));
    if (!manifest.fault.empty()) fail_image("its manifest " + manifest.fault);
    return manifest;
  }

  const RegistryEntry& entry_for_platform(const RegistryManifest& index) const {
    std::vector<std::string> names;
    for (const RegistryEntry& entry : index.entries) {
      if (entry.os == request_.platform.os && entry.architecture == request_.platform.architecture)
        return entry;
      names.push_back(base::escape_controls(entry.os + "/" + entry.architecture));
    }
    fail_image(fmt::format("it has nothing for {}/{}", request_.platform.os,
                           request_.platform.architecture),
               names.empty() ? ""
                             : "it has " + base::join(names, ", ") + ": say which with platform");
  }

  const RegistryEntry& disk_in(const RegistryManifest& manifest) const {
    const RegistryEntry* found = nullptr;
    for (const RegistryEntry& entry : manifest.entries) {
      if (!is_disk(entry)) continue;
      if (found != nullptr)
        fail_image(fmt::format("it has {} and {}",
                               base::quoted(base::escape_controls(found->title)),
                               base::quoted(base::escape_controls(entry.title))));
      found = &entry;
    }
    if (found == nullptr)
      fail_image("it has no file whose name ends in .vhdx, .vhd, .qcow2, .img or .raw");
    return *found;
  }

  const RegistryImageRequest& request_;
  const RegistryQuestion question_;
  RegistryClient client_;
};

} // namespace

RegistryImage load_registry_image(const RegistryImageRequest& request, const FetchOptions& options,
                                  const FetchEnvironment& environment) {
  return RegistryLoader(request, options, environment).load();
}

} // namespace imagewright::repo
