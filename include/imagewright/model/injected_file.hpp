// SPDX-License-Identifier: MIT
#pragma once

// A file that goes back into the image that it came from (inject-files.yaml).

#include <filesystem>
#include <string>

#include <imagewright/base/source_location.hpp>
#include <imagewright/model/layout.hpp>
#include <imagewright/model/located.hpp>

namespace imagewright::model {

struct InjectedFile {
  MountIdentifier partition_kind = MountIdentifier::part_uuid; ///< what `partition` is
  LocatedText partition;
  std::filesystem::path source;
  std::string destination; ///< from the top of the partition
  base::SourceLocation where;

  bool operator==(const InjectedFile&) const = default;
};

} // namespace imagewright::model
