// SPDX-License-Identifier: MIT
#pragma once

// Words in files that are known only when other files have been written: root hashes.

#include <functional>
#include <map>
#include <span>
#include <string>

#include <imagewright/tree/root_tree.hpp>

namespace imagewright::tree {

/// By the name of what is known late.
using LateTexts = std::map<std::string, std::string, std::less<>>;

/// The tree with a note where its files at `paths` (as the image sees them; absent ones are left
/// out) have one of the placeholders. Throws base::Error (tree.cannot-read).
RootTree with_late_places(RootTree tree, std::span<const std::string> paths,
                          const LateTexts& placeholders);

/// The tree in which those places have their texts: who reads content through it sees them, and no
/// file is changed. Each text is as long as its placeholder.
RootTree with_late_texts(RootTree tree, const LateTexts& texts);

} // namespace imagewright::tree
