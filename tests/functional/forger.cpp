// SPDX-License-Identifier: MIT
// The program with workers that were taken over: they do their work, and then say something else.
// Which one, and what, stands in a file beside the program, of its name with ".forgery" behind it:
// the job's name, and a number that chooses the lie. With the number "honest" the answer is written
// into a file beside it, so that a test knows who was asked.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include <imagewright/cli/run.hpp>
#include <imagewright/pipeline/workers.hpp>

#include "cli/stopping.hpp"

namespace {

using imagewright::sandbox::WorkerCall;
using imagewright::sandbox::WorkerJob;

struct Forgery {
  std::string job;
  std::string number;
  int witness = -1; ///< where honest answers go
};

/// A number or a text of an answer, as sandbox::ByteWriter writes them.
struct Field {
  std::size_t place = 0;
  std::optional<std::size_t> text_size;
};

std::vector<WorkerJob> real_jobs;
Forgery forgery;

std::uint64_t number_at(const std::string& answer, std::size_t place) {
  std::uint64_t number = 0;
  std::memcpy(&number, answer.data() + place, sizeof number);
  return number;
}

void put_number(std::string& answer, std::size_t place, std::uint64_t number) {
  std::memcpy(answer.data() + place, &number, sizeof number);
}

bool looks_like_text(const std::string& answer, std::size_t place, std::uint64_t size) {
  if (size == 0 || size > answer.size() - place) return false;
  return std::all_of(answer.begin() + static_cast<std::ptrdiff_t>(place),
                     answer.begin() + static_cast<std::ptrdiff_t>(place + size),
                     [](char character) { return character >= ' ' || character == '\n'; });
}

std::vector<Field> fields_of(const std::string& answer) {
  std::vector<Field> fields;
  std::size_t place = 0;
  while (place + sizeof(std::uint64_t) <= answer.size()) {
    const std::uint64_t number = number_at(answer, place);
    const std::size_t behind = place + sizeof number;
    const bool is_text = looks_like_text(answer, behind, number);
    fields.push_back({place, is_text ? std::optional(number) : std::nullopt});
    place = behind + (is_text ? number : 0);
  }
  return fields;
}

std::vector<std::string> hostile_texts() {
  std::string deep;
  for (int level = 0; level < 3000; ++level)
    deep += "a/";
  return {"../../../../../../tmp/imagewright-forged",
          "/tmp/imagewright-forged",
          "a/../../../../../tmp/imagewright-forged",
          "",
          ".",
          "..",
          "\x1b[31m\n::error::forged\n##[error]forged\r",
          "\xff\xfe\xc2\x9b",
          std::string("a\0b", 3),
          std::string(300000, 'A'),
          deep,
          "-1",
          "18446744073709551616",
          "sha256:0",
          "{}",
          "[[[[[[[["};
}

class Liar {
public:
  Liar(std::string answer, std::uint64_t number)
      : answer_(std::move(answer)), random_(number), kind_(number % 8) {}

  std::string lie() {
    const std::vector<Field> fields = fields_of(answer_);
    std::vector<Field> texts;
    std::copy_if(fields.begin(), fields.end(), std::back_inserter(texts),
                 [](const Field& field) { return field.text_size.has_value(); });
    if (fields.empty()) return hostile_texts()[below(hostile_texts().size())];
    // Most numbers change one field: what changes much is refused early.
    if (kind_ == 0) return answer_.substr(0, below(answer_.size()));
    if (kind_ == 1) return flipped();
    if (kind_ == 2) return repeated(fields);
    if (kind_ <= 4 || texts.empty()) return with_number(fields);
    if (kind_ == 5) return with_size(texts);
    return with_text(texts);
  }

private:
  std::size_t below(std::size_t count) { return random_() % count; }

  std::string flipped() {
    for (int count = 0; count < 8; ++count)
      answer_[below(answer_.size())] = static_cast<char>(random_());
    return answer_;
  }

