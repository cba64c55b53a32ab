// SPDX-License-Identifier: MIT
#pragma once

// What earlier runs of this program found out about the same base, which has not changed since.

#include <filesystem>
#include <optional>
#include <string>

#include <imagewright/model/image_format.hpp>
#include <imagewright/origin/base_image.hpp>
#include <imagewright/plan/services.hpp>

namespace imagewright::pipeline {

/// Digests of a base, found by the kernel's stamp of its file in the cache directory. Without one,
/// or where that belongs to others, nothing is known and nothing is kept.
class KnownBase {
public:
  /// Looks at the file, which is opened after that.
  KnownBase(const std::filesystem::path& path, std::optional<model::ImageFormat> format,
            const plan::Services& services);

  /// Tells the base what is known of it.
  void recall(const origin::BaseImage& base);
  /// Keeps what was found out, unless the file may have changed meanwhile.
  void keep(const origin::BaseImage& base) const;

private:
  std::filesystem::path path_;
  std::string stamp_; ///< empty: nothing may be known by it
  std::string key_;
  std::filesystem::path cache_directory_;
  report::Reporter& reporter_;
  origin::BaseDigests::Known recalled_;
};

} // namespace imagewright::pipeline
