// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/image/image_reader.hpp>

#include "image/compressed.hpp"
#include "image/corrupt.hpp"
#include "image/cosi/archive.hpp"
#include "image/cosi/reader.hpp"
#include "image/file_source.hpp"
#include "image/foreign.hpp"
#include "image/format.hpp"

namespace imagewright::image {

namespace {

/// A reader together with the file that it reads.
class OwningReader final : public ImageReader {
public:
  OwningReader(std::unique_ptr<fs::ByteSource> file, const std::string& name,
               std::optional<model::ImageFormat> format)
      : file_(std::move(file)), reader_(open_image(*file_, name, format)) {}

  std::uint64_t size() const override { return reader_->size(); }
  model::ImageFormat format() const override { return reader_->format(); }
  std::uint32_t sector_size() const override { return reader_->sector_size(); }
  void read(std::uint64_t offset, std::span<std::byte> buffer) const override {
    reader_->read(offset, buffer);
  }
  std::vector<DiskExtent> data_extents() const override { return reader_->data_extents(); }
  std::vector<StoredExtent> stored_extents() const override { return reader_->stored_extents(); }

private:
  std::unique_ptr<fs::ByteSource> file_;
  std::unique_ptr<ImageReader> reader_;
};

/// There is room for one copy.
void refuse_compressed_cosi(const fs::ByteSource& file, const std::string& name) {
  if (!cosi::is_cosi(file)) return;
  throw base::Error(base::FailureKind::input, "image.unsupported",
                    fmt::format("the image {} cannot be read: it is a COSI file that was "
                                "compressed once more",
                                base::quoted(name)),
                    "unpack it first; what is in it is compressed already");
}

} // namespace

void throw_corrupt(const std::string& code, const std::string& name, const std::string& what) {
  throw base::Error(base::FailureKind::verification, code,
                    fmt::format("the image {} is damaged: {}", base::quoted(name), what),
                    "copy or make the image again");
}

void throw_unsupported(const std::string& name, const std::string& what) {
  throw base::Error(
      base::FailureKind::input, "image.unsupported",
      fmt::format("the image {} cannot be read: {}", base::quoted(name), what),
      "convert it with the program that made it, or with \"qemu-img convert -O raw\"");
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

std::string text_at(const fs::ByteSource& file, std::uint64_t offset, std::size_t length) {
  if (!is_inside(file, offset, length)) return {};
  std::string text(length, '\0');
  file.read(offset, std::as_writable_bytes(std::span(text)));
  return text;
}

std::unique_ptr<ImageReader> open_image(const fs::ByteSource& file, const std::string& name,
                                        std::optional<model::ImageFormat> format) {
  if (format) {
    const DiskFormat& row = disk_format(*format);
    // What a raw disk holds is nobody's business; every other format says what it is.
    if (*format != model::ImageFormat::raw && !row.reader->recognises(file, name)) {
      throw base::Error(base::FailureKind::input, "image.unsupported",
                        fmt::format("the image {} is not of the format {}", base::quoted(name),
                                    model::to_string(*format)),
                        "leave the format out: it is found from the content");
    }
    return row.reader->open(file, name);
  }
  for (const DiskFormat& row : disk_formats()) {
    if (row.reader->recognises(file, name)) return row.reader->open(file, name);
  }
  refuse_foreign(file, name);
}

std::unique_ptr<ImageReader> open_image(std::unique_ptr<fs::ByteSource> file,
                                        const std::string& name,
                                        std::optional<model::ImageFormat> format) {
  return std::make_unique<OwningReader>(std::move(file), name, format);
}

std::unique_ptr<ImageReader> open_image(const std::filesystem::path& path,
                                        std::optional<model::ImageFormat> format) {
  auto file = std::make_unique<FileSource>(path);
  if (!format && compression_of(*file) != archive::Compression::none) {
    fs::UniqueFd plain = nameless_file();
    expand(*file, path.string(), plain);
    file = std::make_unique<FileSource>(std::move(plain), path.string());
  }
  return std::make_unique<OwningReader>(std::move(file), path.string(), format);
}

std::unique_ptr<ImageReader> open_image(fs::UniqueFd file, const std::string& name,
                                        std::optional<model::ImageFormat> format,
                                        fs::UniqueFd room) {
  auto source = std::make_unique<FileSource>(std::move(file), name);
  if (room && cosi::is_cosi(*source)) return open_cosi(*source, name, std::move(room));
  if (room) {
    expand(*source, name, room);
    source = std::make_unique<FileSource>(std::move(room), name);
    refuse_compressed_cosi(*source, name);
  }
  return std::make_unique<OwningReader>(std::move(source), name, format);
}

} // namespace imagewright::image
