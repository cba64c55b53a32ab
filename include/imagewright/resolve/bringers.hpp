// SPDX-License-Identifier: MIT
#pragma once

// Which packages of the repositories bring a file, whether they were chosen or not.

#include <map>
#include <string>
#include <vector>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/resolve/request.hpp>

namespace imagewright::resolve {

/// For each path that packages have the names of those that may be installed, sorted. Only the
/// repositories, the architecture and the excludes of `request` count. Throws as resolve() does.
std::map<std::string, std::vector<std::string>>
find_bringers(const ResolveRequest& request, const std::vector<std::string>& paths,
              const base::Cancellation& cancellation);

} // namespace imagewright::resolve
