// SPDX-License-Identifier: MIT
#pragma once

// What a check looked at, as its report names it: a report of one file must not count for another.

#include <filesystem>
#include <optional>

#include <imagewright/base/digest.hpp>
#include <imagewright/json/value.hpp>

namespace imagewright::cli {

class CheckedFile {
public:
  /// Reads it: before the check, so that the report is never of more than was looked at. One of
  /// terabytes, most of them holes, is not read: its report names no digest, and vouches for
  /// nothing. Throws base::Error (fs.cannot-read).
  explicit CheckedFile(const std::filesystem::path& path);

  /// The report, an object, with "subject" where there is a digest.
  json::Value named_in(const json::Value& report) const;

private:
  std::filesystem::path path_;
  std::optional<base::Digest> digest_;
};

} // namespace imagewright::cli
