// SPDX-License-Identifier: MIT
#include "machine_files.hpp"

#include <string>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/fs/root_dir.hpp>
#include <imagewright/process/command.hpp>

namespace imagewright::pipeline {

namespace {

/// With the line that ends a log.
constexpr base::ByteSize k_largest_log{process::k_largest_log.bytes() + 4096};

} // namespace

void add_inputs(machine::HostFiles& files, const plan::InputPaths& inputs) {
  for (const std::filesystem::path& file : inputs.files) {
    // A base is customized without a release.
    if (!file.empty()) files.add_file(file);
  }
  for (const std::filesystem::path& directory : inputs.directories)
    files.add_tree(directory);
}

void add_packages(machine::HostFiles& files, const FetchedPackages& fetched) {
  for (const model::PackageFile& package : fetched.packages.files)
    files.add_file(package.path);
}

void take_logs(const disk::FilesystemReader& work, const std::string& place,
               const std::filesystem::path& directory) {
  const auto names = work.list(place);
  if (!names) return;
  const fs::RootDir files(directory);
  for (const std::string& name : *names) {
    if (auto log = work.read(place + "/" + name, k_largest_log)) files.write(name, *log, 0600);
  }
}

} // namespace imagewright::pipeline
