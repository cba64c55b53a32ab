// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>

#include "measure/boot_chain.hpp"
#include "memory_files.hpp"
#include "tiny_program.hpp"

using namespace imagewright;
using namespace imagewright_test;

namespace {

const measure::LoaderWord k_boot{"systemd-boot", "252.1", 252};
const std::string k_kernel =
    tiny_program({{".text", "kernel LOADED_IMAGE::LoadOptions Linux initrd"}});

std::string stub(const std::string& version) {
  return "#### LoaderInfo: systemd-stub " + version + " ####";
}

std::string unified(const std::string& version, const std::string& line = "root=x") {
  return tiny_program({{".sdmagic", stub(version)},
                       {".osrel", "ID=x"},
                       {".uname", "6.6"},
                       {".cmdline", line},
                       {".initrd", "ram disk"},
                       {".linux", k_kernel}});
}

void add_entry(Files& files, const std::string& name, const std::string& options = "root=x rw") {
  files.contents["/loader/entries/" + name] =
      "title X\nlinux /t/linux\ninitrd /t/initrd\noptions " + options + "\n";
  files.contents["/t/linux"] = k_kernel;
  files.contents["/t/initrd"] = "ram disk";
}

measure::Measurement measured(const Files& files, const measure::LoaderWord& boot = k_boot,
                              const std::string& entry = "") {
  measure::Machine machine;
  const std::string path = measure::measure_systemd_boot(FilesReader(files), boot, entry, machine);
  auto measurement = std::move(machine.log).finish();
  measurement.entry = path;
  return measurement;
}

/// The registers whose values differ.
std::set<std::uint32_t> changed(const measure::Measurement& a, const measure::Measurement& b) {
  std::set<std::uint32_t> numbers;
  for (std::size_t index = 0; index < a.registers.size(); ++index) {
    if (a.registers[index] != b.registers[index]) numbers.insert(a.registers[index].number);
  }
  return numbers;
}

std::string code_of(const Files& files, const std::string& entry = "") {
  try {
    measured(files, k_boot, entry);
  } catch (const base::Error& error) {
    return error.diagnostic().code;
  }
  return {};
}

using Numbers = std::set<std::uint32_t>;

} // namespace

TEST_CASE("a change of one part of an entry changes the registers that hold it, and no other") {
  Files files;
  add_entry(files, "x.conf");
  const auto before = measured(files);
  CHECK(before.entry == "/loader/entries/x.conf");
  Files other = files;
  other.contents["/t/linux"].back() ^= 1;
  CHECK(changed(before, measured(other)) == Numbers{4});
  other = files;
  other.contents["/t/initrd"] += "!";
  CHECK(changed(before, measured(other)) == Numbers{9});
  other = files;
  add_entry(other, "x.conf", "root=x ro");
  CHECK(changed(before, measured(other)) == Numbers{9, 12});
  other = files;
  other.contents["/loader/loader.conf"] = "timeout 3\n";
  CHECK(changed(before, measured(other)).empty());
  CHECK(changed(measured(files, {"systemd-boot", "255", 255}),
                measured(other, {"systemd-boot", "255", 255})) == Numbers{5});
}

TEST_CASE("the same for a unified kernel image") {
  Files files;
  files.contents["/EFI/Linux/x.efi"] = unified("252.39");
  const auto before = measured(files);
  Files other = files;
  other.contents["/EFI/Linux/x.efi"] = unified("252.39", "root=y");
  CHECK(changed(before, measured(other)) == Numbers{4, 9, 11, 12});
  // The name of the kernel became a section that counts.
  other.contents["/EFI/Linux/x.efi"] = unified("254.1");
  CHECK(changed(before, measured(other)) == Numbers{4, 11});
  other.contents["/EFI/Linux/x.efi"] = unified("300");
  CHECK(measured(other).registers[11].values.empty());
  CHECK(measured(files, {"systemd-boot", "255", 255}).registers[12].values.empty());
  CHECK_FALSE(measured(files, {"systemd-boot", "255", 255}).registers[11].values.empty());
}

TEST_CASE("one of several entries is chosen by name and never by chance") {
  Files files;
  add_entry(files, "a.conf");
  add_entry(files, "b.conf");
  CHECK(code_of(files) == "measure.several-entries");
  CHECK(measured(files, k_boot, "b.conf").entry == "/loader/entries/b.conf");
  CHECK(code_of(files, "c.conf") == "measure.no-entry");
  files.contents["/loader/loader.conf"] = "timeout 0\ndefault a.conf\n";
  CHECK(measured(files).entry == "/loader/entries/a.conf");
  CHECK(code_of(Files{}) == "measure.no-entry");
}

TEST_CASE("what an entry names and nobody has is an error") {
  Files files;
  add_entry(files, "x.conf");
  files.contents.erase("/t/initrd");
  CHECK(code_of(files) == "measure.no-program");
  add_entry(files, "x.conf");
  files.contents["/t/linux"] = "MZ";
  CHECK(code_of(files) == "measure.damaged-program");
}

TEST_CASE("a command line that is not ASCII leaves its registers unknown") {
  Files files;
  add_entry(files, "x.conf", "root=\xc3\xa4");
  const auto result = measured(files);
  CHECK(result.registers[12].values.empty());
  CHECK(result.registers[9].values.empty());
  CHECK_FALSE(result.registers[4].values.empty());
}
