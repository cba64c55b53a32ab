// SPDX-License-Identifier: MIT
#pragma once

// OCI layouts of a few bytes.

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/digest.hpp>

/// Writes blobs and says what describes them.
class Layout {
public:
  explicit Layout(std::filesystem::path directory) : directory_(std::move(directory)) {
    std::filesystem::create_directories(directory_ / "blobs/sha256");
  }

  std::filesystem::path blob_file(const std::string& digest) const {
    return directory_ / "blobs/sha256" / digest.substr(7);
  }

  /// `{"mediaType": …, "digest": …, "size": …` without the end, so that more can be added.
  std::string blob(const std::string& type, const std::string& content) {
    last_digest = imagewright::base::digest_of(content).to_string();
    std::ofstream(blob_file(last_digest)) << content;
    return fmt::format(R"({{"mediaType": "{}", "digest": "{}", "size": {})", type, last_digest,
                       content.size());
  }

  std::string config(const std::string& architecture, const std::vector<std::string>& layers) {
    std::string differences;
    for (const std::string& layer : layers) {
      differences += fmt::format(R"({}"{}")", differences.empty() ? "" : ", ",
                                 imagewright::base::digest_of(layer).to_string());
    }
    return fmt::format(
        R"({{"architecture": "{}", "os": "linux", "rootfs": {{"type": "layers", "diff_ids": [{}]}}}})",
        architecture, differences);
  }

  /// The descriptor of a manifest whose layers hold these bytes.
  std::string manifest(const std::string& architecture, const std::vector<std::string>& layers) {
    return manifest_with(config(architecture, layers), layers);
  }

  std::string manifest_with(const std::string& config, const std::vector<std::string>& layers) {
    const std::string config_descriptor =
        blob("application/vnd.oci.image.config.v1+json", config) + "}";
    std::string list;
    for (const std::string& layer : layers) {
      list += list.empty() ? "" : ", ";
      list += blob("application/vnd.oci.image.layer.v1.tar", layer) + "}";
    }
    return blob("application/vnd.oci.image.manifest.v1+json",
                fmt::format(R"({{"schemaVersion": 2, "config": {}, "layers": [{}]}})",
                            config_descriptor, list));
  }

  static std::string for_platform(const std::string& descriptor, const std::string& architecture) {
    return fmt::format(R"({}, "platform": {{"os": "linux", "architecture": "{}"}}}})", descriptor,
                       architecture);
  }

  static std::string tagged(const std::string& descriptor, const std::string& tag) {
    return fmt::format(R"({}, "annotations": {{"org.opencontainers.image.ref.name": "{}"}}}})",
                       descriptor, tag);
  }

  std::string index(const std::string& entries) {
    return blob("application/vnd.oci.image.index.v1+json",
                fmt::format(R"({{"schemaVersion": 2, "manifests": [{}]}})", entries));
  }

  void write_index(const std::string& entries) const {
    std::ofstream(directory_ / "index.json")
        << fmt::format(R"({{"schemaVersion": 2, "manifests": [{}]}})", entries);
  }

  std::string last_digest;

private:
  std::filesystem::path directory_;
};
