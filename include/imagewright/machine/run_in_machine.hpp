// SPDX-License-Identifier: MIT
#pragma once

// Work in a machine of its own: QEMU as an ordinary process, a kernel, this same program as its
// init, one disk of inputs that is only read and one for the work. It has no network device, and
// sees nothing of the host but the files that it is given.

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/cancellation.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/disk/filesystem_reader.hpp>
#include <imagewright/machine/guest_kernel.hpp>
#include <imagewright/machine/host_files.hpp>
#include <imagewright/report/reporter.hpp>

namespace imagewright::machine {

/// Where a job inside finds a directory of its own, on the disk that is read when it has ended.
inline constexpr const char* k_guest_work = "/imagewright-machine/work";

/// What a job inside is given.
struct GuestCall {
  std::string_view request;
  report::Reporter& reporter; ///< what it hears is told outside
};

/// A named piece of work. Gives its answer; exceptions come out again outside.
struct GuestJob {
  std::string_view name;
  std::string (*run)(const GuestCall&) = nullptr;
};

/// What a machine may use.
struct MachineLimits {
  base::ByteSize memory = base::ByteSize::gib(1);
  base::ByteSize disk = base::ByteSize::gib(16); ///< of the work; what is not used stays a hole
  std::uint32_t processors = 2;
  std::chrono::seconds time = std::chrono::hours(6);
  /// The longest that it may give no sign of life.
  std::chrono::seconds silence = std::chrono::minutes(3);
};

/// One run of a machine.
struct MachineRequest {
  std::string_view job;
  std::string request;
  const GuestKernel& kernel;
  HostFiles files; ///< besides this program and what it is linked with
  /// An existing directory for the disks, which are gone with the finished machine.
  std::filesystem::path directory;
  /// Everything that the machine says; removed when all went well.
  std::filesystem::path console_log;
  MachineLimits limits;
  /// Sees the work's disk when the machine is off, before anything that the job threw is thrown.
  std::function<void(const disk::FilesystemReader&)> on_end;
};

/// A machine that has done its work and is off.
class FinishedMachine {
public:
  FinishedMachine(std::string answer, const std::filesystem::path& disk);
  FinishedMachine(FinishedMachine&&) noexcept;
  FinishedMachine& operator=(FinishedMachine&&) = delete;
  FinishedMachine(const FinishedMachine&) = delete;
  FinishedMachine& operator=(const FinishedMachine&) = delete;
  ~FinishedMachine();

  const std::string& answer() const { return answer_; }
  /// What stands in k_guest_work. Nothing in it is to be trusted.
  const disk::FilesystemReader& work() const;

private:
  struct Disk;
  std::string answer_;
  std::unique_ptr<Disk> disk_;
};

/// Throws what the job threw; base::Error (machine.…) when the machine did not come to an end by
/// itself, and base::Cancelled.
FinishedMachine run_in_machine(const MachineRequest& request, report::Reporter& reporter,
                               const base::Cancellation& cancellation);

/// Throws base::Error (machine.odd-answer): what a machine gave is nothing that ours give.
[[noreturn]] void throw_odd_answer(const std::string& why);

/// The answer of a machine as a value. One that was taken over may have written anything, so
/// `decode` believes nothing: what it throws as base::BugError, and what the standard library
/// throws about sizes, is machine.odd-answer.
template <typename Decode>
auto decode_answer(const FinishedMachine& machine, const Decode& decode) {
  try {
    return decode(std::string_view(machine.answer()));
  } catch (const base::BugError& error) {
    throw_odd_answer(error.what());
  } catch (const std::logic_error& error) {
    throw_odd_answer(error.what());
  } catch (const std::bad_alloc&) {
    throw_odd_answer("it would not fit into the memory");
  }
}

/// To be called at the very start of main, as sandbox::run_worker_if_asked: inside of a machine
/// this process is its init, and never comes back.
void run_guest_if_asked(int argument_count, char** arguments, std::span<const GuestJob> jobs);

/// Why no machine can be started here, whatever its kernel; nothing when one can.
struct MachineObstacle {
  std::string what;
  std::string remedy;
};
std::optional<MachineObstacle> find_machine_obstacle();

} // namespace imagewright::machine
