// SPDX-License-Identifier: MIT
#pragma once

// What a file of the config's choice holds.

#include <string>

#include <imagewright/model/os_config.hpp>

namespace imagewright::finalize {

/// The text of a file that the config wants to be added.
std::string content_of(const model::FileContent& content);

} // namespace imagewright::finalize
