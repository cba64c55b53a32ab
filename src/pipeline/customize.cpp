// SPDX-License-Identifier: MIT
#include <imagewright/base/error.hpp>
#include <imagewright/pipeline/customize.hpp>
#include <imagewright/pipeline/ladder.hpp>
#include <imagewright/plan/fetch_files.hpp>
#include <imagewright/plan/output_format.hpp>
#include <imagewright/sandbox/privilege.hpp>

#include "customizing/customizing.hpp"
#include "machine/customize_in_machine.hpp"
#include "machine/inject_in_machine.hpp"

namespace imagewright::pipeline {

void fetch_files_of(Customizing& customizing, plan::NetworkUse network,
                    const plan::Services& services) {
  model::OsConfig& os = customizing.plan.plan.config.os;
  plan::fetch_remote_files(os, network, services);
  customizing.root.os.additional_files = os.additional_files;
}

CustomizeResult customize_as_root(const CustomizeOptions& options, const plan::Services& services) {
  IMAGEWRIGHT_ASSERT(options.rung.has_value());
  Customizing customizing = prepare_customizing(options, services);
  fetch_files_of(customizing, options.network, services);
  const CustomizingPlace place{.directory = options.output_directory.empty()
                                                ? plan::output_directory_of(customizing.plan.plan)
                                                : options.output_directory,
                               .rung = *options.rung,
                               .register_emulator = {}};
  plan::refuse_overwritten_inputs(customizing.plan.plan, place.directory, customizing.base->path());
  if (options.rung == sandbox::Rung::machine)
    return customize_in_machine(customizing, options, place.directory, services);
  return carry_out(customizing, place, options.emulation, services);
}

CustomizeResult inject_files(const InjectOptions& options, const plan::Services& services) {
  const sandbox::Rung rung = choose_rung(options.rung, services.reporter);
  sandbox::become_root(rung);
  const Customizing customizing = prepare_injection(options, services);
  if (rung == sandbox::Rung::machine) return inject_in_machine(customizing, options, services);
  return carry_out(customizing,
                   {.directory = plan::output_directory_of(customizing.plan.plan),
                    .rung = rung,
                    .register_emulator = {}},
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
