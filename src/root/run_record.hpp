// SPDX-License-Identifier: MIT
#pragma once

// The record while programs run: they rename and link files, so that for this time it is kept by
// the identity of files, and devices are real ones where the host allows it.

#include <filesystem>
#include <functional>
#include <string>

#include <imagewright/fs/root_dir.hpp>
#include <imagewright/root/record.hpp>

namespace imagewright::root {

/// Tells the programs that will run what is recorded. Makes the file `run_record` anew.
void tell_record(const fs::RootDir& files, const Record& record,
                 const std::filesystem::path& run_record);

/// Reads the whole root by path after programs have run. Devices become empty files. Removes the
/// file. Throws base::Error (root.cannot-examine).
Record take_record(const fs::RootDir& files, const std::filesystem::path& run_record);

/// Calls `visit` for each name of the file with this number, with its real path. Throws base::Error
/// (root.cannot-examine).
void for_each_name(const fs::RootDir& files, ino_t number,
                   const std::function<void(const std::string& path)>& visit);

} // namespace imagewright::root
