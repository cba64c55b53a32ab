// SPDX-License-Identifier: MIT
#include <filesystem>
#include <string>

#include "../steps.hpp"

namespace imagewright::finalize::steps {
namespace {

mode_t permissions_of(const model::AdditionalFile& file) {
  if (file.permissions) return *file.permissions;
  const auto* source = std::get_if<std::filesystem::path>(&file.content);
  if (source == nullptr) return 0644;
  return static_cast<mode_t>(std::filesystem::status(*source).permissions()) & 0777U;
}

} // namespace

void added_files(const Context& context) {
  for (const auto& file : context.plan.os.additional_files) {
    context.root.write(file.destination, content_of(file.content), permissions_of(file));
    own(context, file.destination, 0, 0);
  }
}

} // namespace imagewright::finalize::steps
