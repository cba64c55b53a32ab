// SPDX-License-Identifier: MIT
#pragma once

// What a root's files are in the image where the host's files say something else.

#include <functional>
#include <map>
#include <string>

#include <imagewright/sandbox/metadata_record.hpp>

namespace imagewright::root {

/// By real path as the image sees it. A file with several names stands under each of them: a root
/// can be copied, stored and laid over another one together with its record.
using Record = std::map<std::string, sandbox::RecordedMetadata, std::less<>>;

} // namespace imagewright::root
