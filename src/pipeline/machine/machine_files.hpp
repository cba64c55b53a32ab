// SPDX-License-Identifier: MIT
#pragma once

// What goes into a machine and comes out of it beside questions and answers.

#include <filesystem>

#include <imagewright/disk/filesystem_reader.hpp>
#include <imagewright/machine/host_files.hpp>
#include <imagewright/plan/build_inputs.hpp>

#include "pipeline/install_request.hpp"

namespace imagewright::pipeline {

void add_inputs(machine::HostFiles& files, const plan::InputPaths& inputs);
void add_packages(machine::HostFiles& files, const FetchedPackages& fetched);

/// Every file of a directory of the work's disk, so that people find it outside.
void take_logs(const disk::FilesystemReader& work, const std::string& place,
               const std::filesystem::path& directory);

} // namespace imagewright::pipeline
