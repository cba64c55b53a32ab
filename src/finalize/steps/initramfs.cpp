// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/process/command.hpp>
#include <imagewright/report/stage_scope.hpp>
#include <imagewright/root/set_aside.hpp>

#include "../dracut_options.hpp"
#include "../given_files.hpp"
#include "../initramfs_check.hpp"
#include "../initramfs_view.hpp"
#include "../leftover.hpp"
#include "../steps.hpp"

namespace imagewright::finalize::steps {
namespace {

struct Input {
  const model::InitramfsFacts& facts;
  const std::vector<std::string>& modules;
  const std::vector<std::string>& drivers;
  const RootOrigin& origin;
  const BootChain& boot_chain;
  const BootLoader& boot_loader;
  const std::vector<model::InstalledKernel>& kernels;
  const std::vector<GivenFile>& given_files;
  const std::optional<model::PackagedPlaces>& packaged;
  const FinalizeServices& services;
};

using Words = std::vector<std::string>;

Words dracut_arguments(const Input& input, const model::InstalledKernel& kernel) {
  Words arguments{"dracut",    "--force",        "--no-hostonly", "--no-hostonly-cmdline",
                  "--nostrip", "--reproducible", "--kver",        kernel.release};
  for (const DracutOption& option : dracut_options(input.facts, input.modules, input.drivers))
    arguments.insert(arguments.end(), {option.flag, option.value});
  arguments.push_back(kernel.initramfs);
  return arguments;
}

std::string parent_of(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

/// Whether dracut or its helpers say that they did not do what they were asked for. What it merely
/// chooses not to take is told in other words ("will not be installed").
bool is_complaint(std::string_view line) {
  const auto text = base::to_lower(line);
  const auto has = [&](std::string_view words) { return text.find(words) != std::string::npos; };
  return text.starts_with("dracut") &&
         (has("cannot ") || has("can't ") || has("falling back") || has("failed:"));
}

/// Modules, drivers and programs that dracut could not find are only lines in its output, and a
/// node that does not boot, or another compression than was asked for.
void refuse_missing_parts(const process::CommandResult& result) {
  for (const auto& output : {result.standard_output, result.standard_error}) {
    for (const auto& line : base::split(output, '\n')) {
      if (!is_complaint(base::trimmed(line))) continue;
      throw base::Error(
          base::FailureKind::build, "finalize.incomplete-initramfs",
          "dracut did not do what it was asked for: " + base::escape_controls(base::trimmed(line)),
          "install the package that brings it, or take it from the release profile's initramfs");
    }
  }
}

/// Drivers by name, with the modules of the filesystems.
Words named_drivers(const Input& input) {
  Words drivers;
  for (const auto* words : {&input.facts.drivers, &input.drivers, &input.facts.filesystems}) {
    std::ranges::copy_if(*words, std::back_inserter(drivers), [](const std::string& word) {
      return word.find_first_of("/=*?[](){}|.+^$\\") == std::string::npos;
    });
  }
  return drivers;
}

/// A Linux that a boot loader starts has one of these: of an x86 image, of a program for EFI, of an
/// ELF file, or of the compression that the loader or the image itself undoes.
bool is_kernel(const fs::RootDir& files, const std::string& image) {
  using namespace std::string_view_literals;
  constexpr std::array k_beginnings{
      "MZ"sv, "\177ELF"sv, "\037\213"sv, "\050\265\057\375"sv, "\3757zXZ"sv, "\002\041\114\030"sv};
  // Linux, Documentation/arch/x86/boot.rst.
  constexpr std::size_t k_header_place = 0x202;
  constexpr std::string_view k_header = "HdrS";
  const fs::UniqueFd file = files.open_file(image);
  std::array<char, k_header_place + k_header.size()> head{};
  const ssize_t count = ::pread(file.get(), head.data(), head.size(), 0);
  if (count < 0) base::throw_system_error("fs.cannot-read", "cannot read", image, errno);
  const std::string_view text(head.data(), static_cast<std::size_t>(count));
  return text.substr(std::min(k_header_place, text.size())) == k_header ||
         std::ranges::any_of(k_beginnings, [&](auto each) { return text.starts_with(each); });
}

/// What dracut and its helpers say is theirs; a helper that was killed says nothing at all.
void require_whole(const Input& input, const root::WorkRoot& root,
                   const model::InstalledKernel& kernel) {
  const fs::UniqueFd file = root.files().open_file(kernel.initramfs);
  std::optional<InitramfsContent> content;
  try {
    content =
        input.services.read_initramfs(file.get(), kernel.initramfs, input.services.cancellation);
  } catch (const base::Error& error) {
    // Beside a file in the place of a kernel there may be one in the place of an initramfs: nothing
    // of it ever starts, and people compose such images to look at the rest of them.
    const std::string& code = error.diagnostic().code;
    const bool is_stand_in = code == "archive.damaged" && !is_kernel(root.files(), kernel.image);
    if (code != "archive.unsupported" && !is_stand_in) throw;
    input.services.reporter.message(report::Level::warning,
                                    "not looked into: " + error.diagnostic().message);
    return;
  }
  const Words faults = find_initramfs_faults(*content,
                                             {.kernel_release = kernel.release,
                                              .dracut_modules = input.modules,
                                              .drivers = named_drivers(input)},
                                             root.files());
  if (faults.empty()) return;
  constexpr std::ptrdiff_t k_most_shown = 5;
  const auto shown = std::min<std::ptrdiff_t>(std::ssize(faults), k_most_shown);
  throw base::Error(
      base::FailureKind::build, "finalize.incomplete-initramfs",
      fmt::format(
          "dracut succeeded, but {} would not start the node: {}{}", base::quoted(kernel.initramfs),
          base::join(Words(faults.begin(), faults.begin() + shown), "; "),
          std::ssize(faults) > shown ? fmt::format("; and {} more", std::ssize(faults) - shown)
                                     : ""),
      "build again; when it happens each time, look at dracut's output and its settings");
}

void run_dracut(const Input& input, root::WorkRoot& root, const model::InstalledKernel& kernel) {
  report::StageScope stage(input.services.reporter, "initramfs", kernel.release);
  process::Command command{.argv = dracut_arguments(input, kernel),
                           .description = "make the initramfs of kernel " + kernel.release};
  // The longest step of many builds: time must be seen to pass.
  command.watch_output = [&](std::string_view) {
    stage.progress({});
    return process::Watch::keep_running;
  };
  if (!input.services.log_directory.empty()) {
    command.log_file = input.services.log_directory / ("initramfs-" + kernel.release + ".log");
  }
  refuse_missing_parts(process::require_success(root.programs()->run(command)));
  if (!root.files().exists(kernel.initramfs)) {
    throw base::Error(base::FailureKind::build, "finalize.incomplete-initramfs",
                      "dracut succeeded but made no " + base::quoted(kernel.initramfs),
                      command.log_file.empty()
                          ? "look at what it wrote"
                          : "the complete output is in " + command.log_file.string());
  }
  require_whole(input, root, kernel);
  root.files().set_permissions(kernel.initramfs, 0600);
  // Nothing but the initramfs is left of the run, and what the config put there.
  constexpr auto k_log = "/var/log/dracut.log";
  if (!is_given(input.given_files, k_log)) remove_written_file(root.files(), k_log);
}

void obtain_initramfs(const Input& input, root::WorkRoot& root,
                      const model::InstalledKernel& kernel) {
  root.files().make_directories(parent_of(kernel.initramfs));
  const auto make = [&] { run_dracut(input, root, kernel); };
  FileRecall* recall = input.services.recall;
  if (recall == nullptr) return make();
  recall->obtain(root, "initramfs", base::join(dracut_arguments(input, kernel), "\n"),
                 kernel.initramfs, make);
}

/// Exactly once for each kernel: whatever packages and scripts changed is there by now.
StepYield make_all(const Input& input, root::WorkRoot& root) {
  // Without a boot loader nothing would load it. A base has its own, and those kernels that came.
  const bool is_base =
      input.origin == RootOrigin::base_image && input.boot_chain == BootChain::kept;
  if (is_base ? input.kernels.empty() : input.boot_loader.kind == BootLoaderKind::none) return {};
  // A packaged image has its own inside.
  if (input.boot_loader.kernels == KernelForm::packaged) return {};
  const GivenBootFiles given(root.files(), input.given_files);
  root::SetAside hidden(root, names_without_say(root.files(), input.packaged));
  for (const auto& kernel : input.kernels) {
    input.services.cancellation.check();
    obtain_initramfs(input, root, kernel);
  }
  hidden.put_back();
  given.require_untouched();
  return {};
}

} // namespace

constinit const Step initramfs{
    "initramfs", AppliesTo::both,
    k_run<make_all, &FinalizePlan::initramfs, &model::SystemPolicy::initramfs_modules,
          &model::SystemPolicy::initramfs_drivers, &FinalizePlan::origin, &FinalizePlan::boot_chain,
          &FinalizePlan::boot_loader, &Findings::kernels, &Findings::given_files,
          &model::InstalledRoot::packaged, &services>};

} // namespace imagewright::finalize::steps
