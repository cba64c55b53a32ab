// SPDX-License-Identifier: MIT
#include "shadowed_paths.hpp"

#include <cerrno>
#include <map>
#include <set>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rpm/rpmfiles.h>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/file.hpp>

namespace imagewright::install {

namespace {

/// Tells which paths are on other filesystems than the root's.
class Shadows {
public:
  Shadows() : root_(device_of("/")) {}

  bool hides(const std::string& path, const std::string& directory) {
    auto [entry, is_new] = directories_.emplace(directory, false);
    if (is_new) entry->second = device_of(directory) != root_;
    if (entry->second) return true;
    // A mount point itself stands in a directory of the image.
    return directory == "/" && device_of(path) != root_;
  }

private:
  static dev_t device_of(const std::string& path) {
    struct stat status {};
    return ::lstat((path + "/.").c_str(), &status) == 0 || ::lstat(path.c_str(), &status) == 0
               ? status.st_dev
               : dev_t{};
  }

  dev_t root_;
  std::map<std::string, bool> directories_;
};

/// Copies what stands at the path from the sandbox's filesystem to the image's.
void restore(const fs::RootDir& image, const std::string& path, const struct stat& status,
             mode_t mode) {
  const mode_t permissions = mode & 07777U;
  if (S_ISDIR(mode)) {
    image.make_directories(path, 0755);
  } else if (S_ISLNK(mode)) {
    std::string target(4096, '\0');
    const ssize_t length = ::readlink(path.c_str(), target.data(), target.size());
    if (length < 0) return;
    target.resize(static_cast<std::size_t>(length));
    image.make_symlink(path, target);
  } else if (S_ISREG(mode)) {
    image.write(path, fs::read_file(path), 0600);
  } else {
    // Device files are made elsewhere, sockets by their programs.
    return;
  }
  image.set_owner(path, status.st_uid, status.st_gid);
  if (S_ISLNK(mode)) return;
  image.set_permissions(path, permissions);
  const timespec times[2] = {status.st_mtim, status.st_mtim};
  const fs::UniqueFd made = image.open(path, O_PATH | O_NOFOLLOW);
  ::utimensat(made.get(), "", times, AT_EMPTY_PATH);
}

void restore_files_of(Header header, const fs::RootDir& image, Shadows& shadows,
                      std::vector<std::string>& restored) {
  const FileInformation files(rpmfiNew(nullptr, header, RPMTAG_BASENAMES, RPMFI_KEEPHEADER));
  rpmfiInit(files.get(), 0);
  while (rpmfiNext(files.get()) >= 0) {
    const rpmfileState state = rpmfiFState(files.get());
    const bool is_left_alone = state == RPMFILE_STATE_NETSHARED;
    if (state != RPMFILE_STATE_NORMAL && !is_left_alone) continue;
    if ((rpmfiFFlags(files.get()) & RPMFILE_GHOST) != 0) continue;
    const std::string path = rpmfiFN(files.get());
    std::string directory = rpmfiDN(files.get());
    if (directory.size() > 1) directory.pop_back();
    if (!shadows.hides(path, directory)) continue;
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) continue;
    const mode_t mode = rpmfiFMode(files.get());
    // The kernel's directories belong to the kernel's root; in the image they belong to the
    // image's.
    if (is_left_alone) status.st_uid = status.st_gid = 0;
    if ((status.st_mode & S_IFMT) != (mode & S_IFMT)) continue;
    restore(image, path, status, mode);
    restored.push_back(path);
  }
}

} // namespace

std::vector<std::string> restore_shadowed_paths(rpmts transaction, const model::PackageSet& set,
                                                const fs::RootDir& image) {
  std::set<model::Nevra> fresh;
  for (const model::PackageFile& file : set.files)
    fresh.insert(file.package.nevra);
  Shadows shadows;
  std::vector<std::string> restored;
  const MatchIterator packages(rpmtsInitIterator(transaction, RPMDBI_PACKAGES, nullptr, 0));
  while (Header header = rpmdbNextIterator(packages.get())) {
    if (fresh.contains(nevra_of(header))) restore_files_of(header, image, shadows, restored);
  }
  return restored;
}

} // namespace imagewright::install
