// SPDX-License-Identifier: MIT
#include "image/cosi/format.hpp"

#include <imagewright/base/byte_size.hpp>

#include "image/compressed.hpp"
#include "image/cosi/archive.hpp"
#include "image/cosi/expand.hpp"
#include "image/cosi/reader.hpp"
#include "image/cosi/writer.hpp"
#include "image/file_source.hpp"
#include "image/flat_reader.hpp"
#include "image/vhd/footer.hpp"
#include "image/vhd/writer.hpp"

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

void write(OutputFile& file, const SourceDisk& disk, const FormatRequest& request,
           const base::Cancellation& cancellation) {
  write_cosi(file, disk, request, cancellation);
}

/// Clouds take nothing but fixed VHDs: the archive is the content of one.
void write_baremetal(OutputFile& file, const SourceDisk& disk, const FormatRequest& request,
                     const base::Cancellation& cancellation) {
  const std::uint64_t archive = write_cosi(file, disk, request, cancellation);
  const std::uint64_t size = base::ByteSize(archive).rounded_up_to(base::ByteSize::mib(1)).bytes();
  check_vhd_size(size);
  file.write(size, make_vhd_footer(VhdKind::fixed, size, request.identity));
}

} // namespace

std::unique_ptr<ImageReader> open_cosi(const fs::ByteSource& file, const std::string& name,
                                       fs::UniqueFd room) {
  const std::uint64_t size = cosi::expand_cosi(file, name, room.get());
  return std::make_unique<ExpandedDisk>(std::move(room), size, name);
}

constinit const FormatWriter k_cosi_writer{.check_size = check_size, .write = write};
constinit const FormatWriter k_baremetal_writer{.check_size = check_size, .write = write_baremetal};
constinit const FormatReader k_cosi_reader{.recognises = recognises, .open = open};

} // namespace imagewright::image
