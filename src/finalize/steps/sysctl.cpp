// SPDX-License-Identifier: MIT
#include "../steps.hpp"

namespace imagewright::finalize::steps {

void sysctl(const Context& context) {
  if (context.plan.os.sysctl.empty()) return;
  std::string text;
  for (const auto& [name, value] : context.plan.os.sysctl)
    text += name + " = " + value.text + '\n';
  // After the packages' files, which by custom stop at 90.
  context.root.write("/etc/sysctl.d/95-image.conf", text, 0644);
}

} // namespace imagewright::finalize::steps
