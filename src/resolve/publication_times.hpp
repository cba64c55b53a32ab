// SPDX-License-Identifier: MIT
#pragma once

// When packages were published, which libsolv does not read: <time file="…"> of primary.xml.

#include <cstdint>
#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "libsolv_types.hpp"

namespace imagewright::resolve {

/// Seconds since 1970 by the checksum that identifies a package in its repository.
using PublicationTimes = std::map<std::string, std::uint64_t, std::less<>>;

/// Of each package that says it. The text is what libsolv has read already. Throws base::Error
/// (resolve.metadata-unreadable).
PublicationTimes read_publication_times(std::FILE* text, const std::string& repository);

/// Keeps the times with the packages of a repository, so that they are there when it is prepared.
void keep_publication_times(Repo* repository, const PublicationTimes& times);

void set_publication_time(Repodata* data, Id package, std::uint64_t time);

/// Absent: the metadata does not say it, or it was not kept.
std::optional<std::uint64_t> find_publication_time(Pool* pool, Id package);

} // namespace imagewright::resolve
