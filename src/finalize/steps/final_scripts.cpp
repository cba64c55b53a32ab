// SPDX-License-Identifier: MIT
#include "../scripts.hpp"
#include "../steps.hpp"

namespace imagewright::finalize::steps {

void final_scripts(const Context& context) {
  run_scripts(context, context.plan.scripts.finalize_customization, "final");
}

} // namespace imagewright::finalize::steps
