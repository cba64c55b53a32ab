// SPDX-License-Identifier: MIT
#pragma once

// Every file of an image in one line each, for manifests and comparisons.

#include <map>
#include <string>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/tree/root_tree.hpp>

namespace imagewright::audit {

/// One line per path, as Manifest::files has it. Reads the content of every regular file once, on
/// `thread_count` threads.
std::map<std::string, std::string> list_files(const tree::RootTree& tree, unsigned thread_count,
                                              const base::Cancellation& cancellation);

} // namespace imagewright::audit
