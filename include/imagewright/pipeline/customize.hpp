// SPDX-License-Identifier: MIT
#pragma once

// An image that exists becomes another one: the order of things, and nothing else.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/fs/publication.hpp>
#include <imagewright/json/value.hpp>
#include <imagewright/pipeline/build.hpp>
#include <imagewright/plan/build_plan.hpp>
#include <imagewright/plan/resolve_plan.hpp>
#include <imagewright/plan/services.hpp>

namespace imagewright::pipeline {

struct CustomizeOptions {
  plan::PlanOptions plan;
  plan::NetworkUse network = plan::NetworkUse::allowed;
  /// Empty: what `input.image.path` says.
  std::filesystem::path base;
  std::optional<model::ImageFormat> base_format; ///< absent: found from the content
  std::optional<base::Epoch> epoch;              ///< absent: the newest time in the base
  std::filesystem::path output_directory;        ///< empty: as for a build
  EmulationUse emulation = EmulationUse::automatic;
  std::string tool_version;
};

/// What becomes, or would become, of one partition of the base.
struct PartitionReport {
  std::string id;
  std::string mount_point; ///< empty: not mounted, and so carried as it is
  bool is_rewritten = false;
  std::string first_change; ///< why: the first path in it that is not as in the base
  base::ByteSize size;
  base::ByteSize used;
};

struct CustomizeResult {
  std::vector<fs::PublishedFile> files;
  std::vector<PartitionReport> partitions;
};

/// Throws base::InputError and base::Error (customize.…, origin.…, finalize.…); then nothing is
/// published, and the base is never changed.
CustomizeResult customize(const CustomizeOptions& options, const plan::Services& services);

/// Files that were signed elsewhere, and go back into the image that they came from.
struct InjectOptions {
  std::filesystem::path list; ///< inject-files.yaml
  std::filesystem::path base;
  std::optional<model::ImageFormat> base_format; ///< absent: found from the content
  std::filesystem::path output;
  std::optional<model::ImageFormat> format; ///< of the output; absent: the base's
  std::optional<base::Epoch> epoch;         ///< absent: the newest time in the base
  std::string tool_version;
};

/// Nothing but the files changes. Throws as customize() does, and base::Error
/// (customize.no-partition) for a partition that the image has not, or does not mount.
CustomizeResult inject_files(const InjectOptions& options, const plan::Services& services);

/// What would be done, in the order in which it would be: reads config and base, writes nothing.
/// Throws what customize() throws before it begins to work.
struct CustomizeOutline {
  std::filesystem::path base;
  std::string operating_system;
  std::string architecture;
  base::Digest digest;
  base::Epoch epoch{};
  std::string image_uuid;
  std::vector<PartitionReport> partitions; ///< how full they are; nothing is rewritten yet
  std::vector<std::string> actions;        ///< sentences
  std::vector<std::string> outputs;        ///< names of files
};

CustomizeOutline outline_customizing(const CustomizeOptions& options,
                                     const plan::Services& services);

std::string to_text(const CustomizeOutline& outline);
json::Value to_json(const CustomizeOutline& outline);

} // namespace imagewright::pipeline
