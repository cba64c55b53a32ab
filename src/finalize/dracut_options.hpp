// SPDX-License-Identifier: MIT
#pragma once

// What an initramfs is made of, in dracut's words.

#include <string>
#include <vector>

#include <imagewright/model/release_profile.hpp>

namespace imagewright::finalize {

/// One of dracut's options, as its command line and as its settings have it.
struct DracutOption {
  std::string flag;    ///< "--drivers"
  std::string setting; ///< "drivers+="
  std::string value;
};

/// The release's lists with those of the policy, each word once; lists without words are left out.
/// dracut's lists are exclusive where the release gives one, and additions to its own choice where
/// it does not.
std::vector<DracutOption> dracut_options(const model::InitramfsFacts& facts,
                                         const std::vector<std::string>& modules,
                                         const std::vector<std::string>& drivers);

} // namespace imagewright::finalize
