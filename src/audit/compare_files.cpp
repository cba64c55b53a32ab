// SPDX-License-Identifier: MIT
#include <system_error>

#include <fmt/format.h>

#include <imagewright/audit/comparison.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/lock/lock_file.hpp>

namespace imagewright::audit {

namespace {

enum class Kind : std::uint8_t { image, manifest, lock };

constexpr base::ByteSize k_largest_text = base::ByteSize::mib(256);

const char* word_for(Kind kind) {
  switch (kind) {
  case Kind::image:
    return "an image";
  case Kind::manifest:
    return "a manifest";
  case Kind::lock:
    return "a lock";
  }
  throw base::BugError("unknown kind of file");
}

/// Waiting for a pipe, or failing late, would say less.
void require_file(const std::filesystem::path& path) {
  std::error_code ignored;
  const auto status = std::filesystem::status(path, ignored);
  if (std::filesystem::is_regular_file(status) || std::filesystem::is_block_file(status)) return;
  throw base::Error(
      base::FailureKind::input, "fs.cannot-read",
      fmt::format("cannot read {}: {}", base::quoted(path.string()),
                  std::filesystem::exists(status) ? "it is not a file" : "there is no such file"),
      "give the path of an image, a manifest or a lock");
}

/// No image format starts with a brace; of our JSON documents each names itself.
Kind kind_of(const std::filesystem::path& path) {
  char first = '\0';
  const fs::UniqueFd fd = fs::open_for_reading(path);
  if (std::filesystem::file_size(path) > 0) {
    fs::read_exactly(fd.get(), std::as_writable_bytes(std::span(&first, 1)), 0, path.string());
  }
  if (first != '{') return Kind::image;
  const json::Value document = json::parse(fs::read_file(path, k_largest_text), path.string());
  return document.find("imagewrightManifest") != nullptr ? Kind::manifest : Kind::lock;
}

Manifest read_manifest(const std::filesystem::path& path) {
  return parse_manifest(fs::read_file(path, k_largest_text), path.string());
}

model::Lock read_lock(const std::filesystem::path& path) {
  return lock::parse(fs::read_file(path, k_largest_text), path.string());
}

} // namespace

Comparison compare_files(const std::filesystem::path& left, const std::filesystem::path& right,
                         const base::Cancellation& cancellation) {
  require_file(left);
  require_file(right);
  const Kind kind = kind_of(left);
  const Kind other = kind_of(right);
  if (kind != other) {
    throw base::Error(base::FailureKind::input, "audit.kinds-differ",
                      fmt::format("{} is {} and {} is {}", base::quoted(left.string()),
                                  word_for(kind), base::quoted(right.string()), word_for(other)),
                      "give two images, two manifests or two locks");
  }
  switch (kind) {
  case Kind::image:
    return compare_images(left, right, cancellation);
  case Kind::manifest:
    return compare_manifests(read_manifest(left), read_manifest(right));
  case Kind::lock:
    return compare_locks(read_lock(left), read_lock(right));
  }
  throw base::BugError("unknown kind of file");
}

} // namespace imagewright::audit
