// SPDX-License-Identifier: MIT
#pragma once

// An image file on the host as the descriptors that a worker needs to read it: whoever made the
// image is not trusted to be read anywhere else.

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/fs/borrowed_bytes.hpp>
#include <imagewright/fs/unique_fd.hpp>
#include <imagewright/image/image_reader.hpp>
#include <imagewright/sandbox/worker.hpp>

namespace imagewright::image {

/// Nothing of its content is looked at, but whether it begins as compressed files do.
struct ImageFile {
  std::string name; ///< for messages
  std::optional<model::ImageFormat> format;
  fs::UniqueFd file;
  /// A file without a name that a compressed image is expanded into; else none.
  fs::UniqueFd room;
  /// What of a raw disk the file does not have itself; the lending files must stay open.
  fs::BorrowedBytes borrowed = {};
};

/// Throws base::Error (fs.cannot-read, image.not-a-file, fs.cannot-write).
ImageFile open_image_file(const std::filesystem::path& path,
                          std::optional<model::ImageFormat> format = {});

/// The worker's request that reads these images, and has time and memory for them. What is behind
/// their description, and in `request.descriptors` already, is the job's own. `files` must outlive
/// it.
sandbox::WorkerRequest request_to_read(std::span<const ImageFile> files,
                                       sandbox::WorkerRequest request);

/// For jobs: takes what request_to_read gave out of the call, in order.
class HandedImages {
public:
  /// `call` must outlive it.
  explicit HandedImages(const sandbox::WorkerCall& call);

  std::size_t size() const { return images_.size(); }
  const std::string& name(std::size_t index) const { return images_[index].name; }
  std::optional<model::ImageFormat> format(std::size_t index) const {
    return images_[index].format;
  }
  bool is_compressed(std::size_t index) const { return images_[index].has_room; }
  /// Throws what open_image throws.
  std::unique_ptr<ImageReader> open(std::size_t index) const;
  /// The file as it is, from its start; what is compressed stays so, and what is borrowed is not
  /// in it.
  fs::UniqueFd file(std::size_t index) const;
  base::ByteSize file_size(std::size_t index) const;
  /// What is the job's own.
  std::string_view request() const { return request_; }
  std::span<const int> descriptors() const { return descriptors_; }

private:
  struct Image {
    std::string name;
    std::optional<model::ImageFormat> format;
    int file = -1;
    bool has_room = false;
    int room = -1;
    fs::BorrowedBytes borrowed = {};
  };

  std::vector<Image> images_;
  std::string_view request_;
  std::span<const int> descriptors_;
};

/// What convert's workers do.
std::span<const sandbox::WorkerJob> worker_jobs();

} // namespace imagewright::image
