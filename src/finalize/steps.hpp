// SPDX-License-Identifier: MIT
#pragma once

// The steps, each in a file of its name under steps/. Which there are, and in which order they run,
// is said in CMakeLists.txt alone.

#include "step.hpp"
#include "step_list.inc"

namespace imagewright::finalize::steps {

#define IMAGEWRIGHT_DECLARE_STEP(name) extern const Step name;
IMAGEWRIGHT_FOR_EACH_STEP(IMAGEWRIGHT_DECLARE_STEP)
IMAGEWRIGHT_FOR_EACH_CUSTOMIZING_STEP(IMAGEWRIGHT_DECLARE_STEP)
IMAGEWRIGHT_FOR_EACH_BOOT_RESET_STEP(IMAGEWRIGHT_DECLARE_STEP)
IMAGEWRIGHT_FOR_EACH_FILE_STEP(IMAGEWRIGHT_DECLARE_STEP)
#undef IMAGEWRIGHT_DECLARE_STEP

} // namespace imagewright::finalize::steps
