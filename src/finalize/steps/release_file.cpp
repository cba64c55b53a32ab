// SPDX-License-Identifier: MIT
#include <imagewright/base/epoch.hpp>

#include "../steps.hpp"

namespace imagewright::finalize::steps {

/// Says what the image is, without a clock or a random id: the same image says the same.
void release_file(const Context& context) {
  context.root.write("/etc/imagewright-release",
                     "IMAGE_NAME=\"" + context.plan.image_name + "\"\n" + //
                         "ARCHITECTURE=\"" + context.plan.architecture.name + "\"\n" +
                         "SOURCE_DATE_EPOCH=\"" +
                         std::to_string(context.plan.epoch.time_since_epoch().count()) + "\"\n" +
                         "TOOL_VERSION=\"" + context.plan.tool_version + "\"\n",
                     0644);
}

} // namespace imagewright::finalize::steps
