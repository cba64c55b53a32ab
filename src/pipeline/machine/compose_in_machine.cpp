// SPDX-License-Identifier: MIT
#include "compose_in_machine.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/fs/root_dir.hpp>
#include <imagewright/machine/run_in_machine.hpp>
#include <imagewright/plan/build_inputs.hpp>
#include <imagewright/plan/fetch_files.hpp>
#include <imagewright/report/stage_scope.hpp>

#include "kernel_packages.hpp"
#include "machine_files.hpp"
#include "machine_job.hpp"
#include "pipeline/host/emulator.hpp"

namespace imagewright::pipeline {

namespace {

constexpr base::ByteSize k_largest_file = base::ByteSize::gib(2);

/// What runs programs of another architecture in the machine. Gives what there is to tell of it.
EmulationFindings add_emulator(MachineQuestion& question, const plan::ResolvedPlan& plan,
                               const BuildOptions& options, const plan::Services& services) {
  const model::Architecture& architecture = plan.plan.architecture;
  if (is_of_host(architecture) && options.emulation == EmulationUse::forced) {
    throw base::Error(base::FailureKind::input, "cli.usage",
                      "--emulation forced does not go with --rung machine",
                      "leave one of them out");
  }
  EmulationFindings findings;
  question.emulator = find_emulator(architecture, options.emulation);
  findings.emulator = question.emulator;
  if (!question.emulator || options.emulation != EmulationUse::automatic) return findings;
  report::StageScope stage(services.reporter, "native-programs", "for the machine");
  auto found = find_native_tools(plan, options, services);
  if (auto* tools = std::get_if<NativeTools>(&found)) {
    question.native_tools = std::move(*tools);
  } else {
    findings.no_native_programs = std::get<NoTools>(found).reason;
    stage.set_summary("everything is emulated: " + *findings.no_native_programs);
  }
  return findings;
}

machine::HostFiles files_for(const plan::ResolvedPlan& plan, const MachineQuestion& question) {
  machine::HostFiles files;
  add_inputs(files, plan::input_paths_of(plan.plan));
  add_packages(files, question.fetched);
  if (question.native_tools) add_packages(files, question.native_tools->fetched);
  if (question.emulator) files.add_file(question.emulator->program);
  files.add_directory(question.working_directory);
  files.add_directory(question.log_directory);
  return files;
}

/// Of a path that the machine gives: whatever it says, it stays below.
std::string below(const char* directory, const std::string& path) {
  const std::filesystem::path wanted = std::filesystem::path(path).relative_path();
  if (wanted.empty() || wanted != wanted.lexically_normal() || wanted.begin()->string() == "..")
    machine::throw_odd_answer("it has the impossible path " + base::quoted(path));
  return std::string(directory) + "/" + wanted.string();
}

/// What boot loaders have on the disk itself stands before the last partition, whose size is found
/// out later.
void require_inside(const std::vector<model::DiskPatch>& patches, base::ByteSize disk) {
  for (const model::DiskPatch& patch : patches) {
    const bool is_inside =
        patch.offset <= disk && patch.content.size() <= disk.bytes() - patch.offset.bytes();
    if (!is_inside) machine::throw_odd_answer("it writes beyond the end of the disk");
  }
}

std::string read(const machine::FinishedMachine& machine, const std::string& path,
                 base::ByteSize limit) {
  auto content = machine.work().read(path, limit);
  if (content) return std::move(*content);
  throw base::Error(base::FailureKind::build, "machine.died",
                    fmt::format("the machine's disk has no {}", base::quoted(path)),
                    "build again; if it happens again, please report it");
}

/// A root's files are readable by this user alone, whatever their modes in the image.
void take_content(const machine::FinishedMachine& machine, const tree::RootTree& tree,
                  const std::filesystem::path& directory, const plan::Services& services) {
  const report::StageScope stage(services.reporter, "read-machine");
  const fs::RootDir files(directory);
  for (const tree::Inode& inode : tree.inodes) {
    if (inode.type != fs::FileType::regular) continue;
    services.cancellation.check();
    const std::string path = below(k_root_on_disk, inode.content);
    files.write(inode.content, read(machine, path, k_largest_file), 0600);
  }
}

} // namespace

ComposedRoot compose_in_machine(const plan::ResolvedPlan& plan, const BuildOptions& options,
                                const FetchedPackages& fetched, const MachinePlaces& places,
                                const plan::Services& services) {
  MachineQuestion question{.working_directory = std::filesystem::current_path().string(),
                           .plan = options.plan,
                           .lock = plan.lock,
                           .epoch = plan.epoch,
                           .fetched = fetched,
                           .remote_files = plan::fetched_places(plan.plan.config.os),
                           .tool_version = options.tool_version,
                           .log_directory = places.logs.string(),
                           .thread_count = services.thread_count,
                           .emulator = std::nullopt,
                           .native_tools = std::nullopt};
  question.plan.architectures = {plan.plan.architecture.name};
  const machine::KernelSources sources{
      .wanted = options.machine_kernel,
      .packages = kernel_packages(plan, options, question.fetched, services)};
  const machine::GuestKernel kernel = machine::find_guest_kernel(sources, services.cancellation);
  EmulationFindings emulation = add_emulator(question, plan, options, services);
  const report::StageScope stage(services.reporter, "machine", kernel.origin);
  const machine::FinishedMachine machine =
      machine::run_in_machine({.job = k_compose_root_job,
                               .request = encode(question),
                               .kernel = kernel,
                               .files = files_for(plan, question),
                               .directory = places.directory,
                               .console_log = places.logs / "machine-console.log",
                               .limits = {},
                               .on_end =
                                   [&](const disk::FilesystemReader& work) {
                                     take_logs(work, k_logs_on_disk, places.logs);
                                   }},
                              services.reporter, services.cancellation);
  ComposedRoot root = machine::decode_answer(machine, &decode_composed_root);
  emulation.runs = std::move(root.emulation.runs);
  root.emulation = std::move(emulation);
  require_inside(root.sealed.root.disk_patches, plan.layout.size);
  root.sealed.root.path = places.content;
  root.sealed.tree.host_path = places.content;
  take_content(machine, root.sealed.tree, places.content, services);
  return root;
}

} // namespace imagewright::pipeline
