// SPDX-License-Identifier: MIT
#include <array>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/measure/measure.hpp>
#include <imagewright/model/partition_type.hpp>

#include "boot_chain.hpp"

namespace imagewright::measure {

namespace {

constexpr base::ByteSize k_largest_program = base::ByteSize::mib(512);
constexpr std::string_view k_removable = "/EFI/BOOT";

const disk::FilesystemReader& find_esp(const inspect::OpenedImage& image) {
  for (const inspect::OpenedPartition& partition : image.partitions()) {
    if (partition.files && partition.entry.type.to_string() == k_esp_type) return *partition.files;
  }
  throw base::Error(base::FailureKind::input, "measure.no-program",
                    "the image has no EFI system partition",
                    "a BIOS measures other things, of which nothing is said here");
}

/// What firmware starts from a disk that it does not know: UEFI 2.10, 3.5.1.1.
std::string find_program(const disk::FilesystemReader& esp) {
  std::vector<std::string> found;
  for (const std::string& name : esp.list(k_removable).value_or(std::vector<std::string>())) {
    const std::string lower = base::to_lower(name);
    if (lower.starts_with("boot") && lower.ends_with(".efi") && lower.size() <= 12)
      found.push_back(std::string(k_removable) + "/" + name);
  }
  if (found.size() == 1) return found.front();
  throw base::Error(base::FailureKind::input, "measure.no-program",
                    found.empty() ? "there is no program for removable disks in EFI/BOOT"
                                  : "there are programs for several architectures in EFI/BOOT: " +
                                        base::join(found, ", "),
                    "an image that is measured has one, such as EFI/BOOT/BOOTX64.EFI");
}

/// What firmware does before it looks at the disk, and what only it knows.
void begin(Machine& machine) {
  EventLog& log = machine.log;
  constexpr std::string_view k_separator("\0\0\0\0", 4);
  log.add(4, "EV_EFI_ACTION", "Calling EFI Application from Boot Option",
          "Calling EFI Application from Boot Option");
  for (const std::uint32_t pcr : {4U, 5U})
    log.add(pcr, "EV_SEPARATOR", "end of what is before the boot loader", k_separator);
  log.give_up(0, "it is the firmware's own code");
  log.give_up(1, "it is the firmware's settings and its list of disks");
  log.give_up(2, "it is the code of the machine's cards");
  log.give_up(3, "it is the settings of the machine's cards");
  log.give_up(6, "it is the vendor's of the machine");
  if (machine.secure_boot) {
    machine.secure_boot->begin(log);
  } else {
    log.give_up(7,
                "it is Secure Boot's keys and state, which are the machine's: give its variables "
                "with --firmware-variables");
  }
  log.give_up(10, "the running kernel's integrity measurement writes it");
}

/// Throws base::Error (measure.no-program).
std::string program_at(const disk::FilesystemReader& esp, const std::string& path) {
  auto bytes = esp.read(path, k_largest_program);
  if (bytes) return std::move(*bytes);
  throw base::Error(base::FailureKind::input, "measure.no-program",
                    fmt::format("{} is not on the EFI system partition", base::quoted(path)),
                    "shim starts the boot loader of that name beside itself: the image would not "
                    "start");
}

/// shim and the boot loader behind it, which has to be GRUB.
std::string measure_shim(const inspect::OpenedImage& image, const std::string& path,
                         const std::string& wanted_entry, Machine& machine) {
  const disk::FilesystemReader& esp = find_esp(image);
  const SecureBoot* secure_boot = machine.secure_boot ? &*machine.secure_boot : nullptr;
  machine.shim->begin(esp, path, secure_boot, machine.log);
  const std::string name = Shim::second_stage(path);
  const std::string bytes = program_at(esp, name);
  const EfiProgram program(bytes, name);
  machine.shim->measure(program, name, secure_boot, machine.log);
  if (is_grub(program)) return measure_grub(image, program, bytes, wanted_entry, machine);
  for (const std::uint32_t pcr : {4U, 5U, 7U, 8U, 9U, 11U, 12U})
    machine.log.give_up(pcr, base::quoted(name) + ", which shim starts, is not GRUB");
  return name;
}

void end(EventLog& log) {
  for (const std::string_view action :
       {"Exit Boot Services Invocation", "Exit Boot Services Returned with Success"})
    log.add(5, "EV_EFI_ACTION", std::string(action), action);
}

} // namespace

Measurement measure(const inspect::OpenedImage& image, const MeasureOptions& options) {
  const disk::FilesystemReader& esp = find_esp(image);
  const std::string path = find_program(esp);
  const std::string bytes = program_at(esp, path);
  const EfiProgram program(bytes, path);
  const LoaderWord word = word_of(program);
  Machine machine;
  EventLog& log = machine.log;
  if (options.firmware_variables)
    machine.secure_boot.emplace(FirmwareVariables(*options.firmware_variables));
  begin(machine);
  measure_partition_table(image.disk(), image.disk().sector_size(), log);
  std::string started = path;
  if (word.name == "systemd-stub") {
    measure_unified_kernel(bytes, path, {}, machine);
  } else {
    machine.start(program, path);
    if (word.name == "systemd-boot") {
      started = measure_systemd_boot(esp, word, options.entry, machine);
    } else if (is_shim(program)) {
      machine.shim.emplace(program, bytes);
      started = measure_shim(image, path, options.entry, machine);
    } else if (is_grub(program)) {
      started = measure_grub(image, program, bytes, options.entry, machine);
    } else {
      for (const std::uint32_t pcr : {4U, 5U, 7U, 8U, 9U, 11U, 12U, 13U, 14U, 15U})
        log.give_up(pcr, base::quoted(path) + " is neither systemd's nor GRUB: what it starts, and "
                                              "which of its commands it measures, is its own");
    }
  }
  end(log);
  Measurement measurement = std::move(log).finish();
  measurement.loader = word.name.empty() ? path : word.name + " " + word.version;
  measurement.entry = std::move(started);
  return measurement;
}

} // namespace imagewright::measure
