// SPDX-License-Identifier: MIT
#include <array>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/paths.hpp>
#include <imagewright/root/set_aside.hpp>

namespace imagewright::root {

namespace {

[[noreturn]] void fail(const std::string& path) {
  base::throw_system_error("root.cannot-set-aside", "cannot set aside in the root", path, errno);
}

/// The directory that holds a name; its times are as they were when this ends.
class Holder {
public:
  Holder(const WorkRoot& root, const std::string& path)
      : name_(path.substr(path.rfind('/') + 1)),
        directory_(root.files().open(path.substr(0, path.rfind('/') + 1), O_RDONLY | O_DIRECTORY)) {
    struct stat status {};
    if (::fstat(directory_.get(), &status) != 0) fail(path);
    times_ = {status.st_atim, status.st_mtim};
  }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;
  Holder(Holder&&) = delete;
  Holder& operator=(Holder&&) = delete;
  ~Holder() { static_cast<void>(::futimens(directory_.get(), times_.data())); }

  int fd() const { return directory_.get(); }
  const char* name() const { return name_.c_str(); }

private:
  std::string name_;
  fs::UniqueFd directory_;
  std::array<timespec, 2> times_{};
};

} // namespace

SetAside::SetAside(WorkRoot& root, std::vector<std::string> paths)
    : root_(root), paths_(std::move(paths)),
      directory_(root.options().run_record.string() + "-aside") {
  if (paths_.empty()) return;
  std::filesystem::create_directory(directory_);
  Record rest = root.record();
  for (std::size_t index = 0; index < paths_.size(); ++index) {
    const std::string& path = paths_[index];
    const Holder holder(root, path);
    if (::renameat(holder.fd(), holder.name(), AT_FDCWD, place_of(index).c_str()) != 0) fail(path);
    for (auto entry = rest.lower_bound(path);
         entry != rest.end() && entry->first.starts_with(path);) {
      if (base::is_at_or_below(entry->first, path)) {
        record_.insert(*entry);
        entry = rest.erase(entry);
      } else {
        ++entry;
      }
    }
  }
  root.take_over(std::move(rest));
}

void SetAside::put_back() {
  if (paths_.empty()) return;
  for (std::size_t index = 0; index < paths_.size(); ++index) {
    const std::string& path = paths_[index];
    const Holder holder(root_, path);
    root_.files().remove_tree(path);
    if (::renameat(AT_FDCWD, place_of(index).c_str(), holder.fd(), holder.name()) != 0) fail(path);
  }
  Record record = root_.record();
  record.merge(record_);
  root_.take_over(std::move(record));
  std::filesystem::remove(directory_);
}

std::filesystem::path SetAside::place_of(std::size_t index) const {
  return directory_ / std::to_string(index);
}

} // namespace imagewright::root
