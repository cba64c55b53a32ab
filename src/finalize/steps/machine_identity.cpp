// SPDX-License-Identifier: MIT
#include "../steps.hpp"

namespace imagewright::finalize::steps {

/// What makes one machine differ from another must not be shared by all machines made from the
/// image.
void machine_identity(const Context& context) {
  context.root.remove("/var/lib/systemd/random-seed");
  context.root.remove("/var/lib/systemd/credential.secret");
  const auto& wish = context.plan.os.machine_id;
  if (wish && wish->value == model::MachineIdMode::keep) return;
  // Empty, not absent: systemd makes an id on the first boot, and does not apply presets anew
  // (machine-id(5)).
  context.root.write("/etc/machine-id", "", 0444);
  context.root.remove("/var/lib/dbus/machine-id");
}

} // namespace imagewright::finalize::steps
