// SPDX-License-Identifier: MIT
#include "handover/manifest_facts.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/model/architecture.hpp>
#include <imagewright/model/image_format.hpp>
#include <imagewright/model/partition_type.hpp>

namespace imagewright::handover {

const audit::ArtifactRecord& artifact_in(const audit::Manifest& manifest,
                                         std::initializer_list<model::ImageFormat> formats) {
  std::vector<std::string> words;
  for (const model::ImageFormat format : formats) {
    words.emplace_back(model::to_string(format));
    for (const audit::ArtifactRecord& artifact : manifest.artifacts) {
      if (artifact.format == format) return artifact;
    }
  }
  throw base::Error(base::FailureKind::input, "handover.no-artifact",
                    fmt::format("the image {} was not written as {}", base::quoted(manifest.name),
                                base::join(words, " or ")),
                    fmt::format("build it again with --format {}", words.front()));
}

void require_known_architecture(const audit::Manifest& manifest) {
  if (model::find_architecture(manifest.architecture) != nullptr) return;
  throw base::Error(base::FailureKind::input, "handover.bad-text",
                    fmt::format("{} is no architecture", base::quoted(manifest.architecture)),
                    "give the manifest as a build wrote it");
}

bool starts_by_uefi(const audit::Manifest& manifest) {
  const model::Architecture* architecture = model::find_architecture(manifest.architecture);
  if (architecture == nullptr) return false;
  const base::Uuid type = model::partition_type(model::PartitionKind::esp, *architecture);
  return std::ranges::any_of(manifest.layout.partitions, [&](const model::Partition& partition) {
    return partition.type == type;
  });
}

const std::string& checked_text(const std::string& text, std::string_view what) {
  const bool is_bad =
      text.empty() || base::has_control_characters(text) || !base::is_valid_utf8(text);
  if (!is_bad) return text;
  throw base::Error(base::FailureKind::input, "handover.bad-text",
                    fmt::format("{} is no {}", base::quoted(text), what), "give one line of text");
}

} // namespace imagewright::handover
