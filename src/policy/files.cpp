// SPDX-License-Identifier: MIT
#include <string>

#include <imagewright/base/text.hpp>
#include <imagewright/model/kept_paths.hpp>
#include <imagewright/policy/system_policy.hpp>

namespace imagewright::policy {
namespace {

void refuse_emptied(PolicyPart& part, const PolicyInput& input, const std::string& path,
                    std::string_view directory, const base::SourceLocation& where) {
  if (directory.empty() || model::is_of_use_to_scripts(directory, input.config.scripts)) return;
  part.diagnostics.error("policy.file-not-kept",
                         base::quoted(path) + " would not be in the image: " +
                             base::quoted(directory) + " is empty in it",
                         where, "put it elsewhere, or let tmpfiles.d(5) make it at boot");
}

} // namespace

/// What is put where nothing stays cannot be a config's wish.
PolicyPart files_policy(const PolicyInput& input) {
  PolicyPart part;
  const auto& os = input.config.os;
  for (const auto& file : os.additional_files) {
    refuse_emptied(part, input, file.destination, model::emptied_directory_of(file.destination),
                   file.where);
  }
  for (const auto& directory : os.additional_directories) {
    refuse_emptied(part, input, directory.destination,
                   model::emptied_directory_of(directory.destination + "/"), directory.where);
  }
  return part;
}

} // namespace imagewright::policy
