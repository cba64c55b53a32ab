// SPDX-License-Identifier: MIT
#include <imagewright/base/error.hpp>
#include <imagewright/pipeline/customize.hpp>
#include <imagewright/pipeline/ladder.hpp>
#include <imagewright/plan/fetch_files.hpp>
#include <imagewright/plan/output_format.hpp>
#include <imagewright/sandbox/privilege.hpp>

#include "customizing/customizing.hpp"
#include "machine/customize_in_machine.hpp"

namespace imagewright::pipeline {

namespace {

/// Files go back without a program that runs, but owners and devices are kept: a machine is for
/// what is made of a config.
sandbox::Rung rung_for_injecting(report::Reporter& reporter) {
  const sandbox::Rung rung = choose_rung(std::nullopt, reporter);
  if (rung != sandbox::Rung::machine) return rung;
  throw base::Error(base::FailureKind::host, "sandbox.no-rung",
                    "files cannot be put back into an image in a machine, and no other way to act "
                    "as root over its files works here",
                    "see what \"imagewright doctor\" says about the other rungs");
}

} // namespace

void fetch_files_of(Customizing& customizing, plan::NetworkUse network,
                    const plan::Services& services) {
  model::OsConfig& os = customizing.plan.plan.config.os;
  plan::fetch_remote_files(os, network, services);
  customizing.root.os.additional_files = os.additional_files;
}

CustomizeResult customize_as_root(const CustomizeOptions& options, const plan::Services& services) {
  Customizing customizing = prepare_customizing(options, services);
  fetch_files_of(customizing, options.network, services);
  const CustomizingPlace place{.directory = options.output_directory.empty()
                                                ? plan::output_directory_of(customizing.plan.plan)
                                                : options.output_directory,
                               .register_emulator = {}};
  if (options.rung == sandbox::Rung::machine)
    return customize_in_machine(customizing, options, place.directory, services);
  return carry_out(customizing, place, options.emulation, services);
}

CustomizeResult inject_files(const InjectOptions& options, const plan::Services& services) {
  sandbox::become_root(rung_for_injecting(services.reporter));
  const Customizing customizing = prepare_injection(options, services);
  return carry_out(
      customizing,
      {.directory = plan::output_directory_of(customizing.plan.plan), .register_emulator = {}},
      EmulationUse::automatic, services);
}

CustomizeResult customize(const CustomizeOptions& options, const plan::Services& services) {
  // Before there are threads, and for everything that follows: the files of a root belong to ids
  // that only root can name.
  CustomizeOptions decided = options;
  decided.rung = choose_rung(options.rung, services.reporter);
  sandbox::become_root(*decided.rung);
  return customize_as_root(decided, services);
}

} // namespace imagewright::pipeline
