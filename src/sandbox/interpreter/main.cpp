// SPDX-License-Identifier: MIT
// What the kernel starts inside a sandbox for each program of a foreign architecture. Notes the
// start, then becomes the emulator, or the same program of the host's architecture where there is
// one that does the same; what ldd asks of the dynamic loader it answers itself. A static program:
// nothing of the host is in sight where it runs.

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <climits>

#include "../emulation_paths.hpp"
#include "loader_answers.hpp"

namespace {

using imagewright::sandbox::k_emulation_directory;

std::string in_directory(const char* name) {
  return std::string(k_emulation_directory) + "/" + name;
}

void note(char kind, const std::string& program) {
  const int log = ::open(in_directory(imagewright::sandbox::k_starts_file).c_str(),
                         O_WRONLY | O_APPEND | O_CLOEXEC);
  if (log < 0) return;
  const std::string line = std::string(1, kind) + " " + program + "\n";
  // One write, so that lines of several programs do not mix; without it only a count is wrong.
  if (::write(log, line.data(), line.size()) < 0) std::perror("imagewright");
  ::close(log);
}

std::vector<std::string> lines_of(const std::string& path) {
  std::vector<std::string> lines;
  FILE* file = std::fopen(path.c_str(), "re");
  if (file == nullptr) return lines;
  char line[PATH_MAX];
  while (std::fgets(line, sizeof line, file) != nullptr) {
    line[std::strcspn(line, "\n")] = '\0';
    lines.emplace_back(line);
  }
  std::fclose(file);
  return lines;
}

/// Lines of the list: the loader, the folders of libraries, then programs by their real paths.
bool is_listed(const std::vector<std::string>& list, const std::string& program) {
  for (std::size_t index = 2; index < list.size(); ++index) {
    if (list[index] == program) return true;
  }
  return false;
}

void execute(const std::string& program, std::vector<std::string> arguments) {
  std::vector<char*> pointers;
  for (std::string& argument : arguments)
    pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  ::execv(program.c_str(), pointers.data());
}

/// Ends the program when the question could be answered.
void answer(const std::string& loader, const std::string& name, int count, char** arguments) {
  imagewright::sandbox::LoaderQuestion question{.loader = loader,
                                                .called = name,
                                                .arguments = {arguments, arguments + count},
                                                .environment = {}};
  for (char** variable = environ; *variable != nullptr; ++variable)
    question.environment.emplace_back(*variable);
  const auto answer = imagewright::sandbox::answer_of_loader(question);
  if (!answer) return;
  note('N', loader);
  const bool is_written =
      std::fwrite(answer->text.data(), 1, answer->text.size(), stdout) == answer->text.size() &&
      std::fflush(stdout) == 0;
  std::_Exit(is_written ? answer->status : 127);
}

} // namespace

/// The kernel gives: its own name for this program, the program to run, how that one is called, and
/// its arguments.
int main(int count, char** arguments) {
  if (count < 3) return 127;
  const std::string program = arguments[1];
  const std::string name = arguments[2];
  char resolved[PATH_MAX];
  const std::string real = ::realpath(program.c_str(), resolved) != nullptr ? resolved : program;

  const auto list = lines_of(in_directory(imagewright::sandbox::k_programs_file));
  const std::string native = in_directory(imagewright::sandbox::k_native_directory) + real;
  // Only beside native programs: where everything shall be emulated, so is this.
  if (list.size() > 2) answer(real, name, count - 3, arguments + 3);
  struct stat status {};
  if (is_listed(list, real) && ::lstat(native.c_str(), &status) == 0 && S_ISREG(status.st_mode)) {
    const std::string loader = in_directory(imagewright::sandbox::k_native_directory) + list[0];
    std::vector<std::string> words{loader, "--library-path", list[1], "--argv0", name, native};
    words.insert(words.end(), arguments + 3, arguments + count);
    note('N', real);
    execute(loader, std::move(words));
  }

  std::vector<std::string> words{"emulator", "-0", name, program};
  words.insert(words.end(), arguments + 3, arguments + count);
  note('E', real);
  execute(in_directory(imagewright::sandbox::k_emulator_file), std::move(words));
  std::fprintf(stderr, "imagewright: the emulator cannot be started for %s: %s\n", program.c_str(),
               std::strerror(errno));
  return 127;
}
