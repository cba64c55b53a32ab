// SPDX-License-Identifier: MIT
#include "initramfs.hpp"

#include <set>

#include <sys/stat.h>

#include <fmt/format.h>

#include <imagewright/fs/file.hpp>

namespace imagewright::machine {

namespace {

constexpr std::size_t k_alignment = 4;
constexpr mode_t k_directory = S_IFDIR | 0755;
constexpr mode_t k_program = S_IFREG | 0755;
constexpr mode_t k_link = S_IFLNK | 0777;

class CpioWriter {
public:
  void add(const std::string& path, mode_t mode, std::string_view content) {
    const std::string name = path.substr(path.find_first_not_of('/'));
    bytes_ +=
        fmt::format("070701{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}"
                    "{:08x}{:08x}{:08x}",
                    ++number_, mode, 0, 0, 1, 0, content.size(), 0, 0, 0, 0, name.size() + 1, 0);
    bytes_ += name;
    bytes_ += '\0';
    pad();
    bytes_ += content;
    pad();
  }

  void add_parents(const std::filesystem::path& path) {
    const std::filesystem::path parent = path.parent_path();
    if (parent == parent.root_path() || !made_.insert(parent.string()).second) return;
    add_parents(parent);
    add(parent.string(), k_directory, {});
  }

  std::string finish() {
    add("TRAILER!!!", 0, {});
    return std::move(bytes_);
  }

private:
  void pad() { bytes_.resize((bytes_.size() + k_alignment - 1) / k_alignment * k_alignment, '\0'); }

  std::string bytes_;
  std::set<std::string> made_;
  unsigned number_ = 0;
};

} // namespace

std::string make_initramfs(const std::filesystem::path& program,
                           const std::vector<std::filesystem::path>& program_files,
                           const std::vector<std::string>& modules) {
  CpioWriter archive;
  for (const char* directory : {"/dev", "/proc", "/root"})
    archive.add(directory, k_directory, {});
  for (const std::filesystem::path& file : program_files) {
    archive.add_parents(file);
    archive.add(file.string(), k_program, fs::read_file(file));
  }
  archive.add(k_guest_modules, k_directory, {});
  for (std::size_t index = 0; index < modules.size(); ++index)
    archive.add(fmt::format("{}/{}.ko", k_guest_modules, index), k_program, modules[index]);
  archive.add("/init", k_link, program.string());
  return archive.finish();
}

} // namespace imagewright::machine
