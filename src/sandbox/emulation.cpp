// SPDX-License-Identifier: MIT
#include <algorithm>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/fs/root_dir.hpp>
#include <imagewright/sandbox/emulation.hpp>

#include "emulation_paths.hpp"

namespace imagewright::sandbox {

void prepare_emulation(const Emulator& emulator) {
  // A copy: what programs inside see and could change is not the host's own.
  std::filesystem::copy_file(emulator.program, emulator.directory / k_emulator_file,
                             std::filesystem::copy_options::overwrite_existing);
  fs::write_file_atomically(emulator.directory / k_starts_file, "");
  fs::write_file_atomically(emulator.directory / k_programs_file, "");
}

std::filesystem::path native_root(const Emulator& emulator) {
  return emulator.directory / k_native_directory;
}

void use_native_programs(const Emulator& emulator, const NativePrograms& natives) {
  std::vector<std::string> libraries;
  for (const std::string& directory : natives.libraries) {
    libraries.push_back(
        fmt::format("{}/{}{}", k_emulation_directory, k_native_directory, directory));
  }
  std::string list = natives.loader + "\n" + base::join(libraries, ":") + "\n";
  for (const std::string& program : natives.programs)
    list += program + "\n";
  fs::write_file_atomically(emulator.directory / k_programs_file, list);
}

ProgramStarts count_program_starts(const Emulator& emulator) {
  ProgramStarts starts;
  if (emulator.directory.empty()) return starts;
  // Programs inside can put anything in its place: a link, or a FIFO that nobody writes to.
  const std::string log = fs::RootDir(emulator.directory).find_content(k_starts_file).value_or("");
  for (std::size_t start = 0; start < log.size(); start = log.find('\n', start) + 1) {
    ++(log[start] == 'N' ? starts.native : starts.emulated);
    if (log.find('\n', start) == std::string::npos) break;
  }
  return starts;
}

} // namespace imagewright::sandbox