  /// One stretch once more, somewhere else.
  std::string repeated(const std::vector<Field>& fields) {
    const std::size_t first = fields[below(fields.size())].place;
    const std::size_t last = fields[below(fields.size())].place;
    const std::string stretch =
        answer_.substr(std::min(first, last), std::max(first, last) - std::min(first, last));
    return answer_.insert(fields[below(fields.size())].place, stretch);
  }

  std::uint64_t hostile_number(std::uint64_t honest) {
    const std::array<std::uint64_t, 14> numbers{~std::uint64_t{0},
                                                std::uint64_t{1} << 63U,
                                                (std::uint64_t{1} << 63U) - 1,
                                                std::uint64_t{1} << 32U,
                                                0xffffffffU,
                                                0x7fffffffU,
                                                0,
                                                1,
                                                honest + 1,
                                                honest - 1,
                                                honest * 4096,
                                                ~honest,
                                                answer_.size(),
                                                std::uint64_t{1} << 40U};
    return numbers[below(numbers.size())];
  }

  std::string with_number(const std::vector<Field>& fields) {
    const std::size_t place = fields[below(fields.size())].place;
    put_number(answer_, place, hostile_number(number_at(answer_, place)));
    return answer_;
  }

  std::string with_size(const std::vector<Field>& texts) {
    const Field& field = texts[below(texts.size())];
    put_number(answer_, field.place, hostile_number(*field.text_size));
    return answer_;
  }

  std::string with_text(const std::vector<Field>& texts) {
    const Field& field = texts[below(texts.size())];
    const std::vector<std::string> choices = hostile_texts();
    const std::string& text = choices[below(choices.size())];
    put_number(answer_, field.place, text.size());
    return answer_.replace(field.place + sizeof(std::uint64_t), *field.text_size, text);
  }

  std::string answer_;
  std::mt19937_64 random_;
  std::uint64_t kind_;
};

template <std::size_t Index>
std::string forged(const WorkerCall& call) {
  std::string answer = real_jobs[Index].run(call);
  if (real_jobs[Index].name != forgery.job && forgery.number != "honest") return answer;
  if (forgery.number == "honest") {
    const std::string line = std::string(real_jobs[Index].name) + "\n";
    if (::write(forgery.witness, line.data(), line.size()) < 0) std::abort();
    return answer;
  }
  if (forgery.number == "empty") return {};
  return Liar(std::move(answer), std::stoull(forgery.number)).lie();
}

constexpr std::size_t k_most_jobs = 64;

template <std::size_t... Index>
std::vector<WorkerJob> forging_jobs(std::index_sequence<Index...> /*indexes*/) {
  using Run = std::string (*)(const WorkerCall&);
  constexpr std::array<Run, sizeof...(Index)> runs{&forged<Index>...};
  std::vector<WorkerJob> jobs = real_jobs;
  if (jobs.size() > runs.size()) std::abort();
  for (std::size_t index = 0; index < jobs.size(); ++index)
    jobs[index].run = runs[index];
  return jobs;
}

void read_forgery(const std::filesystem::path& program) {
  std::ifstream(program.string() + ".forgery") >> forgery.job >> forgery.number;
  // Before a worker is confined.
  if (forgery.number == "honest")
    forgery.witness = ::open((program.string() + ".asked").c_str(),
                             O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

std::optional<std::string> environment_variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

} // namespace

int main(int argument_count, char** arguments) {
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe");
  read_forgery(program);
  real_jobs = imagewright::pipeline::worker_jobs();
  const auto worker_status = imagewright::sandbox::run_worker_if_asked(
      argument_count, arguments, forging_jobs(std::make_index_sequence<k_most_jobs>()));
  if (worker_status) return *worker_status;
  return imagewright::cli::exit_code_for(
      imagewright::cli::run({.arguments = {arguments + 1, arguments + argument_count},
                             .environment = environment_variable,
                             .program = program,
                             .final_code = imagewright::cli::exit_code_for},
                            imagewright::cli::stop_on_signals()));
}
