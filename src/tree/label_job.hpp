// SPDX-License-Identifier: MIT
#pragma once

// The labels of paths by the texts of a policy, found by libselinux in a worker that has these
// texts and nothing else.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace imagewright::tree {

constexpr std::string_view k_label_job = "label-paths";

/// What stands behind the name of a policy's file of contexts for the files that belong to it, in
/// the order of the worker's descriptors. libselinux finds them by these endings.
constexpr std::array<std::string_view, 5> k_context_endings = {"", ".homedirs", ".local",
                                                               ".subs_dist", ".subs"};

struct PathToLabel {
  std::string_view path; ///< borrowed
  mode_t type = 0;       ///< one of S_IFMT
};

std::string encode_label_request(const std::vector<PathToLabel>& paths);

/// One context for each path, empty where the policy says that there is none. Throws base::Error
/// (tree.cannot-label) for an answer of another size, and for what cannot be a context.
std::vector<std::string> decode_label_answer(std::string_view bytes, std::size_t count);

} // namespace imagewright::tree
