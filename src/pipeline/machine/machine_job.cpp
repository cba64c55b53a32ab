// SPDX-License-Identifier: MIT
#include "machine_job.hpp"

#include <cerrno>
#include <memory>
#include <utility>

#include <sys/mount.h>
#include <sys/stat.h>

#include <imagewright/base/error.hpp>
#include <imagewright/plan/fetch_files.hpp>
#include <imagewright/report/clock.hpp>
#include <imagewright/root/work_root.hpp>
#include <imagewright/sandbox/kernel_emulation.hpp>

#include "machine_codec.hpp"
#include "pipeline/make_root.hpp"

namespace imagewright::pipeline {

namespace {

/// Logs have the names by which people outside will find them.
void make_log_directory(const std::string& name) {
  const std::string place = std::string(machine::k_guest_work) + k_logs_on_disk;
  std::filesystem::create_directories(place);
  if (::mount(place.c_str(), name.c_str(), nullptr, MS_BIND, nullptr) != 0)
    base::throw_system_error("machine.cannot-start", "cannot bind the logs to", name, errno);
}

plan::ResolvedPlan plan_again(const MachineQuestion& question) {
  plan::PlannedBuild planned = plan::plan_build(question.plan);
  IMAGEWRIGHT_ASSERT(planned.plans.size() == 1);
  plan::ResolvedPlan plan =
      plan::resolve_plan(std::move(planned.plans.front()), question.lock, question.epoch);
  plan::place_remote_files(plan, question.remote_files);
  return plan;
}

/// Makes programs of another architecture run, some of them by this one's own.
std::optional<sandbox::Emulator> start_emulation(const MachineQuestion& question,
                                                 const plan::Services& services) {
  if (!question.emulator) return std::nullopt;
  sandbox::Emulator emulator = *question.emulator;
  emulator.directory = std::filesystem::path(machine::k_guest_work) / "emulation";
  std::filesystem::create_directories(emulator.directory);
  sandbox::prepare_emulation(emulator);
  if (question.native_tools)
    install_native_tools(*question.native_tools, question.plan, emulator, services);
  return sandbox::register_for_kernel(std::move(emulator));
}

} // namespace

std::string compose_root_inside(const machine::GuestCall& call) {
  const MachineQuestion question = decode_question(call.request);
  std::filesystem::current_path(question.working_directory);
  make_log_directory(question.log_directory);
  const std::filesystem::path work = machine::k_guest_work;
  std::filesystem::create_directories(work.string() + k_root_on_disk);
  const base::Cancellation never; // who wants to stop ends the machine
  const report::MonotonicClock clock;
  const plan::Services services{.reporter = call.reporter,
                                .cancellation = never,
                                .clock = clock,
                                .cache_directory = {},
                                .thread_count = question.thread_count};
  EmulationFindings emulation;
  emulation.emulator = start_emulation(question, services);
  const plan::ResolvedPlan plan = plan_again(question);
  root::WorkRoot root({.directory = work.string() + k_root_on_disk,
                       .run_record = work / "owners",
                       .epoch = plan.epoch,
                       .emulator = emulation.emulator},
                      program_opener(emulation, never));
  model::InstalledRoot installed =
      install_root(root, plan, question.fetched, services, call.reporter);
  installed.packaged = finalize::packaged_places(root.files());
  finalize::FinalizePlan wishes = plan.finalize;
  wishes.tool_version = question.tool_version;
  SealedTree sealed = seal(
      root, installed, wishes,
      {.reporter = call.reporter, .cancellation = never, .log_directory = question.log_directory});
  return encode(ComposedRoot{.sealed = std::move(sealed),
                             .scriptlets = std::move(installed.scriptlets),
                             .emulation = std::move(emulation),
                             .known = {}});
}

} // namespace imagewright::pipeline
