// SPDX-License-Identifier: MIT
#pragma once

// The software bill of materials.

#include <string>

#include <imagewright/audit/manifest.hpp>

namespace imagewright::audit {

/// An SPDX 2.3 document in JSON (ISO/IEC 5962): the image, its packages with purls and checksums.
/// The creation time is the epoch and the namespace is derived from the content, so that the text
/// is the same on every run.
std::string to_spdx(const Manifest& manifest);

} // namespace imagewright::audit
