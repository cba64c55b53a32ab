// SPDX-License-Identifier: MIT
#pragma once

// What a build was made from, as its report remembers it, so that it can be done again.

#include <filesystem>
#include <string>
#include <vector>

#include <imagewright/base/digest.hpp>
#include <imagewright/json/value.hpp>
#include <imagewright/plan/build_plan.hpp>

namespace imagewright::plan {

/// Everything besides the packages, which the manifest has. Nothing secret is in it: of addresses
/// no passwords, of files one digest over all of them, without files of passwords.
struct BuildInputs {
  std::filesystem::path config; ///< absolute
  base::Digest files;           ///< over all files that the config is made of and names
  std::string release; ///< as given on the command line, a path made absolute; may be empty
  std::vector<RepositoryOverride> repositories;
  std::vector<model::ImageFormat> formats; ///< as given on the command line; may be empty
};

/// Where everything stands that a composition reads besides packages and keys; absolute or relative
/// to where the command was given.
struct InputPaths {
  std::vector<std::filesystem::path> files; ///< with those of passwords
  std::vector<std::filesystem::path> directories;
};

InputPaths input_paths_of(const BuildPlan& plan);

/// Reads every file that the config names. Throws base::Error (fs.cannot-read).
BuildInputs inputs_of(const BuildPlan& plan, const PlanOptions& options);

json::Value to_json(const BuildInputs& inputs);
/// Reads what to_json() gave; `where` is for messages. Throws base::Error (json.unexpected-value).
BuildInputs inputs_from(const json::Value& value, const std::string& where);

} // namespace imagewright::plan
