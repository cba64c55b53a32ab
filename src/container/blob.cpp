// SPDX-License-Identifier: MIT
#include "container/blob.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>

namespace imagewright::container {

namespace {

constexpr base::ByteSize k_largest_document = base::ByteSize::mib(16);

[[noreturn]] void throw_too_large(const std::filesystem::path& file) {
  throw_damaged(
      fmt::format("{} is too large for a description", base::quoted(file.filename().string())));
}

std::filesystem::path file_of(const std::filesystem::path& directory,
                              const Descriptor& descriptor) {
  return directory / "blobs" / "sha256" / descriptor.digest.hex;
}

void require(const Descriptor& descriptor, const Blob& blob) {
  if (blob.digest != descriptor.digest) {
    throw_damaged(fmt::format("the content of {} has the digest {}", descriptor.digest.to_string(),
                              blob.digest.to_string()));
  }
}

void require_size(const std::filesystem::path& file, const Descriptor& descriptor) {
  std::error_code error;
  const std::uint64_t size = std::filesystem::file_size(file, error);
  if (error) throw_damaged(fmt::format("{} is not there", descriptor.digest.to_string()));
  if (size != descriptor.size) {
    throw_damaged(fmt::format("{} has {} bytes, and should have {}", descriptor.digest.to_string(),
                              size, descriptor.size));
  }
}

} // namespace

void throw_damaged(const std::string& message) {
  throw base::Error(base::FailureKind::input, "container.damaged", message,
                    "make or fetch the image again");
}

void throw_unsupported(const std::string& message) {
  throw base::Error(base::FailureKind::input, "container.unsupported", message,
                    "convert it, for example with: skopeo copy --format oci SOURCE oci:DIRECTORY");
}

fs::UniqueFd open_regular_file(const std::filesystem::path& file) {
  // A look at the name first: nobody is told that a device or a FIFO was opened.
  std::error_code unknown;
  const auto status = std::filesystem::status(file, unknown);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
    throw_damaged(base::quoted(file.string()) + " is no file");
  fs::UniqueFd fd(::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!fd) base::throw_system_error("fs.cannot-read", "cannot read", file.string(), errno);
  struct stat opened {};
  if (::fstat(fd.get(), &opened) != 0 || !S_ISREG(opened.st_mode))
    throw_damaged(base::quoted(file.string()) + " is no file");
  return fd;
}

std::optional<std::string> find_document(const std::filesystem::path& file) {
  std::error_code unknown;
  if (!std::filesystem::exists(file, unknown) && !unknown) return std::nullopt;
  const fs::UniqueFd fd = open_regular_file(file);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0)
    base::throw_system_error("fs.cannot-read", "cannot read", file.string(), errno);
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size > k_largest_document.bytes()) throw_too_large(file);
  std::string text(size, '\0');
  fs::read_exactly(fd.get(), std::as_writable_bytes(std::span(text)), 0, file.string());
  return text;
}

Blob find_blob(const std::filesystem::path& directory, const Descriptor& descriptor,
               const base::Cancellation& cancellation) {
  cancellation.check();
  const std::filesystem::path file = file_of(directory, descriptor);
  require_size(file, descriptor);
  Blob blob = blob_of_file(file, descriptor.media_type);
  require(descriptor, blob);
  return blob;
}

Blob find_small_blob(const std::filesystem::path& directory, const Descriptor& descriptor,
                     const base::Cancellation& cancellation) {
  cancellation.check();
  const std::filesystem::path file = file_of(directory, descriptor);
  require_size(file, descriptor);
  Blob blob = small_blob_of_file(file, descriptor.media_type);
  require(descriptor, blob);
  return blob;
}

Blob blob_of_file(const std::filesystem::path& file, const std::string& media_type) {
  std::error_code error;
  const std::uint64_t size = std::filesystem::file_size(file, error);
  if (error)
    base::throw_system_error("fs.cannot-read", "cannot read", file.string(), error.value());
  return {.digest = fs::digest_of_file(file),
          .size = size,
          .media_type = media_type,
          .file = file,
          .content = {}};
}

Blob small_blob_of_file(const std::filesystem::path& file, const std::string& media_type) {
  auto text = find_document(file);
  if (!text) base::throw_system_error("fs.cannot-read", "cannot read", file.string(), ENOENT);
  return {.digest = base::digest_of(*text),
          .size = text->size(),
          .media_type = media_type,
          .file = {},
          .content = std::move(*text)};
}

} // namespace imagewright::container
