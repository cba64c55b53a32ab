// SPDX-License-Identifier: MIT
#include "image/cosi/format.hpp"

#include "image/compressed.hpp"
#include "image/cosi/archive.hpp"
#include "image/cosi/expand.hpp"
#include "image/cosi/reader.hpp"
#include "image/cosi/writer.hpp"
#include "image/file_source.hpp"
#include "image/flat_reader.hpp"

namespace imagewright::image {

namespace {

/// The copy, and the disk in it.
class ExpandedDisk final : public ImageReader {
public:
  ExpandedDisk(fs::UniqueFd room, std::uint64_t size, const std::string& name)
      : file_(std::move(room), name), disk_(file_, size, model::ImageFormat::cosi, name) {}

  std::uint64_t size() const override { return disk_.size(); }
  model::ImageFormat format() const override { return disk_.format(); }
  void read(std::uint64_t offset, std::span<std::byte> buffer) const override {
    disk_.read(offset, buffer);
  }
  std::vector<DiskExtent> data_extents() const override { return disk_.data_extents(); }
  std::vector<StoredExtent> stored_extents() const override { return disk_.stored_extents(); }

private:
  FileSource file_;
  FlatReader disk_;
};

bool recognises(const fs::ByteSource& file, const std::string&) {
  return cosi::is_cosi(file);
}

std::unique_ptr<ImageReader> open(const fs::ByteSource& file, const std::string& name) {
  return open_cosi(file, name, nameless_file());
}

/// Any disk with a partition table fits.
void check_size(std::uint64_t) {}

} // namespace

std::unique_ptr<ImageReader> open_cosi(const fs::ByteSource& file, const std::string& name,
                                       fs::UniqueFd room) {
  const std::uint64_t size = cosi::expand_cosi(file, name, room.get());
  return std::make_unique<ExpandedDisk>(std::move(room), size, name);
}

constinit const FormatWriter k_cosi_writer{.check_size = check_size, .write = write_cosi};
constinit const FormatReader k_cosi_reader{.recognises = recognises, .open = open};

} // namespace imagewright::image
