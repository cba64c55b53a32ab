// SPDX-License-Identifier: MIT
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>

#include <imagewright/base/error.hpp>
#include <imagewright/root/work_root.hpp>

#include "run_record.hpp"

namespace imagewright::root {

/// The files and what is recorded about them: changes of the ones are changes of the other.
class WorkRoot::Names final : public fs::NameKeeper {
public:
  explicit Names(const std::filesystem::path& directory)
      : files(directory, this), plain(directory) {}

  std::optional<fs::FileType> find_stand_in(const std::string& path) const override {
    const auto found = record.find(path);
    if (found == record.end() || found->second.device_type == 0) return std::nullopt;
    return fs::find_file_type(found->second.device_type);
  }

  void forget(const std::string& path) const override {
    record.erase(path);
    const std::string below = path + "/";
    auto first = record.lower_bound(below);
    while (first != record.end() && first->first.starts_with(below))
      first = record.erase(first);
  }

  void require_content(const fs::UniqueFd& name) const override {
    if (late_content) late_content->fill(name);
  }

  std::shared_ptr<LateContent> late_content;
  fs::RootDir files;
  fs::RootDir plain; ///< as the host sees them, devices and all
  mutable Record record;
};

namespace {

/// Programs between the two halves of a run.
class RootRunner final : public process::CommandRunner {
public:
  RootRunner(WorkRoot& root, std::vector<sandbox::BindMount> mounts, const ProgramOpener& open)
      : root_(root), mounts_(std::move(mounts)), open_(open) {}

  process::CommandResult run(const process::Command& command) override {
    const auto programs = open_(root_.begin_run(mounts_));
    process::CommandResult result = programs->run(command);
    root_.end_run();
    return result;
  }

private:
  WorkRoot& root_;
  std::vector<sandbox::BindMount> mounts_;
  const ProgramOpener& open_;
};

} // namespace

WorkRoot::WorkRoot(WorkRootOptions options, ProgramOpener open_programs)
    : options_(std::move(options)), open_programs_(std::move(open_programs)),
      names_(std::make_unique<Names>(options_.directory)) {}

WorkRoot::~WorkRoot() = default;

const fs::RootDir& WorkRoot::files() const {
  return names_->files;
}

const Record& WorkRoot::record() const {
  return names_->record;
}

void WorkRoot::expect_content(std::shared_ptr<LateContent> content) {
  names_->late_content = std::move(content);
}

void WorkRoot::require_content() {
  if (names_->late_content) names_->late_content->fill_all(names_->plain);
}

std::unique_ptr<process::CommandRunner> WorkRoot::programs(std::vector<sandbox::BindMount> mounts) {
  return std::make_unique<RootRunner>(*this, std::move(mounts), open_programs_);
}

sandbox::SandboxOptions WorkRoot::begin_run(std::vector<sandbox::BindMount> mounts) {
  require_content();
  tell_record(names_->plain, names_->record, options_.run_record);
  return {.root = options_.directory,
          .bind_mounts = std::move(mounts),
          .epoch = options_.epoch,
          .emulator = options_.emulator,
          .metadata_record = options_.run_record};
}

void WorkRoot::end_run() {
  names_->record = take_record(names_->plain, options_.run_record);
}

void WorkRoot::take_over(Record record) {
  names_->record = std::move(record);
}

void WorkRoot::own(std::string_view path, uid_t user, gid_t group) {
  Record& record = names_->record;
  const fs::UniqueFd file = names_->plain.open(path, O_PATH | O_NOFOLLOW);
  const std::string real_path = names_->plain.real_path(file);
  const auto known = record.find(real_path);
  const auto change = sandbox::change_owner(
      file.get(), user, group, known == record.end() ? sandbox::RecordedMetadata{} : known->second);
  if (change.error_number != 0) {
    base::throw_system_error("root.cannot-own", "cannot change the owner of", std::string(path),
                             change.error_number);
  }
  if (change.metadata.says_nothing() && known == record.end()) return;
  note(file, change.metadata);
}

void WorkRoot::make_device(std::string_view path, mode_t type, dev_t device) {
  const fs::UniqueFd file = names_->plain.open(path, O_PATH | O_NOFOLLOW);
  const auto known = names_->record.find(names_->plain.real_path(file));
  sandbox::RecordedMetadata metadata =
      known == names_->record.end() ? sandbox::RecordedMetadata{} : known->second;
  metadata.device_type = type;
  metadata.device = device;
  note(file, metadata);
}

void WorkRoot::note(const fs::UniqueFd& file, const sandbox::RecordedMetadata& metadata) {
  Record& record = names_->record;
  const auto note_name = [&](const std::string& name) {
    if (metadata.says_nothing()) {
      record.erase(name);
    } else {
      record[name] = metadata;
    }
  };
  struct stat status {};
  if (::fstat(file.get(), &status) == 0 && status.st_nlink > 1 && !S_ISDIR(status.st_mode)) {
    for_each_name(names_->plain, status.st_ino, note_name);
  } else {
    note_name(names_->plain.real_path(file));
  }
}

} // namespace imagewright::root
