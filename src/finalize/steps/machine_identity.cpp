// SPDX-License-Identifier: MIT
#include "../steps.hpp"

namespace imagewright::finalize::steps {
namespace {

struct Input {
  const decltype(model::OsConfig::machine_id)& machine_id;
};

/// What makes one machine differ from another must not be shared by all machines made from the
/// image.
StepYield remove_identity(const Input& input, root::WorkRoot& root) {
  const fs::RootDir& files = root.files();
  files.remove("/var/lib/systemd/random-seed");
  files.remove("/var/lib/systemd/credential.secret");
  const auto& wish = input.machine_id;
  if (wish && wish->value == model::MachineIdMode::keep) return {};
  // Empty, not absent: systemd makes an id on the first boot, and does not apply presets anew
  // (machine-id(5)).
  files.write("/etc/machine-id", "", 0444);
  files.remove("/var/lib/dbus/machine-id");
  return {};
}

} // namespace

constinit const Step machine_identity{"machine-identity", AppliesTo::both,
                                      k_run<remove_identity, &model::OsConfig::machine_id>};

} // namespace imagewright::finalize::steps
