// SPDX-License-Identifier: MIT
#include <algorithm>
#include <new>
#include <string>
#include <vector>

#include <sys/prctl.h>
#include <unistd.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/sandbox/byte_codec.hpp>
#include <imagewright/sandbox/error_codec.hpp>
#include <imagewright/sandbox/worker.hpp>

#include "anew.hpp"
#include "channel.hpp"
#include "guarded_main.hpp"
#include "inside.hpp"
#include "named_descriptors.hpp"
#include "parsing_confinement.hpp"
#include "worker_codec.hpp"

namespace imagewright::sandbox {

namespace {

constexpr int k_status_asked_wrongly = 2;

[[noreturn]] void throw_out_of_memory() {
  throw base::Error(base::FailureKind::build, "sandbox.worker-memory",
                    "a worker needed more memory than it may use",
                    "the data may be made to do harm: use it only if you trust its source, and "
                    "report it there");
}

std::string answer(const WorkerJob& job, const ParsingRequest& request) {
  std::vector<int> descriptors;
  for (std::uint64_t index = 0; index < request.descriptor_count; ++index)
    descriptors.push_back(k_first_descriptor + static_cast<int>(index));
  try {
    if (job.prepare != nullptr) job.prepare();
    if (!job.names.empty()) give_names(job.names, k_first_descriptor);
    confine_for_parsing(request.limits, job.names.empty() ? Naming::none : Naming::given);
    return job.run({.request = request.request,
                    .descriptors = descriptors,
                    .messages = MessageSender(k_channel)});
  } catch (const std::bad_alloc&) {
    throw_out_of_memory();
  }
}

/// The whole life of a worker that parses.
void parse(std::span<const WorkerJob> jobs) {
  const auto record = RecordReader(k_channel).receive(Waiting::blocking);
  if (!record || record->kind != RecordKind::request) return;
  try {
    const ParsingRequest request = decode_parsing_request(record->payload);
    send_record(k_channel, RecordKind::function_result,
                answer(find_job(jobs, request.job), request));
  } catch (const std::exception& exception) {
    send_record(k_channel, RecordKind::function_failed, encode_exception(exception));
  }
}

} // namespace

const WorkerJob& find_job(std::span<const WorkerJob> jobs, std::string_view name) {
  const auto found = std::ranges::find(jobs, name, &WorkerJob::name);
  if (found != jobs.end()) return *found;
  throw base::BugError("this program knows no job of the name " + base::quoted(std::string(name)));
}

std::optional<int> run_worker_if_asked(int argument_count, char** arguments,
                                       std::span<const WorkerJob> jobs) {
  if (const auto program = guarded_program_of(argument_count, arguments))
    become_guarded(*program, arguments);
  if (argument_count < 2 || std::string_view(arguments[1]) != k_worker_argument)
    return std::nullopt;
  if (argument_count != 3 || ::prctl(PR_SET_DUMPABLE, 0) != 0) return k_status_asked_wrongly;
  ::prctl(PR_SET_NAME, "imagewright-job");
  const std::string_view role = arguments[2];
  if (role == k_sandbox_role) keep(jobs);
  if (role != k_parsing_role) return k_status_asked_wrongly;
  try {
    parse(jobs);
  } catch (const std::exception&) {
    // Nobody listens any more: the caller is gone.
    ::_exit(1);
  }
  // Without what is done at the end of a program: libraries may want what is forbidden by now.
  ::_exit(0);
}

} // namespace imagewright::sandbox
