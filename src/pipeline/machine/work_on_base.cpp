// SPDX-License-Identifier: MIT
#include "work_on_base.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/path_pattern.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/fs/unfinished_file.hpp>
#include <imagewright/plan/output_format.hpp>
#include <imagewright/report/stage_scope.hpp>

#include "customize_codec.hpp"
#include "machine_files.hpp"
#include "pipeline/host/emulator.hpp"
#include "pipeline/host/workplace.hpp"

namespace imagewright::pipeline {

namespace {

constexpr std::uint64_t k_largest_kernel_file = std::uint64_t{256} << 20U;

std::string content_of(const origin::BaseFilesystem& filesystem, std::size_t inode) {
  std::string content(filesystem.table.inodes[inode].size, '\0');
  filesystem.read_pieces(inode, [&](std::uint64_t offset, std::span<const std::byte> bytes) {
    IMAGEWRIGHT_ASSERT(offset <= content.size() && bytes.size() <= content.size() - offset);
    std::ranges::copy(bytes, std::as_writable_bytes(std::span(content)).begin() +
                                 static_cast<std::ptrdiff_t>(offset));
  });
  return content;
}

/// What of the base makes a kernel for a machine, where it is of this host's architecture. Nobody
/// vouches for it, as for nothing in the base: it sees what the base's programs see.
install::PackagedFiles kernel_of_base(const origin::BaseImage& base) {
  install::PackagedFiles files;
  if (!is_of_host(base.architecture())) return files;
  const std::vector<std::string> patterns = machine::kernel_patterns();
  for (const origin::BaseFilesystem& filesystem : base.filesystems()) {
    const std::string prefix = filesystem.mount_point == "/" ? "" : filesystem.mount_point;
    for (const tree::Entry& entry : filesystem.table.entries) {
      const tree::Inode& inode = filesystem.table.inodes[entry.inode];
      const std::string path = prefix + entry.path;
      const bool is_wanted = inode.type == fs::FileType::regular &&
                             inode.size <= k_largest_kernel_file &&
                             std::ranges::any_of(patterns, [&](const std::string& pattern) {
                               return base::is_at_or_below_pattern(path, pattern);
                             });
      if (is_wanted) files[path] = content_of(filesystem, entry.inode);
    }
  }
  return files;
}

/// Where what is in k_published_places goes.
std::array<std::filesystem::path, k_published_places.size()>
outer_places(const Customizing& customizing, const std::filesystem::path& directory) {
  const model::OutputConfig& output = customizing.plan.plan.config.output;
  return {directory, output.artifacts ? output.artifacts->path : std::filesystem::path(),
          output.selinux_policy_path ? output.selinux_policy_path->value : std::filesystem::path()};
}

/// Zeros that were never written stay a hole.
void copy_out(const disk::FilesystemReader& work, const std::string& place,
              const std::filesystem::path& target) {
  const auto found = work.find(place);
  if (!found || found->type != fs::FileType::regular) {
    throw base::Error(base::FailureKind::build, "machine.died",
                      "the machine's disk has no " + base::quoted(place),
                      "build again; if it happens again, please report it");
  }
  std::filesystem::create_directories(target.parent_path());
  fs::UnfinishedFile file(target);
  if (::ftruncate(file.fd(), static_cast<off_t>(found->size)) != 0)
    base::throw_system_error("fs.cannot-write", "cannot write", target.string(), errno);
  work.read_pieces(place, [&](std::uint64_t offset, std::span<const std::byte> bytes) {
    const bool is_hole =
        std::ranges::all_of(bytes, [](std::byte byte) { return byte == std::byte{0}; });
    if (!is_hole) fs::write_exactly(file.fd(), bytes, offset, target.string());
  });
  file.keep();
}

/// Takes over what the machine published in one of the places.
class Taken {
public:
  Taken(fs::Publication& publication, const disk::FilesystemReader& work)
      : publication_(publication), work_(work) {}

