// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <span>
#include <utility>

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/tree/root_tree.hpp>

namespace imagewright::tree {

namespace {

// "/" sorts before every other byte, so that a directory's content directly follows it.
int rank(char character) {
  return character == '/' ? -1 : static_cast<int>(static_cast<unsigned char>(character));
}

fs::UniqueFd nameless_file(const char* name) {
  fs::UniqueFd file(memfd_create(name, MFD_CLOEXEC));
  if (!file) base::throw_system_error("tree.cannot-read", "cannot copy", name, errno);
  return file;
}

/// A copy in memory that is gone with its descriptor: the root itself is sealed.
fs::UniqueFd copy_with_texts(const OpenContent& content, const Inode& inode) {
  fs::UniqueFd copy = nameless_file("imagewright-content");
  std::vector<std::byte> buffer(std::min<std::uint64_t>(inode.size, std::uint64_t{1} << 20U));
  for (std::uint64_t position = 0; position < inode.size; position += buffer.size()) {
    const auto piece =
        std::span(buffer).first(std::min<std::uint64_t>(buffer.size(), inode.size - position));
    content.read(position, piece);
    fs::write_exactly(copy.get(), piece, position, inode.content);
  }
  for (const LatePlace& place : inode.late_places)
    fs::write_exactly(copy.get(), std::as_bytes(std::span(place.text)), place.offset,
                      inode.content);
  return copy;
}

fs::UniqueFd file_with(std::string_view text) {
  fs::UniqueFd file = nameless_file("imagewright-text");
  fs::write_exactly(file.get(), std::as_bytes(std::span(text)), 0, "a text");
  return file;
}

} // namespace

bool is_before(std::string_view left, std::string_view right) {
  return std::lexicographical_compare(left.begin(), left.end(), right.begin(), right.end(),
                                      [](char a, char b) { return rank(a) < rank(b); });
}

const Inode* RootTree::find(std::string_view path) const {
  const auto place = std::lower_bound(
      entries.begin(), entries.end(), path,
      [](const Entry& entry, std::string_view wanted) { return is_before(entry.path, wanted); });
  if (place == entries.end() || place->path != path) return nullptr;
  return &inodes.at(place->inode);
}

OpenContent::OpenContent(fs::UniqueFd file, const Inode& inode)
    : file_(std::move(file)), inode_(inode) {}

OpenContent::OpenContent(const DistantContent& distant, const Inode& inode)
    : distant_(&distant), inode_(inode) {}

void OpenContent::read(std::uint64_t offset, std::span<std::byte> buffer) const {
  if (distant_ == nullptr) {
    fs::read_exactly(file_.get(), buffer, offset, inode_.content);
  } else {
    distant_->read(*inode_.distant, offset, buffer);
  }
}

void OpenContent::for_each_stretch(
    const std::function<void(std::uint64_t offset, std::uint64_t length)>& visit) const {
  if (distant_ == nullptr) return fs::for_each_data_extent(file_.get(), visit);
  for (const auto& [offset, length] : distant_->stretches(*inode_.distant))
    visit(offset, length);
}

std::optional<fs::FilePlace> OpenContent::find_place(std::uint64_t offset,
                                                     std::uint64_t length) const {
  if (distant_ == nullptr) return std::nullopt;
  return distant_->find_place(*inode_.distant, offset, length);
}

ContentReader::ContentReader(const RootTree& tree)
    : host_path_(tree.host_path),
      root_(::open(host_path_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)), distant_(tree.distant) {
  if (!root_) base::throw_system_error("tree.cannot-read", "cannot open", host_path_, errno);
}

bool ContentReader::is_distant(const Inode& inode) const {
  if (!inode.distant) return false;
  IMAGEWRIGHT_ASSERT(distant_ != nullptr);
  return true;
}

fs::UniqueFd ContentReader::open_on_host(const Inode& inode) const {
  const std::string shown = host_path_.string() + inode.content;
  open_how how{};
  how.flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  const std::string relative = inode.content.substr(inode.content.find_first_not_of('/'));
  fs::UniqueFd file(
      static_cast<int>(syscall(SYS_openat2, root_.get(), relative.c_str(), &how, sizeof how)));
  if (!file) base::throw_system_error("tree.cannot-read", "cannot open", shown, errno);
  struct stat status {};
  if (fstat(file.get(), &status) != 0) {
    base::throw_system_error("tree.cannot-read", "cannot examine", shown, errno);
  }
  if (!S_ISREG(status.st_mode) || static_cast<std::uint64_t>(status.st_size) != inode.size) {
    throw base::Error(base::FailureKind::build, "tree.cannot-read",
                      fmt::format("{} changed while the image was written", base::quoted(shown)),
                      "let nothing else work in the build directory, and build again");
  }
  return file;
}

fs::UniqueFd ContentReader::open(const Inode& inode) const {
  IMAGEWRIGHT_ASSERT(inode.type == fs::FileType::regular);
  if (is_distant(inode)) return copy_with_texts(OpenContent(*distant_, inode), inode);
  if (inode.content.empty()) return file_with(inode.text);
  fs::UniqueFd file = open_on_host(inode);
  if (inode.late_places.empty()) return file;
  return copy_with_texts(OpenContent(std::move(file), inode), inode);
}

OpenContent ContentReader::open_content(const Inode& inode) const {
  IMAGEWRIGHT_ASSERT(inode.type == fs::FileType::regular);
  if (is_distant(inode) && inode.late_places.empty()) return {*distant_, inode};
  return {open(inode), inode};
}

std::optional<base::Digest> ContentReader::distant_digest(const Inode& inode) const {
  if (!is_distant(inode) || !inode.late_places.empty()) return std::nullopt;
  return distant_->digest(*inode.distant);
}

} // namespace imagewright::tree
