// SPDX-License-Identifier: MIT
#pragma once

// Packages that no honest tool would make.

#include <string>

#include <imagewright/model/package.hpp>

namespace imagewright_test {

/// Replaces a text by one of the same length wherever it stands in the header and the (not
/// compressed) payload of an unsigned package, and makes the package's own digests right again.
/// Fails the test when the text is not there.
void patch_package(imagewright::model::PackageFile& file, const std::string& from,
                   const std::string& to);

} // namespace imagewright_test
