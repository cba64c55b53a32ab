// SPDX-License-Identifier: MIT
#include <chrono>
#include <cstring>

#include <fcntl.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/boot/accelerator.hpp>
#include <imagewright/fs/unique_fd.hpp>
#include <imagewright/process/command_runner.hpp>
#include <imagewright/process/program.hpp>

namespace imagewright::boot {

namespace {

#if defined(__x86_64__)
constexpr std::size_t k_page = 4096;

/// Memory that is given back.
class Mapping {
public:
  Mapping(std::size_t size, int fd)
      : size_(size), start_(::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                                   fd < 0 ? MAP_SHARED | MAP_ANONYMOUS : MAP_SHARED, fd, 0)) {}
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  Mapping(Mapping&&) = delete;
  Mapping& operator=(Mapping&&) = delete;
  ~Mapping() {
    if (is_valid()) ::munmap(start_, size_);
  }

  bool is_valid() const { return start_ != MAP_FAILED; }
  void* start() const { return start_; }

private:
  std::size_t size_;
  void* start_;
};

/// One instruction in real mode: HLT, which leaves the guest (Intel SDM, volume 3, section 26.1.3).
bool runs_one_instruction(int vm, int vcpu, std::size_t run_size) {
  constexpr int k_halt = 0xF4;
  const Mapping memory(k_page, -1);
  const Mapping run(run_size, vcpu);
  if (!memory.is_valid() || !run.is_valid()) return false;
  std::memset(memory.start(), k_halt, k_page);
  struct kvm_userspace_memory_region region {};
  region.memory_size = k_page;
  region.userspace_addr = reinterpret_cast<std::uintptr_t>(memory.start());
  struct kvm_sregs special {};
  struct kvm_regs general {};
  if (::ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region) != 0 ||
      ::ioctl(vcpu, KVM_GET_SREGS, &special) != 0)
    return false;
  special.cs.base = 0;
  special.cs.selector = 0;
  general.rflags = 2; // the bit that is always set
  if (::ioctl(vcpu, KVM_SET_SREGS, &special) != 0 || ::ioctl(vcpu, KVM_SET_REGS, &general) != 0 ||
      ::ioctl(vcpu, KVM_RUN, 0) != 0)
    return false;
  return static_cast<const struct kvm_run*>(run.start())->exit_reason == KVM_EXIT_HLT;
}
#else
/// Elsewhere a processor that can be made is one that runs.
bool runs_one_instruction(int /*vm*/, int /*vcpu*/, std::size_t /*run_size*/) {
  return true;
}
#endif

/// There are hosts where the kernel runs an instruction and QEMU cannot set a processor up: it is
/// started with everything but a guest to run.
bool starts_in_qemu(const model::Architecture& architecture) {
  if (!process::find_program(architecture.qemu.program)) return false;
  const base::Cancellation cancellation;
  process::HostCommandRunner programs(cancellation);
  const process::CommandResult result =
      programs.run({.argv = {architecture.qemu.program, "-machine", architecture.qemu.machine,
                             "-accel", "kvm", "-cpu", "host", "-m", "64M", "-nodefaults",
                             "-display", "none", "-S", "-monitor", "stdio"},
                    .description = "try KVM",
                    .standard_input = "quit\n",
                    .timeout = std::chrono::seconds(10)});
  return result.exit_code == 0;
}

/// Whether the host's kernel runs an instruction of a guest.
bool runs_in_kernel() {
  const fs::UniqueFd kvm(::open("/dev/kvm", O_RDWR | O_CLOEXEC));
  if (!kvm) return false;
  const fs::UniqueFd vm(::ioctl(kvm.get(), KVM_CREATE_VM, 0));
  if (!vm) return false;
  const fs::UniqueFd vcpu(::ioctl(vm.get(), KVM_CREATE_VCPU, 0));
  const int run_size = ::ioctl(kvm.get(), KVM_GET_VCPU_MMAP_SIZE, 0);
  return vcpu && run_size > 0 &&
         runs_one_instruction(vm.get(), vcpu.get(), static_cast<std::size_t>(run_size));
}

} // namespace

bool can_run_kvm_guest() {
  const model::Architecture* host = model::host_architecture();
  return host != nullptr && runs_in_kernel() && starts_in_qemu(*host);
}

Accelerator best_accelerator(const model::Architecture& architecture) {
  const model::Architecture* host = model::host_architecture();
  const bool is_of_host = host != nullptr && host->name == architecture.name;
  return is_of_host && can_run_kvm_guest() ? Accelerator::kvm : Accelerator::emulation;
}

} // namespace imagewright::boot
