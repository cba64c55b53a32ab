// SPDX-License-Identifier: MIT
#include <algorithm>
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

/// A raw disk of which a part stands in other files.
class BorrowingSource final : public fs::ByteSource {
public:
  BorrowingSource(fs::UniqueFd file, const std::string& name, const fs::BorrowedBytes& borrowed)
      : file_(std::move(file), name), name_(name), borrowed_(borrowed) {}

  std::uint64_t size() const override { return file_.size(); }
  void read(std::uint64_t offset, std::span<std::byte> buffer) const override {
    borrowed_.read(file_.fd(), offset, buffer, name_);
  }

private:
  FileSource file_;
  std::string name_;
  const fs::BorrowedBytes& borrowed_;
};

void write_borrowed(sandbox::ByteWriter& writer, const fs::BorrowedBytes& borrowed,
                    std::vector<int>& descriptors) {
  const auto stretches = borrowed.stretches();
  std::vector<int> lenders;
  for (const auto& [offset, place] : stretches) {
    if (std::ranges::find(lenders, place.file) == lenders.end()) lenders.push_back(place.file);
  }
  writer.number(lenders.size()).number(stretches.size());
  for (const auto& [offset, place] : stretches) {
    const auto lender = std::ranges::find(lenders, place.file) - lenders.begin();
    writer.number(offset).number(static_cast<std::uint64_t>(lender));
    writer.number(place.offset).number(place.length);
  }
  descriptors.insert(descriptors.end(), lenders.begin(), lenders.end());
}

/// Gives the number of lenders, which are the first of the descriptors.
std::size_t read_borrowed(sandbox::ByteReader& reader, std::span<const int> descriptors,
                          fs::BorrowedBytes& borrowed) {
  const std::uint64_t lenders = reader.number();
  for (std::uint64_t left = reader.number(); left != 0; --left) {
    const std::uint64_t offset = reader.number();
    fs::FilePlace place{.file = descriptors[reader.number()], .offset = reader.number()};
    place.length = reader.number();
    borrowed.borrow(offset, place);
  }
  return lenders;
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
    write_borrowed(writer, image.borrowed, descriptors);
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
    used += read_borrowed(reader, call.descriptors.subspan(used), image.borrowed);
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
  if (!image.borrowed.is_empty()) {
    IMAGEWRIGHT_ASSERT(image.format == model::ImageFormat::raw && !image.has_room);
    return open_image(std::make_unique<BorrowingSource>(duplicate(image.file, image.name),
                                                        image.name, image.borrowed),
                      image.name, image.format);
  }
  fs::UniqueFd room;
  if (image.has_room) room = duplicate(image.room, image.name);
  return open_image(duplicate(image.file, image.name), image.name, image.format, std::move(room));
}

} // namespace imagewright::image
