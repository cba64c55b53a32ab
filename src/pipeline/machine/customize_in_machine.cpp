// SPDX-License-Identifier: MIT
#include "customize_in_machine.hpp"

#include <imagewright/plan/build_inputs.hpp>
#include <imagewright/plan/fetch_files.hpp>

#include "customize_codec.hpp"
#include "customize_job.hpp"
#include "kernel_packages.hpp"
#include "machine_files.hpp"
#include "pipeline/host/emulator.hpp"
#include "work_on_base.hpp"

namespace imagewright::pipeline {

namespace {

FetchedPackages fetch(const Customizing& customizing) {
  if (!customizing.packages) return {};
  repo::RepositorySet& set = customizing.packages->repositories->set();
  return {.packages = set.download(customizing.packages->lock), .keys = set.load_keys()};
}

CustomizeQuestion question_about(const Customizing& customizing, const CustomizeOptions& options,
                                 const plan::Services& services) {
  CustomizeQuestion question{.working_directory = std::filesystem::current_path().string(),
                             .options = options,
                             .fetched = fetch(customizing),
                             .base_reference = customizing.base_reference,
                             .remote_files = plan::fetched_places(customizing.plan.plan.config.os),
                             .emulator =
                                 find_emulator(customizing.base->architecture(), options.emulation),
                             .thread_count = services.thread_count};
  question.options.base = std::filesystem::absolute(customizing.base->path());
  question.options.repeated =
      RepeatedCustomizing{.files = customizing.inputs.files, .lock = customizing.lock};
  return question;
}

machine::HostFiles files_for(const Customizing& customizing, const CustomizeQuestion& question) {
  machine::HostFiles files;
  add_inputs(files, plan::input_paths_of(customizing.plan.plan));
  add_packages(files, question.fetched);
  if (question.emulator) files.add_file(question.emulator->program);
  files.add_directory(question.working_directory);
  return files;
}

} // namespace

CustomizeResult customize_in_machine(const Customizing& customizing,
                                     const CustomizeOptions& options,
                                     const std::filesystem::path& directory,
                                     const plan::Services& services) {
  const CustomizeQuestion question = question_about(customizing, options, services);
  return work_on_base_in_machine(
      customizing,
      {.job = k_customize_job,
       .request = encode(question),
       .files = files_for(customizing, question),
       .machine_kernel = options.machine_kernel,
       .kernel_packages = kernel_packages(customizing, options, services)},
      directory, services);
}

} // namespace imagewright::pipeline
