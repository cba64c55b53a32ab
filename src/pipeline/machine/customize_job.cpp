// SPDX-License-Identifier: MIT
#include "customize_job.hpp"

#include <utility>

#include <imagewright/base/error.hpp>
#include <imagewright/plan/fetch_files.hpp>
#include <imagewright/report/clock.hpp>
#include <imagewright/sandbox/kernel_emulation.hpp>

#include "customize_codec.hpp"
#include "work_on_base.hpp"

namespace imagewright::pipeline {

namespace {

/// Everything goes to the disk that is read outside, wherever the config says.
void redirect(model::OutputConfig& output) {
  if (output.artifacts) output.artifacts->path = place_inside(1);
  if (output.selinux_policy_path) output.selinux_policy_path->value = place_inside(2);
}

Customizing prepare_again(CustomizeQuestion& question, const plan::Services& services) {
  Customizing customizing = prepare_customizing(question.options, services);
  // What a lock says of where the base came from is known outside.
  customizing.base_reference = std::move(question.base_reference);
  customizing.lock = question.options.repeated->lock;
  plan::place_remote_files(customizing.plan.plan.config.os, question.remote_files);
  customizing.root.os.additional_files = customizing.plan.plan.config.os.additional_files;
  customizing.fetched = std::move(question.fetched);
  redirect(customizing.plan.plan.config.output);
  return customizing;
}

} // namespace

std::string customize_inside(const machine::GuestCall& call) {
  CustomizeQuestion question = decode_customize_question(call.request);
  std::filesystem::current_path(question.working_directory);
  const base::Cancellation never; // who wants to stop ends the machine
  const report::MonotonicClock clock;
  const plan::Services services{.reporter = call.reporter,
                                .cancellation = never,
                                .clock = clock,
                                .cache_directory =
                                    std::filesystem::path(machine::k_guest_work) / "cache",
                                .thread_count = question.thread_count};
  const Customizing customizing = prepare_again(question, services);
  const CustomizingPlace where{.directory = place_inside(0),
                               .rung = sandbox::Rung::machine,
                               .register_emulator = &sandbox::register_for_kernel};
  return encode(carry_out(customizing, where, question.options.emulation, services));
}

} // namespace imagewright::pipeline
