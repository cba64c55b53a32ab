// SPDX-License-Identifier: MIT
#include <set>
#include <span>

#include <fmt/format.h>

#include <imagewright/base/digest.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/inspect/file_record.hpp>

#include "limits.hpp"

namespace imagewright::inspect {

namespace {

// Far beyond any image, and small enough that a filesystem made to blow up ends.
constexpr std::size_t k_most_files = 8'000'000;
constexpr std::size_t k_longest_path = 16'384;

[[noreturn]] void corrupt(const std::string& what) {
  throw base::Error(base::FailureKind::verification, "disk.corrupt-filesystem",
                    fmt::format("the filesystem is damaged: {}", what),
                    "check it with the tools of its kind, and copy or make the image again");
}

/// One walk over a filesystem.
class Lister {
public:
  Lister(const disk::FilesystemReader& filesystem, ContentDigests digests,
         const base::Cancellation& cancellation)
      : filesystem_(filesystem), digests_(digests), cancellation_(cancellation) {}

  std::map<std::string, FileRecord> run() {
    visit("/");
    return std::move(files_);
  }

private:
  void visit(const std::string& path) {
    cancellation_.check();
    const auto stored = filesystem_.find(path);
    if (!stored) corrupt(fmt::format("{} is listed and not there", base::quoted(path)));
    if (files_.size() >= k_most_files || path.size() > k_longest_path) {
      corrupt("it has more files than can be");
    }
    FileRecord record{
        .stored = *stored, .target = {}, .content = {}, .attributes = filesystem_.attributes(path)};
    if (stored->type == fs::FileType::symlink) {
      record.target = filesystem_.link_target(path).value_or("");
    }
    if (stored->type == fs::FileType::regular && digests_ == ContentDigests::computed) {
      record.content = digest(path, *stored);
    }
    files_.emplace(path, std::move(record));
    if (stored->type == fs::FileType::directory) descend(path, *stored);
  }

  void descend(const std::string& path, const disk::StoredFile& directory) {
    if (directory.inode != 0 && !directories_.insert(directory.inode).second) {
      corrupt(fmt::format("the directory {} has two names", base::quoted(path)));
    }
    const auto names = filesystem_.list(path);
    if (!names) corrupt(fmt::format("{} cannot be listed", base::quoted(path)));
    for (const std::string& name : *names) {
      visit(path == "/" ? path + name : path + "/" + name);
    }
  }

  /// Files with several names are read once.
  base::Digest digest(const std::string& path, const disk::StoredFile& stored) {
    const bool is_shared = stored.inode != 0 && stored.name_count > 1;
    if (is_shared) {
      if (const auto known = shared_.find(stored.inode); known != shared_.end()) {
        return known->second;
      }
    }
    base::Digest digest = base::digest_of(filesystem_.read(path, k_largest_file).value_or(""));
    if (is_shared) shared_.emplace(stored.inode, digest);
    return digest;
  }

  const disk::FilesystemReader& filesystem_;
  const ContentDigests digests_;
  const base::Cancellation& cancellation_;
  std::map<std::string, FileRecord> files_;
  std::set<std::uint64_t> directories_;
  std::map<std::uint64_t, base::Digest> shared_;
};

} // namespace

std::map<std::string, FileRecord> list_files(const disk::FilesystemReader& filesystem,
                                             ContentDigests digests,
                                             const base::Cancellation& cancellation) {
  return Lister(filesystem, digests, cancellation).run();
}

std::string_view type_word(fs::FileType type) {
  switch (type) {
  case fs::FileType::regular:
    return "file";
  case fs::FileType::directory:
    return "dir";
  case fs::FileType::symlink:
    return "link";
  case fs::FileType::character_device:
    return "char";
  case fs::FileType::block_device:
    return "block";
  case fs::FileType::fifo:
    return "fifo";
  case fs::FileType::socket:
    return "socket";
  }
  throw base::BugError("unknown file type");
}

std::string attribute_text(const tree::ExtendedAttribute& attribute) {
  if (attribute.name == "security.selinux") {
    // A label is stored with its terminating zero byte.
    return base::escape_controls(attribute.value.substr(0, attribute.value.find('\0')));
  }
  return base::to_hex(std::as_bytes(std::span(attribute.value)));
}

} // namespace imagewright::inspect
