// SPDX-License-Identifier: MIT
#include <cerrno>
#include <chrono>

#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/image/image_file.hpp>
#include <imagewright/sandbox/byte_codec.hpp>

#include "image/compressed.hpp"
#include "image/file_source.hpp"

namespace imagewright::image {

namespace {

/// Tables of a disk of many TiB, or the files of two systems.
constexpr base::ByteSize k_memory = base::ByteSize::gib(4);
/// No disk is larger; holes cost nothing.
constexpr base::ByteSize k_largest_file = base::ByteSize::gib(std::uint64_t{1} << 20U);
constexpr std::chrono::minutes k_least_time{10};
/// What the slowest disk that a node is made on reads, expands and writes in a second.
constexpr std::uint64_t k_bytes_a_second = std::uint64_t{4} << 20U;
constexpr std::uint64_t k_no_format = ~std::uint64_t{0};

std::uint64_t stored_bytes(const fs::UniqueFd& file) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return 0;
  if (S_ISREG(status.st_mode)) return static_cast<std::uint64_t>(status.st_blocks) * 512;
  const off_t end = ::lseek(file.get(), 0, SEEK_END);
  return end < 0 ? 0 : static_cast<std::uint64_t>(end);
}

/// A descriptor that somebody else closes.
fs::UniqueFd duplicate(int descriptor, const std::string& name) {
  fs::UniqueFd fd(::dup(descriptor));
  if (!fd) base::throw_system_error("fs.cannot-read", "cannot read", name, errno);
  return fd;
}

} // namespace

ImageFile open_image_file(const std::filesystem::path& path,
                          std::optional<model::ImageFormat> format) {
  const FileSource source(path);
  ImageFile image{.name = path.string(),
                  .format = format,
                  .file = duplicate(source.fd(), path.string()),
                  .room = {}};
  if (must_be_expanded(source, format)) image.room = nameless_file();
  return image;
}

sandbox::WorkerRequest request_to_read(std::span<const ImageFile> files,
                                       sandbox::WorkerRequest request) {
  sandbox::ByteWriter writer;
  std::vector<int> descriptors;
  std::uint64_t bytes = 0;
  writer.number(files.size());
  for (const ImageFile& image : files) {
    writer.text(image.name);
    writer.number(image.format ? static_cast<std::uint64_t>(*image.format) : k_no_format);
    writer.number(image.room ? 1 : 0);
    descriptors.push_back(image.file.get());
    if (image.room) descriptors.push_back(image.room.get());
    bytes += stored_bytes(image.file);
  }
  descriptors.insert(descriptors.end(), request.descriptors.begin(), request.descriptors.end());
  request.descriptors = std::move(descriptors);
  request.request = writer.take() + request.request;
  request.limits = {.memory = k_memory,
                    .time = k_least_time + std::chrono::seconds(bytes / k_bytes_a_second),
                    .file_size = k_largest_file};
  return request;
}

HandedImages::HandedImages(const sandbox::WorkerCall& call) {
  sandbox::ByteReader reader(call.request);
  std::size_t used = 0;
  for (std::uint64_t left = reader.number(); left != 0; --left) {
    Image image{.name = reader.text()};
    const std::uint64_t format = reader.number();
    if (format != k_no_format) image.format = static_cast<model::ImageFormat>(format);
    image.has_room = reader.number() != 0;
    image.file = call.descriptors[used++];
    if (image.has_room) image.room = call.descriptors[used++];
    images_.push_back(std::move(image));
  }
  request_ = reader.rest();
  descriptors_ = call.descriptors.subspan(used);
}

fs::UniqueFd HandedImages::file(std::size_t index) const {
  const Image& image = images_.at(index);
  fs::UniqueFd fd = duplicate(image.file, image.name);
  // Duplicates share their place in the file.
  if (::lseek(fd.get(), 0, SEEK_SET) < 0)
    base::throw_system_error("fs.cannot-read", "cannot read", image.name, errno);
  return fd;
}

base::ByteSize HandedImages::file_size(std::size_t index) const {
  const off_t end = ::lseek(images_.at(index).file, 0, SEEK_END);
  if (end < 0)
    base::throw_system_error("fs.cannot-read", "cannot read", images_.at(index).name, errno);
  return base::ByteSize(static_cast<std::uint64_t>(end));
}

std::unique_ptr<ImageReader> HandedImages::open(std::size_t index) const {
  const Image& image = images_.at(index);
  fs::UniqueFd room;
  if (image.has_room) room = duplicate(image.room, image.name);
  return open_image(duplicate(image.file, image.name), image.name, image.format, std::move(room));
}

} // namespace imagewright::image
