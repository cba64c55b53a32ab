// SPDX-License-Identifier: MIT
#pragma once

// Can primary metadata answer a question, or are complete file lists needed?

#include <string_view>
#include <vector>

#include "package_pool.hpp"

namespace imagewright::resolve {

/// Does primary metadata list every file of that kind? createrepo's rule: /etc/*, *bin/*,
/// /usr/lib/sendmail.
bool is_in_primary(std::string_view path);

/// Does any package that could come in through one of `start` need a file that nothing in primary
/// metadata provides, but file lists might?
bool needs_file_lists(const PackagePool& pool, const std::vector<Id>& start);

} // namespace imagewright::resolve
