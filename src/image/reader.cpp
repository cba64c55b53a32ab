// SPDX-License-Identifier: MIT
#include "image/qcow2/reader.hpp"

#include <cerrno>

#include <sys/stat.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/image/image_reader.hpp>

#include "image/big_endian.hpp"
#include "image/corrupt.hpp"
#include "image/qcow2/layout.hpp"
#include "image/vhd/footer.hpp"
#include "image/vhd/reader.hpp"
#include "image/vhdx/layout.hpp"
#include "image/vhdx/reader.hpp"

namespace imagewright::image {

namespace {

constexpr std::string_view k_vhd_cookie = "conectix";
constexpr std::string_view k_vmdk_magic = "KDMV";

/// An open file.
class FileSource final : public fs::ByteSource {
public:
  explicit FileSource(const std::filesystem::path& path)
      : name_(path.string()), fd_(fs::open_for_reading(path)) {
    struct stat status {};
    if (fstat(fd_.get(), &status) != 0) {
      base::throw_system_error("fs.cannot-read", "cannot examine", name_, errno);
    }
    size_ = static_cast<std::uint64_t>(status.st_size);
  }

  std::uint64_t size() const override { return size_; }
  void read(std::uint64_t offset, std::span<std::byte> buffer) const override {
    fs::read_exactly(fd_.get(), buffer, offset, name_);
  }
  int fd() const { return fd_.get(); }

private:
  std::string name_;
  fs::UniqueFd fd_;
  std::uint64_t size_ = 0;
};

/// The first `size` bytes of a file are the disk: raw, and fixed VHD.
class FlatReader final : public ImageReader {
public:
  FlatReader(const fs::ByteSource& file, std::uint64_t size, model::ImageFormat format,
             std::string name)
      : file_(file), size_(size), format_(format), name_(std::move(name)) {}

  std::uint64_t size() const override { return size_; }
  model::ImageFormat format() const override { return format_; }
  void read(std::uint64_t offset, std::span<std::byte> buffer) const override {
    check_range(*this, offset, buffer.size(), name_);
    file_.read(offset, buffer);
  }
  std::vector<DiskExtent> data_extents() const override {
    const auto* real_file = dynamic_cast<const FileSource*>(&file_);
    if (real_file == nullptr) return {{0, size_}};
    std::vector<DiskExtent> extents;
    fs::for_each_data_extent(real_file->fd(), [&](std::uint64_t offset, std::uint64_t length) {
      if (offset < size_) extents.push_back({offset, std::min(length, size_ - offset)});
    });
    return extents;
  }

private:
  const fs::ByteSource& file_;
  std::uint64_t size_;
  model::ImageFormat format_;
  std::string name_;
};

/// A reader together with the file that it reads.
class OwningReader final : public ImageReader {
public:
  explicit OwningReader(const std::filesystem::path& path)
      : file_(path), reader_(open_image(file_, path.string())) {}

  std::uint64_t size() const override { return reader_->size(); }
  model::ImageFormat format() const override { return reader_->format(); }
  void read(std::uint64_t offset, std::span<std::byte> buffer) const override {
    reader_->read(offset, buffer);
  }
  std::vector<DiskExtent> data_extents() const override { return reader_->data_extents(); }

private:
  FileSource file_;
  std::unique_ptr<ImageReader> reader_;
};

std::string text_at(const fs::ByteSource& file, std::uint64_t offset, std::size_t length) {
  if (!is_inside(file, offset, length)) return {};
  std::string text(length, '\0');
  file.read(offset, std::as_writable_bytes(std::span(text)));
  return text;
}

} // namespace

void throw_corrupt(const std::string& code, const std::string& name, const std::string& what) {
  throw base::Error(base::FailureKind::verification, code,
                    fmt::format("the image {} is damaged: {}", base::quoted(name), what),
                    "copy or make the image again");
}

void throw_unsupported(const std::string& name, const std::string& what) {
  throw base::Error(base::FailureKind::input, "image.unsupported",
                    fmt::format("the image {} cannot be read: {}", base::quoted(name), what),
                    "convert it to qcow2, VHD or raw first");
}

bool is_inside(const fs::ByteSource& source, std::uint64_t offset, std::uint64_t length) {
  return offset <= source.size() && length <= source.size() - offset;
}

void check_range(const fs::ByteSource& source, std::uint64_t offset, std::size_t length,
                 const std::string& name) {
  if (is_inside(source, offset, length)) return;
  throw base::Error(base::FailureKind::verification, "image.read-beyond-end",
                    fmt::format("{} bytes at {} are not inside the disk of {}", length, offset,
                                base::quoted(name)),
                    "the image was cut off, or something in it points beyond its end");
}

std::unique_ptr<ImageReader> open_image(const fs::ByteSource& file, const std::string& name) {
  const std::string start = text_at(file, 0, k_vhd_cookie.size());
  if (start.size() == k_vhd_cookie.size()) {
    if (start.starts_with(k_vmdk_magic)) throw_unsupported(name, "VMDK");
    if (get<std::uint32_t>(std::as_bytes(std::span(start)), 0) == k_qcow2_magic) {
      return open_qcow2(file, name);
    }
    if (start == k_vhd_cookie) return open_vhd(file, name);
    if (start == vhdx::k_file_signature) return open_vhdx(file, name);
  }
  if (file.size() >= k_vhd_sector &&
      text_at(file, file.size() - k_vhd_sector, k_vhd_cookie.size()) == k_vhd_cookie) {
    if (const auto size = find_fixed_vhd_size(file, name)) {
      return std::make_unique<FlatReader>(file, *size, model::ImageFormat::vhd_fixed, name);
    }
  }
  return std::make_unique<FlatReader>(file, file.size(), model::ImageFormat::raw, name);
}

std::unique_ptr<ImageReader> open_image(const std::filesystem::path& path) {
  return std::make_unique<OwningReader>(path);
}

} // namespace imagewright::image
