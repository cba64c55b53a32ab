// SPDX-License-Identifier: MIT
#pragma once

// Everything in a root that a program there could read, one line a name: what a result of such a
// program depends on.

#include <map>
#include <string>

#include <imagewright/base/epoch.hpp>
#include <imagewright/root/known_content.hpp>
#include <imagewright/root/snapshot.hpp>
#include <imagewright/root/work_root.hpp>

namespace imagewright::root {

/// By path: type, mode, owners, time, attributes, and the digest of content, target or number of a
/// device. No time is later than `latest`: files of this build are as those of any other. Content
/// that is known is not read. Throws base::Error (root.cannot-examine).
std::map<std::string, std::string> describe(const WorkRoot& root, const KnownContent& known,
                                            base::Epoch latest, const Workforce& workforce);

/// When each directory was changed, by path. Throws base::Error (root.cannot-examine).
std::map<std::string, timespec> directory_times(const WorkRoot& root);

} // namespace imagewright::root
