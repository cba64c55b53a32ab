// SPDX-License-Identifier: MIT
#include "step.hpp"

#include <array>
#include <iterator>
#include <utility>

#include "steps.hpp"

namespace imagewright::finalize {
namespace {

#define IMAGEWRIGHT_POINT_AT_STEP(name) &steps::name,
constexpr std::array k_steps{IMAGEWRIGHT_FOR_EACH_STEP(IMAGEWRIGHT_POINT_AT_STEP)};
constexpr std::array k_customizing_steps{
    IMAGEWRIGHT_FOR_EACH_CUSTOMIZING_STEP(IMAGEWRIGHT_POINT_AT_STEP)};
constexpr std::array k_boot_reset_steps{
    IMAGEWRIGHT_FOR_EACH_BOOT_RESET_STEP(IMAGEWRIGHT_POINT_AT_STEP)};
constexpr std::array k_file_steps{IMAGEWRIGHT_FOR_EACH_FILE_STEP(IMAGEWRIGHT_POINT_AT_STEP)};
#undef IMAGEWRIGHT_POINT_AT_STEP

template <typename Value>
void append(std::vector<Value>& values, std::vector<Value> more) {
  values.insert(values.end(), std::move_iterator(more.begin()), std::move_iterator(more.end()));
}

} // namespace

void StepYield::add(StepYield other) {
  auto& [other_kernels, other_line, other_patches, other_files, other_given, other_script_files,
         other_sources, other_warnings] = other;
  if (other_kernels) kernels = std::move(other_kernels);
  if (other_line) command_line = std::move(other_line);
  append(disk_patches, std::move(other_patches));
  append(command_line_files, std::move(other_files));
  append(given_files, std::move(other_given));
  append(script_files, std::move(other_script_files));
  if (other_sources) menu_sources = std::move(other_sources);
  append(warnings, std::move(other_warnings));
}

std::span<const Step* const> all_steps() {
  return k_steps;
}

std::span<const Step* const> customizing_steps() {
  return k_customizing_steps;
}

std::span<const Step* const> boot_reset_steps() {
  return k_boot_reset_steps;
}

std::span<const Step* const> file_steps() {
  return k_file_steps;
}

} // namespace imagewright::finalize
