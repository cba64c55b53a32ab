// SPDX-License-Identifier: MIT
#include "../scripts.hpp"
#include "../steps.hpp"

namespace imagewright::finalize::steps {

/// Before the initramfs is made, so that what these scripts change is in it.
void post_scripts(const Context& context) {
  run_scripts(context, context.plan.scripts.post_customization, "post");
}

} // namespace imagewright::finalize::steps
