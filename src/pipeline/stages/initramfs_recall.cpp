// SPDX-License-Identifier: MIT
#include "initramfs_recall.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include <fcntl.h>
#include <sys/stat.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/model/kept_paths.hpp>
#include <imagewright/report/stage_scope.hpp>
#include <imagewright/root/description.hpp>
#include <imagewright/sandbox/byte_codec.hpp>

namespace imagewright::pipeline {

namespace {

constexpr std::string_view k_file = "file ";

/// What is different in every run, and removed at the end of the build: of no use to anybody.
bool is_leftover(const std::string& path) {
  if (path == "/var/cache/ldconfig/aux-cache") return true;
  return std::ranges::any_of(model::scratch_directories(), [&](std::string_view directory) {
    return path.starts_with(directory) && path.size() > directory.size() &&
           path[directory.size()] == '/';
  });
}

/// Names come and go here that no maker of an initramfs sees: the times of these directories tell
/// of them.
constexpr std::array<std::string_view, 5> k_holders{"/etc", "/home", "/opt", "/srv",
                                                    "/etc/systemd/system"};

struct KeptFile {
  fs::FileContent content;
  std::int64_t modified_seconds = 0;
  std::int64_t modified_nanoseconds = 0;
  std::vector<std::string> touched; ///< directories that the run changed, and left as they were
};

std::string to_bytes(const KeptFile& kept) {
  sandbox::ByteWriter writer;
  writer.text(kept.content.digest.to_string()).number(kept.content.size);
  writer.number(static_cast<std::uint64_t>(kept.modified_seconds));
  writer.number(static_cast<std::uint64_t>(kept.modified_nanoseconds));
  for (const std::string& path : kept.touched)
    writer.text(path);
  return writer.take();
}

KeptFile kept_from(std::string_view bytes) {
  KeptFile kept;
  sandbox::ByteReader reader(bytes);
  kept.content.digest = base::Digest::parse(reader.text()).value_or(base::Digest{});
  kept.content.size = reader.number();
  kept.modified_seconds = static_cast<std::int64_t>(reader.number());
  kept.modified_nanoseconds = static_cast<std::int64_t>(reader.number());
  while (!reader.at_end())
    kept.touched.push_back(reader.text());
  return kept;
}

void set_times(const root::WorkRoot& root, const std::string& path, const timespec& time) {
  const fs::UniqueFd name = root.files().open(path, O_PATH | O_NOFOLLOW);
  const std::array times{time, time};
  if (::utimensat(AT_FDCWD, fmt::format("/proc/self/fd/{}", name.get()).c_str(), times.data(), 0) !=
      0)
    base::throw_system_error("fs.root-access", "cannot set the times in the root of", path, errno);
}

bool is_same_time(const timespec& left, const timespec& right) {
  return left.tv_sec == right.tv_sec && left.tv_nsec == right.tv_nsec;
}

} // namespace

StageInputs InitramfsRecall::inputs_of(const root::WorkRoot& root, const std::string& request,
                                       const std::string& own) const {
  StageInputs inputs = inputs_;
  inputs["what dracut was asked for"] = request;
  inputs["epoch"] = std::to_string(root.epoch().time_since_epoch().count());
  for (auto& [path, line] : root::describe(root, known_, root.epoch(),
                                           {services_.thread_count, services_.cancellation})) {
    if (path == own || is_leftover(path) || std::ranges::find(k_holders, path) != k_holders.end())
      continue;
    inputs[std::string(k_file) + path] = line;
  }
  return inputs;
}

void InitramfsRecall::obtain(root::WorkRoot& root, const std::string& stage,
                             const std::string& request, const std::string& path,
                             const std::function<void()>& make) {
  if (cache_.store() == nullptr) {
    static_cast<void>(cache_.find(stage, {}));
    return make();
  }
  const StageInputs inputs = inputs_of(root, request, path);
  if (const auto kept = cache_.find(stage, inputs)) {
    if (lay_out(root, stage, path, *kept)) return;
  }
  const auto times_before = root::directory_times(root);
  make();
  keep(root, stage, inputs, path, times_before);
}

bool InitramfsRecall::lay_out(root::WorkRoot& root, const std::string& stage,
                              const std::string& path, std::string_view text) {
  const KeptFile kept = kept_from(text);
  const report::StageScope scope(services_.reporter, "reuse-" + stage);
  root.files().remove(path);
  root.files().write(path, "", 0600);
  StageContents contents(*cache_.store());
  try {
    const fs::UniqueFd file = root.files().open_file(path, fs::FileAccess::changing);
    contents.get(kept.content, file.get(), path);
  } catch (const base::Error& error) {
    if (error.diagnostic().code != "pipeline.stage-damaged") throw;
    cache_.reject(stage, error.diagnostic().message);
    root.files().remove(path);
    return false;
  }
  set_times(root, path, {.tv_sec = kept.modified_seconds, .tv_nsec = kept.modified_nanoseconds});
  // As the run would have left them: changed in this build.
  for (const std::string& directory : kept.touched)
    set_times(root, directory, {.tv_sec = 0, .tv_nsec = UTIME_NOW});
  return true;
}

void InitramfsRecall::keep(const root::WorkRoot& root, const std::string& stage,
                           const StageInputs& inputs, const std::string& path,
                           const std::map<std::string, timespec>& times_before) {
  // A run that changed anything but its own file cannot be left out.
  StageInputs after = inputs_of(root, inputs.at("what dracut was asked for"), path);
  StageInputs now = inputs;
  KeptFile kept;
  for (const auto& [directory, time] : root::directory_times(root)) {
    const auto before = times_before.find(directory);
    if (before == times_before.end() || is_same_time(before->second, time)) continue;
    kept.touched.push_back(directory);
    after.erase(std::string(k_file) + directory);
    now.erase(std::string(k_file) + directory);
  }
  if (now != after) return;
  const fs::UniqueFd file = root.files().open_file(path);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return;
  kept.modified_seconds = status.st_mtim.tv_sec;
  kept.modified_nanoseconds = status.st_mtim.tv_nsec;
  cache_.keep(stage, inputs, [&] {
    StageContents contents(*cache_.store());
    kept.content = contents.put(file.get(), path);
    kept.content.stretches.clear();
    return to_bytes(kept);
  });
}

} // namespace imagewright::pipeline
