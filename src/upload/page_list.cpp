// SPDX-License-Identifier: MIT
#include "page_list.hpp"

#include <charconv>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/sandbox/byte_codec.hpp>
#include <imagewright/upload/upload.hpp>

namespace imagewright::upload {

namespace {

[[noreturn]] void refuse(const std::string& why) {
  throw base::Error(base::FailureKind::build, "upload.bad-answer",
                    "the server's list of pages cannot be understood: " + why,
                    "check that the address is that of a page blob of Azure's storage service");
}

/// What stands between two tags, and nothing where they are not.
std::optional<std::string_view> take_element(std::string_view& rest, std::string_view name) {
  const std::string open = "<" + std::string(name) + ">";
  const std::string close = "</" + std::string(name) + ">";
  rest = base::trimmed(rest);
  if (!rest.starts_with(open)) return std::nullopt;
  const std::size_t end = rest.find(close, open.size());
  if (end == std::string_view::npos) refuse("a tag is not closed");
  const std::string_view content = rest.substr(open.size(), end - open.size());
  rest.remove_prefix(end + close.size());
  return content;
}

std::uint64_t number_in(std::string_view& rest, std::string_view name) {
  const auto text = take_element(rest, name);
  if (!text) refuse("a range has no " + std::string(name));
  std::uint64_t number = 0;
  const auto* last = text->data() + text->size();
  const auto [end, error] = std::from_chars(text->data(), last, number);
  if (error != std::errc() || end != last) refuse("a range has an impossible " + std::string(name));
  return number;
}

void add_range(Ranges& ranges, std::string_view element) {
  const std::uint64_t start = number_in(element, "Start");
  const std::uint64_t end = number_in(element, "End");
  if (!base::trimmed(element).empty() || end < start || end == UINT64_MAX)
    refuse("a range is impossible");
  if (!ranges.empty() && start < ranges.back().end()) refuse("its ranges have no order");
  if (!ranges.empty() && start == ranges.back().end()) {
    ranges.back().length += end + 1 - start;
  } else {
    ranges.push_back({start, end + 1 - start});
  }
}

} // namespace

Ranges parse_page_list(std::string_view text) {
  constexpr std::string_view k_list = "<PageList>";
  const std::size_t begin = text.find(k_list);
  if (begin == std::string_view::npos) {
    if (text.find("<PageList/>") != std::string_view::npos ||
        text.find("<PageList />") != std::string_view::npos)
      return {};
    refuse("it is something else");
  }
  std::string_view rest = text.substr(begin + k_list.size());
  Ranges ranges;
  while (true) {
    if (const auto range = take_element(rest, "PageRange")) {
      add_range(ranges, *range);
    } else if (!take_element(rest, "ClearRange")) {
      break;
    }
  }
  if (base::trimmed(rest) != "</PageList>") refuse("it goes on in an unknown way");
  return ranges;
}

std::string read_page_list(const sandbox::WorkerCall& call) {
  const Ranges ranges = parse_page_list(call.request);
  sandbox::ByteWriter writer;
  writer.number(ranges.size());
  for (const auto& [offset, length] : ranges)
    writer.number(offset).number(length);
  return writer.take();
}

Ranges page_list_from(const std::string& answer, std::uint64_t size,
                      const base::Cancellation& cancellation) {
  const sandbox::WorkerRequest request{.job = k_page_list_job,
                                       .subject = "the server's list of pages",
                                       .request = answer,
                                       .descriptors = {},
                                       .limits = {}};
  return sandbox::ask_worker(request, cancellation, [&](std::string_view bytes) {
    sandbox::ByteReader reader(bytes);
    Ranges ranges;
    std::uint64_t before = 0;
    for (std::uint64_t count = reader.number(); count != 0; --count) {
      const std::uint64_t offset = reader.number();
      const std::uint64_t length = reader.number();
      const bool is_inside = offset >= before && offset <= size && length <= size - offset;
      if (!is_inside) refuse("a range is outside of the blob");
      ranges.push_back({offset, length});
      before = offset + length;
    }
    return ranges;
  });
}

std::span<const sandbox::WorkerJob> worker_jobs() {
  static constexpr sandbox::WorkerJob k_jobs[] = {
      {.name = k_page_list_job, .run = &read_page_list}};
  return k_jobs;
}

} // namespace imagewright::upload
