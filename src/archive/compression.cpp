// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>

#include <imagewright/archive/decompress.hpp>
#include <imagewright/base/error.hpp>

namespace imagewright::archive {

namespace {

struct Signature {
  Compression compression;
  std::string_view magic;
};

// RFC 1952 section 2.3.1, RFC 8878 section 3.1.1, the .xz file format section 2.1.1.1, the bzip2
// format description.
constexpr std::array<Signature, 4> k_signatures{{
    {Compression::gzip, "\x1f\x8b"},
    {Compression::zstd, "\x28\xb5\x2f\xfd"},
    {Compression::xz, std::string_view("\xfd"
                                       "7zXZ\0",
                                       6)},
    {Compression::bzip2, "BZh"},
}};

} // namespace

std::string_view to_string(Compression compression) {
  switch (compression) {
  case Compression::none:
    return "none";
  case Compression::gzip:
    return "gzip";
  case Compression::zstd:
    return "zstd";
  case Compression::xz:
    return "xz";
  case Compression::bzip2:
    return "bzip2";
  }
  throw base::BugError("unknown compression");
}

Compression detect_compression(std::span<const std::byte> head) {
  for (const Signature& signature : k_signatures) {
    if (head.size() < signature.magic.size()) continue;
    const bool matches = std::equal(
        signature.magic.begin(), signature.magic.end(), head.begin(),
        [](char expected, std::byte actual) { return static_cast<std::byte>(expected) == actual; });
    if (matches) return signature.compression;
  }
  return Compression::none;
}

} // namespace imagewright::archive
