// SPDX-License-Identifier: MIT
#pragma once

// Comparing whole texts with files in tests/golden.

#include <filesystem>
#include <string>

namespace imagewright_test {

/// Fails the running test case when `actual` differs from the file. With IMAGEWRIGHT_GOLDEN=rewrite
/// in the environment the file is written instead and the case counts as skipped.
void check_golden(const std::filesystem::path& file, const std::string& actual);

} // namespace imagewright_test
