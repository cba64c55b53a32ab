// SPDX-License-Identifier: MIT
#pragma once

#include <imagewright/base/diagnostic.hpp>

namespace imagewright::base {

/// With every text in it as people and other programs may see it: without the secrets of URLs.
Diagnostic without_secrets(Diagnostic diagnostic);

} // namespace imagewright::base
