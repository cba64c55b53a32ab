// SPDX-License-Identifier: MIT
#include <string>
#include <utility>

#include <fcntl.h>

#include <imagewright/base/error.hpp>
#include <imagewright/root/work_root.hpp>

namespace imagewright::root {

namespace {

/// Programs may change owners: what was read of the record before is old then.
class ForgettingRunner final : public process::CommandRunner {
public:
  ForgettingRunner(std::unique_ptr<process::CommandRunner> programs,
                   std::optional<sandbox::MetadataRecord>& record)
      : programs_(std::move(programs)), record_(record) {}

  process::CommandResult run(const process::Command& command) override {
    record_.reset();
    return programs_->run(command);
  }

private:
  std::unique_ptr<process::CommandRunner> programs_;
  std::optional<sandbox::MetadataRecord>& record_;
};

} // namespace

WorkRoot::WorkRoot(WorkRootOptions options, ProgramOpener open_programs)
    : options_(std::move(options)), open_programs_(std::move(open_programs)),
      files_(options_.directory) {}

std::unique_ptr<process::CommandRunner> WorkRoot::programs(std::vector<sandbox::BindMount> mounts) {
  return std::make_unique<ForgettingRunner>(open_programs_({.root = options_.directory,
                                                            .bind_mounts = std::move(mounts),
                                                            .epoch = options_.epoch,
                                                            .emulator = options_.emulator,
                                                            .metadata_record = options_.record}),
                                            record_);
}

void WorkRoot::own(std::string_view path, uid_t user, gid_t group) {
  const auto file = files_.open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (!record_) record_.emplace(options_.record);
  const int error_number = record_->change_owner(file.get(), user, group);
  if (error_number == 0) return;
  base::throw_system_error("root.cannot-own", "cannot change the owner of", std::string(path),
                           error_number);
}

} // namespace imagewright::root
