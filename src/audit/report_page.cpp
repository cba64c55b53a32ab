// SPDX-License-Identifier: MIT
#include <algorithm>
#include <chrono>
#include <span>
#include <vector>

#include <fmt/format.h>

#include <imagewright/audit/report_page.hpp>
#include <imagewright/base/byte_size.hpp>
#include <imagewright/page/markup.hpp>
#include <imagewright/page/timeline.hpp>
#include <imagewright/page/treemap.hpp>

namespace imagewright::audit {

namespace {

using page::Cell;

constexpr std::string_view k_where = "the report";
constexpr std::size_t k_most_rows = 40; ///< of lists whose end nobody reads

Cell number(std::string text) {
  return {.text = std::move(text), .kind = Cell::Kind::number};
}
Cell number(std::uint64_t value) {
  return number(std::to_string(value));
}
Cell words(std::string text) {
  return {.text = std::move(text)};
}

std::string text_of(const json::Value& object, std::string_view name) {
  return json::string_member(object, name, k_where);
}

std::uint64_t number_of(const json::Value& object, std::string_view name) {
  return json::unsigned_member(object, name, k_where);
}

std::string size_of(const json::Value& object, std::string_view name) {
  return base::to_string(base::ByteSize(number_of(object, name)));
}

const json::Array& list_of(const json::Value& object, std::string_view name) {
  return json::array_member(object, name, k_where);
}

std::string artifacts(const json::Value& report) {
  std::vector<std::vector<Cell>> rows;
  for (const json::Value& artifact : list_of(report, "artifacts")) {
    rows.push_back({words(text_of(artifact, "file")), words(text_of(artifact, "format")),
                    number(size_of(artifact, "virtualSize")), number(size_of(artifact, "fileSize")),
                    words(text_of(artifact, "digest"))});
  }
  return page::table("What was built",
                     {words("file"), words("format"), number("size of the disk"),
                      number("size of the file"), words("digest")},
                     rows);
}

std::string stages(const json::Value& report) {
  std::vector<page::Span> spans;
  std::vector<std::vector<Cell>> rows;
  for (const json::Value& stage : list_of(report, "stages")) {
    spans.push_back({.label = text_of(stage, "stage"),
                     .note = text_of(stage, "summary"),
                     .start = std::chrono::milliseconds(number_of(stage, "startMilliseconds")),
                     .duration = std::chrono::milliseconds(number_of(stage, "milliseconds")),
                     .depth = static_cast<std::uint32_t>(number_of(stage, "depth"))});
    rows.push_back({words(std::string(2 * spans.back().depth, ' ') + spans.back().label),
                    number(number_of(stage, "startMilliseconds")),
                    number(number_of(stage, "milliseconds")), words(spans.back().note)});
  }
  return page::timeline("Stages of the build, by the time when they ran", spans) +
         page::table("The stages in numbers",
                     {words("stage"), number("began (ms)"), number("took (ms)"), words("result")},
                     rows);
}

std::string cache(const json::Value& report) {
  std::vector<std::vector<Cell>> rows;
  for (const json::Value& finding : list_of(report, "cache")) {
    rows.push_back({words(text_of(finding, "stage")), words(text_of(finding, "result")),
                    words(text_of(finding, "reason"))});
  }
  if (rows.empty()) return page::paragraph("Nothing was looked for in earlier builds.");
  return page::table(
      "What was taken from earlier builds, or which change since the last one made it new",
      {words("stage"), words("result"), words("why")}, rows);
}

std::string partitions(const json::Value& report) {
  std::vector<std::vector<Cell>> rows;
  for (const json::Value& partition : list_of(report, "partitions")) {
    const std::uint64_t size = number_of(partition, "size");
    const std::uint64_t used = number_of(partition, "used");
    rows.push_back({words(text_of(partition, "id")), number(size_of(partition, "size")),
                    number(size_of(partition, "used")),
                    number(size == 0 ? std::string("–")
                                     : fmt::format("{:.0f} %", 100.0 * static_cast<double>(used) /
                                                                   static_cast<double>(size))),
                    number(number_of(partition, "files"))});
  }
  if (rows.empty()) return page::paragraph("The image has no partitions.");
  return page::table(
      "How full each partition is",
      {words("partition"), number("size"), number("used"), number("share"), number("files")}, rows);
}

/// One of the two ways in which the content is divided. `nameless` is what has no name in it.
std::string division(const json::Value& sizes, std::string_view member, std::string_view title,
                     std::string_view nameless) {
  std::vector<page::Portion> portions;
  for (const json::Value& share : list_of(sizes, member)) {
    std::string name = text_of(share, "name");
    if (name.empty()) name = nameless;
    portions.push_back({.label = std::move(name), .bytes = number_of(share, "bytes")});
  }
  if (portions.empty()) return page::paragraph("There are no files with content.");
  std::vector<std::vector<Cell>> rows;
  for (const page::Portion& portion :
       std::span(portions).first(std::min(portions.size(), k_most_rows)))
    rows.push_back({words(portion.label), number(base::to_string(base::ByteSize(portion.bytes)))});
  const std::string caption = fmt::format("{}: {} of {}", title, rows.size(), portions.size());
  return page::treemap(title, std::move(portions)) +
         page::table(caption, {words("name"), number("size")}, rows);
}

/// Empty where the report is of a run that did not look at every file.
std::string sizes(const json::Value& report) {
  const json::Value* sizes = report.find("sizes");
  if (sizes == nullptr) return {};
  return page::section(
      "What takes room",
      division(*sizes, "packages", "The largest packages", "(files of no package)") +
          division(*sizes, "directories", "The largest directories", ""));
}

struct Run {
  std::string package;
  std::string scriptlet;
  std::uint64_t milliseconds = 0;
};

std::string scriptlets(const json::Value& report) {
  std::vector<Run> runs;
  for (const json::Value& run : list_of(report, "scriptlets"))
    runs.push_back(
        {text_of(run, "package"), text_of(run, "scriptlet"), number_of(run, "milliseconds")});
  if (runs.empty()) return page::paragraph("No scriptlet ran.");
  std::ranges::stable_sort(runs, std::ranges::greater{}, &Run::milliseconds);
  const std::size_t count = runs.size();
  runs.resize(std::min(count, k_most_rows));
  std::vector<std::vector<Cell>> rows;
  for (const Run& run : runs)
    rows.push_back({words(run.package), words(run.scriptlet), number(run.milliseconds)});
  return page::table(fmt::format("{} of {} scriptlets, the longest first", rows.size(), count),
                     {words("package"), words("scriptlet"), number("took (ms)")}, rows);
}

std::string warnings(const json::Value& report) {
  std::vector<std::vector<Cell>> rows;
  for (const json::Value& warning : list_of(report, "warnings")) {
    rows.push_back({words(text_of(warning, "code")), words(text_of(warning, "message")),
                    words(text_of(warning, "where"))});
  }
  if (rows.empty()) return page::paragraph("There were none.");
  return page::table("Warnings in the order in which they came",
                     {words("code"), words("message"), words("where")}, rows);
}

} // namespace

std::string report_page(const json::Value& report) {
  const std::string lead =
      fmt::format("{} packages for {}, {} of artifacts, composed on the rung {}.",
                  number_of(report, "packages"), text_of(report, "architecture"),
                  size_of(report, "artifactBytes"), text_of(report, "rung"));
  return page::document(
      fmt::format("Build of {} for {}", text_of(report, "name"), text_of(report, "architecture")),
      page::paragraph(lead) + page::section("Artifacts", artifacts(report)) +
          page::section("Time", stages(report)) + page::section("Earlier builds", cache(report)) +
          page::section("Partitions", partitions(report)) + sizes(report) +
          page::section("Scriptlets", scriptlets(report)) +
          page::section("Warnings", warnings(report)));
}

} // namespace imagewright::audit
