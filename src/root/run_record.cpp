// SPDX-License-Identifier: MIT
#include "run_record.hpp"

#include <array>
#include <cerrno>
#include <map>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <imagewright/base/error.hpp>

#include "tree_walk.hpp"

namespace imagewright::root {
namespace {

[[noreturn]] void fail(const std::string& path) {
  base::throw_system_error("root.cannot-examine", "cannot examine in the root", path, errno);
}

/// The directory of a real path, opened, and the last part.
std::pair<fs::UniqueFd, std::string> parent_of(const fs::RootDir& files, const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return {files.open(slash == 0 ? "/" : path.substr(0, slash), O_RDONLY | O_DIRECTORY),
          path.substr(slash + 1)};
}

/// Gives what a name stands for now the owner, mode and times that it had.
void restore_status(int directory, const std::string& name, const struct stat& status,
                    const std::string& path) {
  const std::array times{status.st_atim, status.st_mtim};
  if (::fchownat(directory, name.c_str(), status.st_uid, status.st_gid, AT_SYMLINK_NOFOLLOW) != 0 ||
      ::fchmodat(directory, name.c_str(), status.st_mode & 07777U, 0) != 0 ||
      ::utimensat(directory, name.c_str(), times.data(), AT_SYMLINK_NOFOLLOW) != 0)
    fail(path);
}

constexpr auto k_new_node = ".imagewright-node";

/// A node that is ready under another name gets this one; the directory keeps the times that it had
/// before.
void take_name(int directory, const std::string& name, const struct stat& before,
               const std::string& path) {
  const std::array times{before.st_atim, before.st_mtim};
  if (::renameat(directory, k_new_node, directory, name.c_str()) != 0 ||
      ::futimens(directory, times.data()) != 0)
    fail(path);
}

/// Puts nodes of another kind in the place of names. Several names of one file stay one file.
class NodeReplacement {
public:
  explicit NodeReplacement(const fs::RootDir& files) : files_(files) {}

  /// False, and nothing has changed, when the host refuses to make such a node.
  bool replace(const std::string& path, mode_t type, dev_t device) {
    const auto [parent, name] = parent_of(files_, path);
    struct stat directory {};
    struct stat status {};
    if (::fstat(parent.get(), &directory) != 0 ||
        ::fstatat(parent.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
      fail(path);
    ::unlinkat(parent.get(), k_new_node, 0);
    if (const auto known = first_names_.find(status.st_ino); known != first_names_.end()) {
      const auto [other, other_name] = parent_of(files_, known->second);
      if (::linkat(other.get(), other_name.c_str(), parent.get(), k_new_node, 0) != 0) fail(path);
    } else {
      if (::mknodat(parent.get(), k_new_node, type | 0600U, device) != 0) {
        if (sandbox::is_refusal(errno)) return false;
        fail(path);
      }
      restore_status(parent.get(), k_new_node, status, path);
    }
    take_name(parent.get(), name, directory, path);
    if (status.st_nlink > 1) first_names_.emplace(status.st_ino, path);
    return true;
  }

private:
  const fs::RootDir& files_;
  std::map<ino_t, std::string> first_names_; ///< by the number of what was replaced
};

bool is_device(const std::optional<fs::FileType>& type) {
  return type == fs::FileType::character_device || type == fs::FileType::block_device;
}

fs::UniqueFd open_name(int directory, const std::string& name, const std::string& path) {
  fs::UniqueFd file(::openat(directory, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!file) fail(path);
  return file;
}

} // namespace

void tell_record(const fs::RootDir& files, const Record& record,
                 const std::filesystem::path& run_record) {
  std::filesystem::remove(run_record);
  sandbox::MetadataRecord told(run_record);
  NodeReplacement devices(files);
  for (auto [path, metadata] : record) {
    if (metadata.device_type != 0 && devices.replace(path, metadata.device_type, metadata.device))
      metadata.device_type = 0;
    if (metadata.says_nothing()) continue;
    told.set(files.open(path, O_PATH | O_NOFOLLOW).get(), metadata);
  }
}

Record take_record(const fs::RootDir& files, const std::filesystem::path& run_record) {
  Record record;
  {
    const sandbox::MetadataRecord told(run_record);
    walk(files, [&](const WalkedEntry& place) {
      const bool is_recorded = told.may_have(place.entry.number);
      if (!is_recorded && !is_device(place.entry.type)) return;
      const fs::UniqueFd file = open_name(place.directory, place.entry.name, place.path);
      const auto* metadata = is_recorded ? told.find(file.get()) : nullptr;
      if (metadata != nullptr) record[place.path] = *metadata;
      struct stat status {};
      if (::fstat(file.get(), &status) != 0) fail(place.path);
      if (!S_ISCHR(status.st_mode) && !S_ISBLK(status.st_mode)) return;
      record[place.path].device_type = status.st_mode & S_IFMT;
      record[place.path].device = status.st_rdev;
    });
  }
  NodeReplacement placeholders(files);
  for (const auto& [path, metadata] : record) {
    const auto status = files.find_status(path);
    if (!status || !is_device(status->type)) continue;
    if (!placeholders.replace(path, S_IFREG, 0)) fail(path);
  }
  std::filesystem::remove(run_record);
  return record;
}

void for_each_name(const fs::RootDir& files, ino_t number,
                   const std::function<void(const std::string& path)>& visit) {
  walk(files, [&](const WalkedEntry& place) {
    if (place.entry.number == number) visit(place.path);
  });
}

} // namespace imagewright::root
