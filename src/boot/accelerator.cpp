// SPDX-License-Identifier: MIT
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>

#include <fcntl.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>

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

/// A guest of 32 bits in one flat segment, which needs no tables (Intel SDM, volume 3,
/// section 9.9.1).
bool enter_protected_mode(int vcpu) {
  struct kvm_sregs special {};
  struct kvm_regs general {};
  if (::ioctl(vcpu, KVM_GET_SREGS, &special) != 0) return false;
  struct kvm_segment code {};
  code.limit = 0xFFFFFFFF;
  code.selector = 8;
  code.type = 11; // executed and read
  code.present = code.db = code.s = code.g = 1;
  struct kvm_segment data = code;
  data.selector = 16;
  data.type = 3; // read and written
  special.cs = code;
  special.ds = special.es = special.fs = special.gs = special.ss = data;
  special.cr0 |= 1U;  // protection enable
  general.rflags = 2; // the bit that is always set
  return ::ioctl(vcpu, KVM_SET_SREGS, &special) == 0 && ::ioctl(vcpu, KVM_SET_REGS, &general) == 0;
}

/// Of this thread; what a guest takes counts as its own.
std::chrono::microseconds processor_time() {
  struct rusage usage {};
  ::getrusage(RUSAGE_THREAD, &usage);
  const auto of = [](const timeval& time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

/// Two hundred loops of ten thousand instructions, which a processor does in a few milliseconds,
/// and QEMU's emulation in some ten. There are kernels that have no processor for guests, and
/// interpret each instruction: no system starts there within a working day. In pieces, since such a
/// kernel does not come back before a piece is done.
bool runs_as_processor(int vm, int vcpu, std::size_t run_size) {
  constexpr std::chrono::milliseconds k_longest{100};
  constexpr int k_pieces = 200;
  // mov ecx, 5000; dec ecx; jnz to the one before; hlt; jmp to the first
  constexpr std::array<std::uint8_t, 11> k_loop{0xB9, 0x88, 0x13, 0x00, 0x00, 0x49,
                                                0x75, 0xFD, 0xF4, 0xEB, 0xF5};
  const Mapping memory(k_page, -1);
  const Mapping run(run_size, vcpu);
  if (!memory.is_valid() || !run.is_valid()) return false;
  std::memcpy(memory.start(), k_loop.data(), k_loop.size());
  struct kvm_userspace_memory_region region {};
  region.memory_size = k_page;
  region.userspace_addr = reinterpret_cast<std::uintptr_t>(memory.start());
  if (::ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region) != 0 || !enter_protected_mode(vcpu))
    return false;
  const auto before = processor_time();
  for (int piece = 0; piece < k_pieces;) {
    const bool has_run = ::ioctl(vcpu, KVM_RUN, 0) == 0;
    if (!has_run && errno != EINTR) return false;
    if (processor_time() - before > k_longest) return false;
    if (!has_run) continue;
    if (static_cast<const struct kvm_run*>(run.start())->exit_reason != KVM_EXIT_HLT) return false;
    ++piece;
  }
  return true;
}
#else
/// Elsewhere a processor that can be made is one that runs.
bool runs_as_processor(int /*vm*/, int /*vcpu*/, std::size_t /*run_size*/) {
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

/// Whether the host's kernel runs instructions of a guest as a processor does.
bool runs_in_kernel() {
  const fs::UniqueFd kvm(::open("/dev/kvm", O_RDWR | O_CLOEXEC));
  if (!kvm) return false;
  const fs::UniqueFd vm(::ioctl(kvm.get(), KVM_CREATE_VM, 0));
  if (!vm) return false;
  const fs::UniqueFd vcpu(::ioctl(vm.get(), KVM_CREATE_VCPU, 0));
  const int run_size = ::ioctl(kvm.get(), KVM_GET_VCPU_MMAP_SIZE, 0);
  return vcpu && run_size > 0 &&
         runs_as_processor(vm.get(), vcpu.get(), static_cast<std::size_t>(run_size));
}

} // namespace

bool can_run_kvm_guest() {
  static const bool is_so = [] {
    const model::Architecture* host = model::host_architecture();
    return host != nullptr && runs_in_kernel() && starts_in_qemu(*host);
  }();
  return is_so;
}

Accelerator best_accelerator(const model::Architecture& architecture) {
  const model::Architecture* host = model::host_architecture();
  const bool is_of_host = host != nullptr && host->name == architecture.name;
  return is_of_host && can_run_kvm_guest() ? Accelerator::kvm : Accelerator::emulation;
}

} // namespace imagewright::boot
