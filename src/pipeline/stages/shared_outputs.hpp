// SPDX-License-Identifier: MIT
#pragma once

// Outputs that another machine has made from the same, by way of a shared cache.

#include <optional>
#include <string>

#include <imagewright/depot/depot.hpp>
#include <imagewright/fs/publication.hpp>
#include <imagewright/plan/services.hpp>

#include "finished_outputs.hpp"
#include "stage_cache.hpp"

namespace imagewright::pipeline {

class SharedOutputs {
public:
  /// `depot` may be null: nothing is shared. `inputs` are those of output_inputs(); an image with
  /// passwords from files is never shared, as its inputs cannot be told from outside. What is said
  /// here is about this run: it must not be kept with the outputs.
  SharedOutputs(depot::Depot* depot, const StageInputs& inputs, const plan::Services& services);

  /// Fetches every file to where the publication stages it, and adds it. What it gives has names in
  /// place of paths. Nothing when they are not there or not all of them as they should be, which is
  /// warned of; then the publication is of no use.
  std::optional<EarlierOutputs> fetch(fs::Publication& publication);
  /// Offers them to others.
  void offer(const EarlierOutputs& outputs);
  /// The same, unless somebody has done it already.
  void offer_if_absent(const EarlierOutputs& outputs);

private:
  std::optional<EarlierOutputs> refuse(const std::string& reason);

  depot::Depot* depot_;
  base::Digest key_;
  const plan::Services& services_;
};

} // namespace imagewright::pipeline
