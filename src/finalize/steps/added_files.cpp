// SPDX-License-Identifier: MIT
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

#include "../boot_paths.hpp"
#include "../content.hpp"
#include "../given_files.hpp"
#include "../steps.hpp"

namespace imagewright::finalize::steps {
namespace {

struct Input {
  const std::vector<model::AdditionalFile>& files;
  const model::ScriptsConfig& scripts;
  const std::string& database;
};

mode_t permissions_of(const model::AdditionalFile& file) {
  if (file.permissions) return *file.permissions;
  const auto* source = std::get_if<std::filesystem::path>(&file.content);
  if (source == nullptr) return 0644;
  return static_cast<mode_t>(std::filesystem::status(*source).permissions()) & 0777U;
}

/// FAT knows no case: a second file of the config would take the place of the first.
void refuse_twin(const std::vector<GivenFile>& given, const std::string& destination,
                 const model::AdditionalFile& file) {
  if (destination == file.destination) return;
  const auto twin = std::ranges::find(given, destination, &GivenFile::path);
  if (twin == given.end()) return;
  throw base::Error(base::FailureKind::input,
                    {.code = "finalize.file-overwritten",
                     .message = base::quoted(file.destination) + " and " +
                                base::quoted(destination) + " are one file on FAT",
                     .where = file.where,
                     .related = {{twin->where, "the other one stands here"}},
                     .hint = "give one of them another name"});
}

/// What stands in the way of a file of the config is told at the file's place.
void write_file(root::WorkRoot& root, const std::string& destination,
                const model::AdditionalFile& file) {
  try {
    root.files().write(destination, content_of(file.content), permissions_of(file));
  } catch (const base::Error& error) {
    if (error.diagnostic().code != "fs.root-access") throw;
    base::Diagnostic told = error.diagnostic();
    told.where = file.where;
    told.hint = "choose another destination, or leave out what stands in the way";
    throw base::Error(base::FailureKind::input, told);
  }
  root.own(destination, 0, 0);
}

StepYield add_files(const Input& input, root::WorkRoot& root) {
  StepYield yield;
  for (const auto& file : input.files) {
    const std::string destination = name_on_esp(root.files(), file.destination);
    refuse_twin(yield.given_files, destination, file);
    write_file(root, destination, file);
    require_kept(root.files(), {destination, file.where}, input.scripts);
    require_no_database(root.files(), {destination, file.where}, input.database);
    yield.given_files.push_back({destination, file.where});
  }
  return yield;
}

} // namespace

constinit const Step added_files{"added-files", AppliesTo::both,
                                 k_run<add_files, &model::OsConfig::additional_files,
                                       &FinalizePlan::scripts, &FinalizePlan::rpm_database_path>};

} // namespace imagewright::finalize::steps
