// SPDX-License-Identifier: MIT
#pragma once

// What a config makes of the boot chain of an image that exists.

#include <imagewright/finalize/plan.hpp>
#include <imagewright/model/kernel_command_line.hpp>
#include <imagewright/plan/customize_plan.hpp>

namespace imagewright::plan {

/// Whether the change takes a word away from the command lines that the base has.
bool is_taken_away(const model::KernelParameter& word, const finalize::CommandLineChange& change);

/// Adds to the change of the command lines, to the initramfs and to the checks what os.cgroup and
/// os.fips ask for. Throws base::InputError.
void add_kernel_wishes(const CustomizePlan& plan, const BaseFacts& facts,
                       finalize::FinalizePlan& root);

/// Sets the boot loader up anew: layout, command line, initramfs. Of the base stay the modes of
/// SELinux, FIPS and cgroups that the config says nothing of. Throws base::InputError.
void set_boot_up_anew(const CustomizePlan& plan, const BaseFacts& facts,
                      finalize::FinalizePlan& root);

} // namespace imagewright::plan
