// SPDX-License-Identifier: MIT
#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/fs/temporary_directory.hpp>
#include <imagewright/process/command_runner.hpp>
#include <imagewright/process/program.hpp>

using namespace imagewright;
using process::Command;
using process::CommandResult;

namespace {

CommandResult run(const Command& command) {
  const base::Cancellation cancellation;
  process::HostCommandRunner runner(cancellation);
  return runner.run(command);
}

Command shell(const std::string& script) {
  Command command;
  command.argv = {"sh", "-c", script};
  return command;
}

/// Does the process exist, other than as a zombie?
bool is_alive(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/stat");
  std::string number, name, state;
  return (status >> number >> name >> state) && state != "Z";
}

/// Is it gone, at the latest after a moment? Signals to processes that are not ours arrive when
/// they arrive.
bool goes_away(pid_t pid) {
  for (int tries = 0; tries < 500 && is_alive(pid); ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return !is_alive(pid);
}

} // namespace

TEST_CASE("both outputs and the exit status come back", "[process]") {
  const CommandResult result = run(shell("echo out; echo err >&2; exit 7"));
  CHECK(result.standard_output == "out\n");
  CHECK(result.standard_error == "err\n");
  CHECK(result.exit_code == 7);
  CHECK_FALSE(result.signal.has_value());
  CHECK_FALSE(result.is_success());
}

TEST_CASE("a signal is told apart from an exit status", "[process]") {
  const CommandResult result = run(shell("kill -TERM $$"));
  CHECK(result.signal == SIGTERM);
  CHECK_FALSE(result.exit_code.has_value());
}

TEST_CASE("arguments arrive unchanged and no shell sees them", "[process]") {
  Command command;
  command.argv = {"printf", "%s|", "a b", "$HOME", "*", ""};
  CHECK(run(command).standard_output == "a b|$HOME|*||");
}

TEST_CASE("the environment is what the command says", "[process]") {
  ::setenv("IMAGEWRIGHT_TEST_SECRET", "leaked", 1);
  ::setenv("IMAGEWRIGHT_TEST_WANTED", "passed", 1);
  Command command;
  command.argv = {"env"};
  command.environment = {{"GIVEN", "yes"}, {"PATH", "/usr/bin:/bin"}};
  command.inherited_environment = {"IMAGEWRIGHT_TEST_WANTED", "IMAGEWRIGHT_TEST_UNSET"};
  CHECK(run(command).standard_output ==
        "GIVEN=yes\nIMAGEWRIGHT_TEST_WANTED=passed\nPATH=/usr/bin:/bin\n");
}

TEST_CASE("standard input is the text, or empty", "[process]") {
  Command command;
  command.argv = {"cat"};
  CHECK(run(command).standard_output.empty());
  command.standard_input = std::string(300000, 'x') + "end";
  CHECK(run(command).standard_output == command.standard_input);
}

/// What the C library's own posix_spawn does to the children of a program with threads.
void ignore_library_signals() {
  const std::array<unsigned long, 8> ignore = {1}; // SIG_IGN first, then flags and mask
  for (const int number : {32, 33})
    REQUIRE(::syscall(SYS_rt_sigaction, number, ignore.data(), nullptr, 8) == 0);
}

TEST_CASE("a program starts in its directory with plain signals and no stray descriptors",
          "[process]") {
  const fs::TemporaryDirectory scratch(std::filesystem::temp_directory_path(), "process-");
  const int stray = ::dup(0); // not closed on exec
  ::signal(SIGPIPE, SIG_IGN);
  ignore_library_signals();
  Command command =
      shell("pwd; umask; ls /proc/self/fd | tr '\\n' ' '; grep SigIgn /proc/self/status");
  command.working_directory = scratch.path();
  const std::string output = run(command).standard_output;
  ::signal(SIGPIPE, SIG_DFL);
  ::close(stray);
  // Descriptor 3 is the directory that ls itself reads.
  CHECK(output == scratch.path().string() + "\n0022\n0 1 2 3 SigIgn:\t0000000000000000\n");
}

TEST_CASE("only the end of a long output is kept, and the log has all of it", "[process]") {
  const fs::TemporaryDirectory scratch(std::filesystem::temp_directory_path(), "process-");
  Command command = shell("seq 1 20000; echo warning >&2");
  command.output_limit = base::ByteSize(12);
  command.log_file = scratch.path() / "log";
  const CommandResult result = run(command);
  CHECK(result.standard_output == "19999\n20000\n");
  const std::string log = fs::read_file(command.log_file);
  CHECK(log.find("\n777\n") != std::string::npos);
  CHECK(log.find("warning\n") != std::string::npos);
}

TEST_CASE("a log ends where an output without end begins to fill the disk", "[process]") {
  const fs::TemporaryDirectory scratch(std::filesystem::temp_directory_path(), "process-");
  Command command = shell("head -c 80000000 /dev/zero; echo last");
  command.output_limit = base::ByteSize(12);
  command.log_file = scratch.path() / "log";
  CHECK(run(command).standard_output.ends_with("last\n"));
  const std::uint64_t size = std::filesystem::file_size(command.log_file);
  CHECK(size > process::k_largest_log.bytes());
  CHECK(size < process::k_largest_log.bytes() + 100);
  CHECK(fs::read_file(command.log_file).ends_with("[what was said after this is not kept]\n"));
}

TEST_CASE("a timeout ends the program and what it started", "[process]") {
  Command command = shell("sleep 60 & echo $!; wait");
  command.timeout = std::chrono::milliseconds(300);
  const CommandResult result = run(command);
  CHECK(result.is_timed_out);
  CHECK(result.signal == SIGKILL);
  CHECK(result.duration < std::chrono::seconds(20));
  CHECK(goes_away(static_cast<pid_t>(std::stol(result.standard_output))));
}

TEST_CASE("a program left in the background does not delay the end", "[process]") {
  const CommandResult result = run(shell("sleep 60 & echo $!"));
  CHECK(result.exit_code == 0);
  CHECK(result.duration < std::chrono::seconds(20));
  CHECK(goes_away(static_cast<pid_t>(std::stol(result.standard_output))));
}

TEST_CASE("cancellation kills the program", "[process]") {
  base::Cancellation cancellation;
  process::HostCommandRunner runner(cancellation);
  std::thread canceller([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    cancellation.request();
  });
  const auto started = std::chrono::steady_clock::now();
  CHECK_THROWS_AS(runner.run(shell("sleep 60")), base::Cancelled);
  canceller.join();
  CHECK(std::chrono::steady_clock::now() - started < std::chrono::seconds(20));
  CHECK_THROWS_AS(runner.run(shell("true")), base::Cancelled);
}

TEST_CASE("a watcher sees the output and may stop the program", "[process]") {
  std::string seen;
  Command command = shell("echo ready; sleep 60");
  command.watch_output = [&](std::string_view text) {
    seen += text;
    return seen.find("ready") != std::string::npos ? process::Watch::stop
                                                   : process::Watch::keep_running;
  };
  const CommandResult result = run(command);
  CHECK(seen == "ready\n");
  CHECK(result.is_stopped_by_watch);
  CHECK(result.duration < std::chrono::seconds(20));
}

TEST_CASE("programs that cannot start say why", "[process]") {
  const fs::TemporaryDirectory scratch(std::filesystem::temp_directory_path(), "process-");
  const auto script = scratch.path() / "script";
  std::ofstream(script) << "#!/no/such/interpreter\n";
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  Command command;
  command.argv = {script.string()};
  const auto code_of = [](const Command& failing) {
    try {
      run(failing);
    } catch (const base::Error& error) {
      return error.diagnostic().code + "; " + error.diagnostic().hint;
    }
    return std::string("it started");
  };
  CHECK(code_of(command) == "process.cannot-start; its interpreter does not exist");
  command.argv = {"no-such-program-anywhere"};
  CHECK(code_of(command) == "process.missing-tool; install the package that contains it");
  CHECK(process::how_to_install("debugfs") == "install e2fsprogs");
  CHECK(process::how_to_install("qemu-img") ==
        "install qemu-utils (where packages are .deb) or qemu-img (where they are .rpm)");
  command.argv = {"true"};
  command.working_directory = "/no/such/directory";
  CHECK(code_of(command) == "process.cannot-start; ");
}

TEST_CASE("programs end when the process that started them is killed", "[process]") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t starter = ::fork();
  REQUIRE(starter >= 0);
  if (starter == 0) {
    Command command = shell("echo $$; sleep 60");
    command.watch_output = [&](std::string_view text) {
      if (::write(ends[1], text.data(), text.size()) < 0) ::_exit(1);
      return process::Watch::keep_running;
    };
    run(command);
    ::_exit(0);
  }
  char text[32] = {};
  REQUIRE(::read(ends[0], text, sizeof text - 1) > 0);
  const auto program = static_cast<pid_t>(std::stol(text));
  CHECK(is_alive(program));
  ::kill(starter, SIGKILL);
  ::waitpid(starter, nullptr, 0);
  CHECK(goes_away(program));
  ::close(ends[0]);
  ::close(ends[1]);
}
