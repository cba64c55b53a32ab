// SPDX-License-Identifier: MIT
#pragma once

// Whether what a worker says of a base can be.

#include <optional>

#include <imagewright/model/filesystem_type.hpp>

#include "base_content.hpp"

namespace imagewright::origin {

/// The type that a reader names; nothing: it is none that is known here.
std::optional<model::FilesystemType> type_of(const disk::FilesystemFacts& facts);

/// Throws base::BugError with the reason why not.
void require_possible(const BaseContent& content);

} // namespace imagewright::origin
