// SPDX-License-Identifier: MIT
#pragma once

// The bill of materials in the form that CycloneDX tools read.

#include <string>

#include <imagewright/audit/manifest.hpp>

namespace imagewright::audit {

/// A CycloneDX 1.6 document (ECMA-424): the image as the subject, each package as a component that
/// it depends on. The same for the same image: serial number and time are derived.
std::string to_cyclonedx(const Manifest& manifest);

} // namespace imagewright::audit
