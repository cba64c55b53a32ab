// SPDX-License-Identifier: MIT
#include "label_job.hpp"

#include <cerrno>
#include <map>
#include <memory>
#include <system_error>

#include <unistd.h>

#include <fmt/format.h>
#include <selinux/label.h>
#include <selinux/selinux.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/sandbox/byte_codec.hpp>
#include <imagewright/tree/label.hpp>

namespace imagewright::tree {

namespace {

/// The names by which libselinux knows the worker's descriptors.
constexpr const char* k_contexts = "/file_contexts";
constexpr std::array<std::string_view, k_context_endings.size()> k_names = {
    "/file_contexts", "/file_contexts.homedirs", "/file_contexts.local", "/file_contexts.subs_dist",
    "/file_contexts.subs"};

constexpr std::size_t k_longest_context = 4096;

struct HandleCloser {
  void operator()(selabel_handle* handle) const { selabel_close(handle); }
};
using Handle = std::unique_ptr<selabel_handle, HandleCloser>;

struct ContextCloser {
  void operator()(char* context) const { freecon(context); }
};

[[noreturn]] void throw_cannot_label(const std::string& message) {
  throw base::Error(base::FailureKind::build, "tree.cannot-label", message,
                    "look at the policy package, and at file_contexts.local");
}

/// libselinux takes a text for the compiled form when it begins like one; that form says where
/// things are in it, and is believed.
void require_text(int descriptor, std::string_view name) {
  std::array<char, 4096> start{};
  const ssize_t size = ::pread(descriptor, start.data(), start.size(), 0);
  if (size < 0)
    base::throw_system_error("tree.cannot-label", "cannot read", std::string(name), errno);
  const std::string_view text(start.data(), static_cast<std::size_t>(size));
  if (text.find('\0') == std::string_view::npos) return;
  throw_cannot_label(fmt::format("{} of the SELinux policy is no text", name.substr(1)));
}

Handle open_contexts(const sandbox::WorkerCall& call) {
  for (std::size_t index = 0; index < k_names.size(); ++index)
    require_text(call.descriptors[index], k_names[index]);
  // Patterns that cannot be understood are found now: later they would be taken for "no label".
  // Which contexts there are is known to the image's policy, not to this host.
  selinux_callback any_context{};
  any_context.func_validate = [](char**) { return 0; };
  selinux_set_callback(SELINUX_CB_VALIDATE, any_context);
  constexpr std::array options = {selinux_opt{SELABEL_OPT_PATH, k_contexts},
                                  selinux_opt{SELABEL_OPT_VALIDATE, "1"}};
  Handle handle(selabel_open(SELABEL_CTX_FILE, options.data(), options.size()));
  if (!handle) {
    throw_cannot_label("the SELinux file contexts of the image cannot be understood: " +
                       std::generic_category().message(errno));
  }
  return handle;
}

std::string find_context(selabel_handle* handle, const std::string& path, int type) {
  char* found = nullptr;
  if (selabel_lookup_raw(handle, &found, path.c_str(), type) != 0) {
    if (errno == ENOENT) return {}; // the policy says <<none>>
    base::throw_system_error("tree.cannot-label", "cannot find the label of", path, errno);
  }
  const std::unique_ptr<char, ContextCloser> context(found);
  return context.get();
}

/// Each context once, then for every path which of them is its own.
std::string label_paths(const sandbox::WorkerCall& call) {
  const Handle handle = open_contexts(call);
  std::map<std::string, std::uint64_t> numbers;
  std::vector<std::string> contexts;
  sandbox::ByteWriter choices;
  sandbox::ByteReader request(call.request);
  while (!request.at_end()) {
    const std::string path = request.text();
    std::string context = find_context(handle.get(), path, static_cast<int>(request.number()));
    const auto [place, is_new] = numbers.emplace(context, contexts.size());
    if (is_new) contexts.push_back(std::move(context));
    choices.number(place->second);
  }
  sandbox::ByteWriter answer;
  answer.number(contexts.size());
  for (const std::string& context : contexts)
    answer.text(context);
  return answer.take() + choices.take();
}

} // namespace

std::string encode_label_request(const std::vector<PathToLabel>& paths) {
  sandbox::ByteWriter writer;
  for (const PathToLabel& each : paths)
    writer.text(each.path).number(each.type);
  return writer.take();
}

std::vector<std::string> decode_label_answer(std::string_view bytes, std::size_t count) {
  sandbox::ByteReader reader(bytes);
  std::vector<std::string> contexts;
  for (std::uint64_t left = reader.number(); left != 0; --left) {
    contexts.push_back(reader.text());
    if (contexts.back().size() > k_longest_context ||
        base::has_control_characters(contexts.back())) {
      throw_cannot_label("the SELinux policy has a label that is none: " +
                         base::quoted(contexts.back().substr(0, k_longest_context)));
    }
  }
  std::vector<std::string> chosen;
  while (!reader.at_end()) {
    const std::uint64_t number = reader.number();
    if (number >= contexts.size() || chosen.size() == count)
      throw_cannot_label("the labels do not fit the files");
    chosen.push_back(contexts[number]);
  }
  if (chosen.size() != count) throw_cannot_label("the labels do not fit the files");
  return chosen;
}

std::span<const sandbox::WorkerJob> worker_jobs() {
  static constexpr std::array jobs{
      sandbox::WorkerJob{.name = k_label_job, .run = &label_paths, .names = k_names}};
  return jobs;
}

} // namespace imagewright::tree