  void take(const char* place, const std::filesystem::path& name) {
    const bool stays_below =
        !name.empty() && name == name.lexically_normal() && name.begin()->string() != "..";
    if (!stays_below || name.is_absolute())
      machine::throw_odd_answer("it has the impossible path " + base::quoted(name.string()));
    copy_out(work_, (std::filesystem::path(place) / name).string(),
             publication_.staged_path(name.string()));
    publication_.add(name.string());
  }

private:
  fs::Publication& publication_;
  const disk::FilesystemReader& work_;
};

/// What the machine published is published here: all of it or nothing.
std::vector<fs::PublishedFile>
publish_anew(const std::vector<fs::PublishedFile>& files, const disk::FilesystemReader& work,
             Workplace& place, const plan::BuildPlan& plan,
             const std::array<std::filesystem::path, k_published_places.size()>& targets) {
  std::array<std::unique_ptr<fs::Publication>, k_published_places.size()> others;
  for (const fs::PublishedFile& file : files) {
    const auto inside = file.path.lexically_relative(machine::k_guest_work);
    if (inside.empty()) machine::throw_odd_answer("it has an empty path");
    const auto found = std::ranges::find(k_published_places, "/" + inside.begin()->string());
    const auto index = static_cast<std::size_t>(found - k_published_places.begin());
    if (found == k_published_places.end() || targets[index].empty())
      machine::throw_odd_answer("it has the impossible path " + base::quoted(file.path.string()));
    const auto name = inside.lexically_relative(*inside.begin());
    // Other images may lie in the same directory.
    if (index == 0 && !plan::is_name_of_output(plan, name.string()))
      machine::throw_odd_answer("it has the impossible name " + base::quoted(name.string()));
    if (index != 0 && others[index] == nullptr)
      others[index] = std::make_unique<fs::Publication>(targets[index]);
    Taken(index == 0 ? place.publication : *others[index], work).take(*found, name);
  }
  return publish_with(place.publication, {others[1].get(), others[2].get()});
}

/// A log has another name outside than the machine knew.
[[noreturn]] void throw_with_log(const base::Error& error, Workplace& place) {
  base::Diagnostic diagnostic = error.diagnostic();
  if (!diagnostic.log.empty()) {
    const std::string inside = std::exchange(
        diagnostic.log,
        (place.logs.path() / std::filesystem::path(diagnostic.log).filename()).string());
    const std::size_t named = diagnostic.hint.find(inside);
    if (named != std::string::npos) diagnostic.hint.replace(named, inside.size(), diagnostic.log);
  }
  const base::Error told(error.kind(), std::move(diagnostic));
  keep_named_log(place, told);
  throw base::Error(told);
}

void take_all_logs(const disk::FilesystemReader& work, const Workplace& place) {
  const std::string top = k_published_places[0];
  for (const std::string& name : work.list(top).value_or(std::vector<std::string>())) {
    if (name.starts_with(".imagewright-logs-"))
      take_logs(work, top + "/" + name, place.logs.path());
  }
}

/// Room for what the base has several times over, most of it holes.
machine::MachineLimits limits_for(const Customizing& customizing) {
  constexpr std::uint64_t k_copies = 4;
  machine::MachineLimits limits;
  limits.disk = base::ByteSize(limits.disk.bytes() + customizing.base->disk().size() * k_copies);
  return limits;
}

} // namespace

std::filesystem::path place_inside(std::size_t index) {
  return std::string(machine::k_guest_work) + k_published_places[index];
}

CustomizeResult work_on_base_in_machine(const Customizing& customizing, const WorkOnBase& work,
                                        const std::filesystem::path& directory,
                                        const plan::Services& services) {
  const machine::GuestKernel kernel =
      machine::find_guest_kernel({.wanted = work.machine_kernel,
                                  .packages = work.kernel_packages,
                                  .image_files = kernel_of_base(*customizing.base)},
                                 services.cancellation);
  machine::HostFiles files = work.files;
  files.add_file(std::filesystem::absolute(customizing.base->path()));
  Workplace place(directory);
  try {
    const report::StageScope stage(services.reporter, "machine", kernel.origin);
    const machine::FinishedMachine machine = machine::run_in_machine(
        {.job = work.job,
         .request = work.request,
         .kernel = kernel,
         .files = std::move(files),
         .directory = place.work.path(),
         .console_log = place.logs.path() / "machine-console.log",
         .limits = limits_for(customizing),
         .on_end = [&](const disk::FilesystemReader& disk) { take_all_logs(disk, place); }},
        services.reporter, services.cancellation);
    CustomizeResult result = machine::decode_answer(machine, &decode_customize_result);
    customizing.base->require_unchanged();
    result.files = publish_anew(result.files, machine.work(), place, customizing.plan.plan,
                                outer_places(customizing, directory));
    return result;
  } catch (const base::Error& error) {
    throw_with_log(error, place);
  }
}

} // namespace imagewright::pipeline
