// SPDX-License-Identifier: MIT
#pragma once

// What every step sees.

#include <string>

#include <imagewright/finalize/finalize.hpp>
#include <imagewright/fs/root_dir.hpp>
#include <imagewright/model/root.hpp>

namespace imagewright::finalize {

/// Borrowed for the time of finalize().
struct Context {
  const fs::RootDir& root;
  const FinalizePlan& plan;
  const FinalizeServices& services;
  const model::InstalledRoot& installed;
  /// What the steps learn and yield.
  model::SealedRoot& sealed;
};

/// Gives a file its owner; what the host refuses to store is recorded.
void own(const Context& context, const std::string& path, uid_t user, gid_t group);

/// The text of a file that the config wants to be added.
std::string content_of(const model::FileContent& content);

} // namespace imagewright::finalize
