// SPDX-License-Identifier: MIT
#include "qemu.hpp"

#include <filesystem>
#include <initializer_list>
#include <string_view>

#include <fmt/format.h>

#include "guest.hpp"

namespace imagewright::machine {

namespace {

/// In QEMU's options a comma ends a value unless there are two.
std::string option_value(const std::filesystem::path& path) {
  std::string value;
  for (const char byte : path.string()) {
    value += byte;
    if (byte == ',') value += byte;
  }
  return value;
}

/// QEMU is started in another directory than the one that the user's paths begin in.
std::string whole_name(const std::filesystem::path& file) {
  return std::filesystem::absolute(file).string();
}

/// What an emulated kernel does for nothing: addresses that are random make QEMU translate each
/// program anew in each process, speculation that is not there is guarded against, and timers are
/// measured by a clock that stands still now and then. Kernels that do not know one pass it on.
constexpr std::string_view k_for_emulation =
    "norandmaps mitigations=off init_on_alloc=0 no_timer_check ";

/// Quiet but for what ends it, and nothing of security modules: the sandbox inside is ours, and
/// labels are written as they are.
std::string command_line(const model::Architecture& architecture, boot::Accelerator accelerator) {
  const bool is_emulated = accelerator != boot::Accelerator::kvm;
  return fmt::format("console={} loglevel=1 panic=-1 random.trust_cpu=on selinux=0 apparmor=0 "
                     "audit=0 nokaslr {}rdinit=/init -- {} {}",
                     architecture.serial_console, is_emulated ? k_for_emulation : "",
                     k_guest_argument, k_boot_role);
}

void append_disk(std::vector<std::string>& arguments, const std::string& name,
                 const std::filesystem::path& file, bool is_read_only) {
  // Whether what is written survives a power failure is nobody's concern here. Where nothing more
  // can be written, the machine stands still: a guest might go on without what it wrote.
  arguments.insert(arguments.end(),
                   {"-blockdev",
                    fmt::format("driver=raw,node-name={},read-only={},discard=unmap,cache.no-flush="
                                "on,file.driver=file,file.locking=off,file.filename={}",
                                name, is_read_only ? "on" : "off", option_value(whole_name(file))),
                    "-device",
                    fmt::format("virtio-blk-pci,drive={},werror=stop,rerror=stop", name)});
}

} // namespace

std::vector<std::string> machine_arguments(const model::Architecture& architecture,
                                           boot::Accelerator accelerator,
                                           const MachineLimits& limits, const MachineFiles& files) {
  std::vector<std::string> arguments{architecture.qemu.program, "-machine",
                                     architecture.qemu.machine};
  const auto append = [&](std::initializer_list<std::string> more) {
    arguments.insert(arguments.end(), more);
  };
  // As for a boot: translations of code that is gone slow every write to its page.
  if (accelerator == boot::Accelerator::kvm) {
    append({"-accel", "kvm", "-cpu", "host"});
  } else {
    append(
        {"-accel", "tcg,thread=multi,tb-size=192", "-cpu", architecture.qemu.emulated_processor});
  }
  append({"-smp", std::to_string(limits.processors), "-m",
          fmt::format("{}M", limits.memory.bytes() >> 20U)});
  append({"-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-nic", "none"});
  // Whoever gets out of the guest finds QEMU without the calls to start or become anything.
  append({"-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"});
  append({"-kernel", whole_name(files.kernel), "-initrd", whole_name(files.initramfs), "-append",
          command_line(architecture, accelerator)});
  append_disk(arguments, "inputs", files.inputs, true);
  append_disk(arguments, "work", files.work, false);
  append({"-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console"});
  return arguments;
}

} // namespace imagewright::machine
