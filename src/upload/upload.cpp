// SPDX-License-Identifier: MIT
#include <cerrno>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/report/stage_scope.hpp>
#include <imagewright/upload/upload.hpp>

#include "blob.hpp"
#include "page_list.hpp"
#include "ranges.hpp"

namespace imagewright::upload {

namespace {

/// What the service takes (Azure's documentation of page blobs).
constexpr std::uint64_t k_largest_blob = std::uint64_t{8} << 40;

/// A file, and where it is not zero.
struct Disk {
  fs::UniqueFd file;
  std::string name;
  std::uint64_t size = 0;
  Ranges content;
};

Disk open_disk(const std::filesystem::path& path, const base::Cancellation& cancellation) {
  Disk disk{.file = fs::open_for_reading(path), .name = path.string(), .size = 0, .content = {}};
  struct stat status {};
  if (::fstat(disk.file.get(), &status) != 0)
    base::throw_system_error("fs.cannot-read", "cannot read", disk.name, errno);
  disk.size = static_cast<std::uint64_t>(status.st_size);
  if (disk.size == 0 || disk.size % k_page != 0 || disk.size > k_largest_blob) {
    throw base::Error(
        base::FailureKind::input, "upload.not-a-disk",
        fmt::format("{} has {} bytes, which is no page blob", base::quoted(disk.name), disk.size),
        "give a VHD of fixed size: imagewright convert IMAGE NAME.vhd --format "
        "vhd-fixed");
  }
  disk.content = content_of(disk.file.get(), disk.size, disk.name, cancellation);
  return disk;
}

std::string bytes_of(const Disk& disk, const Range& range) {
  std::string bytes(static_cast<std::size_t>(range.length), '\0');
  fs::read_exactly(disk.file.get(), std::as_writable_bytes(std::span(bytes)), range.offset,
                   disk.name);
  return bytes;
}

/// Where the content stands belongs to it.
void add(base::Hasher& hasher, const Range& range, const std::string& bytes) {
  hasher.update(fmt::format("{} {}\n", range.offset, range.length));
  hasher.update(bytes);
}

std::uint64_t length_of(const Ranges& ranges) {
  std::uint64_t length = 0;
  for (const Range& range : ranges)
    length += range.length;
  return length;
}

class Upload {
public:
  Upload(const UploadRequest& request, report::Reporter& reporter,
         const base::Cancellation& cancellation)
      : blob_(request, cancellation), disk_(open_disk(request.file, cancellation)),
        requests_(in_requests(disk_.content)), reporter_(reporter), cancellation_(cancellation) {}

  UploadResult run() {
    result_ = {.address = blob_.address(),
               .size = base::ByteSize(disk_.size),
               .content = base::ByteSize(length_of(disk_.content)),
               .sent = {},
               .digest = digest_of_disk()};
    send(require_blob());
    read_back();
    return result_;
  }

private:
  template <typename Work>
  void for_each_request(std::string_view stage_name, const Work& work) {
    report::StageScope stage(reporter_, stage_name, disk_.name);
    std::uint64_t done = 0;
    for (const Range& range : requests_) {
      cancellation_.check();
      work(range);
      done += range.length;
      stage.progress(
          {.bytes_done = base::ByteSize(done), .bytes_total = result_.content, .current = {}});
    }
  }

  base::Digest digest_of_disk() {
    base::Hasher hasher;
    hasher.update(fmt::format("{}\n", disk_.size));
    for_each_request("read",
                     [&](const Range& range) { add(hasher, range, bytes_of(disk_, range)); });
    return hasher.finish();
  }

  /// Gives what of the blob was written before.
  Ranges require_blob() {
    const auto facts = blob_.find();
    if (!facts) {
      blob_.create(disk_.size, result_.digest.hex);
      return {};
    }
    const bool is_ours = facts->type == "PageBlob" && facts->size == disk_.size &&
                         facts->content == result_.digest.hex;
    if (!is_ours) {
      throw base::Error(base::FailureKind::input, "upload.other-blob",
                        fmt::format("{} is there already, and was not begun with this file",
                                    base::quoted(blob_.address())),
                        "give the blob another name, or delete it: nothing is overwritten");
    }
    return pages();
  }

  Ranges pages() { return page_list_from(blob_.list_pages(), disk_.size, cancellation_); }

  void send(const Ranges& there) {
    std::uint64_t sent = 0;
    for_each_request("upload", [&](const Range& range) {
      if (covers(there, range)) return;
      const std::string bytes = bytes_of(disk_, range);
      blob_.write(range, bytes);
      sent += range.length;
    });
    result_.sent = base::ByteSize(sent);
  }

  [[noreturn]] void refuse_content(const std::string& what) const {
    throw base::Error(
        base::FailureKind::verification, "upload.damaged",
        fmt::format("{} is not what was sent: {}", base::quoted(blob_.address()), what),
        "delete the blob, and upload it again");
  }

  void read_back() {
    for (const Range& range : pages()) {
      if (!covers(disk_.content, range))
        refuse_content(
            fmt::format("there is something at {}, where the file is zero", range.offset));
    }
    base::Hasher hasher;
    hasher.update(fmt::format("{}\n", disk_.size));
    for_each_request("verify", [&](const Range& range) { add(hasher, range, blob_.read(range)); });
    if (hasher.finish() != result_.digest) refuse_content("its content has another digest");
  }

  Blob blob_;
  Disk disk_;
  Ranges requests_;
  report::Reporter& reporter_;
  const base::Cancellation& cancellation_;
  UploadResult result_;
};

} // namespace

UploadResult upload_page_blob(const UploadRequest& request, report::Reporter& reporter,
                              const base::Cancellation& cancellation) {
  return Upload(request, reporter, cancellation).run();
}

} // namespace imagewright::upload
