// SPDX-License-Identifier: MIT
#include <filesystem>
#include <string>

#include "../boot_paths.hpp"
#include "../content.hpp"
#include "../steps.hpp"

namespace imagewright::finalize::steps {
namespace {

struct Input {
  const std::vector<model::AdditionalFile>& files;
};

mode_t permissions_of(const model::AdditionalFile& file) {
  if (file.permissions) return *file.permissions;
  const auto* source = std::get_if<std::filesystem::path>(&file.content);
  if (source == nullptr) return 0644;
  return static_cast<mode_t>(std::filesystem::status(*source).permissions()) & 0777U;
}

StepYield add_files(const Input& input, root::WorkRoot& root) {
  StepYield yield;
  for (const auto& file : input.files) {
    const std::string destination = name_on_esp(root.files(), file.destination);
    root.files().write(destination, content_of(file.content), permissions_of(file));
    root.own(destination, 0, 0);
    yield.given_files.push_back({destination, file.where});
  }
  return yield;
}

} // namespace

constinit const Step added_files{"added-files", AppliesTo::both,
                                 k_run<add_files, &model::OsConfig::additional_files>};

} // namespace imagewright::finalize::steps
