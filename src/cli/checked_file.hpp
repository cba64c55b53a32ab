// SPDX-License-Identifier: MIT
#pragma once

// What a check looked at, as its report names it: a report of one file must not count for another.

#include <filesystem>

#include <imagewright/base/digest.hpp>
#include <imagewright/json/value.hpp>

namespace imagewright::cli {

class CheckedFile {
public:
  /// Reads it: before the check, so that the report is never of more than was looked at. Throws
  /// base::Error (fs.cannot-read).
  explicit CheckedFile(const std::filesystem::path& path);

  /// The report, an object, with "subject".
  json::Value named_in(const json::Value& report) const;

private:
  std::filesystem::path path_;
  base::Digest digest_;
};

} // namespace imagewright::cli
