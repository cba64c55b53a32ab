// SPDX-License-Identifier: MIT
#include "comparison_codec.hpp"

#include <imagewright/base/error.hpp>
#include <imagewright/sandbox/byte_codec.hpp>

namespace imagewright::audit {

namespace {

using sandbox::ByteReader;
using sandbox::ByteWriter;

void write(ByteWriter& writer, const std::optional<std::string>& text) {
  writer.number(text ? 1 : 0);
  if (text) writer.text(*text);
}

std::optional<std::string> read_optional(ByteReader& reader) {
  if (reader.number() == 0) return std::nullopt;
  return reader.text();
}

void write(ByteWriter& writer, const std::vector<SizeChange>& changes) {
  writer.number(changes.size());
  for (const auto& [subject, before, after] : changes) {
    writer.text(subject);
    for (const auto& size : {before, after})
      writer.number(size ? 1 : 0).number(size.value_or(0));
  }
}

std::optional<std::uint64_t> read_size(ByteReader& reader) {
  const bool is_there = reader.number() != 0;
  const std::uint64_t size = reader.number();
  return is_there ? std::optional(size) : std::nullopt;
}

std::vector<SizeChange> read_sizes(ByteReader& reader) {
  std::vector<SizeChange> changes;
  for (std::uint64_t left = reader.number(); left != 0; --left) {
    SizeChange change{.subject = reader.text(), .before = {}, .after = {}};
    change.before = read_size(reader);
    change.after = read_size(reader);
    changes.push_back(std::move(change));
  }
  return changes;
}

Difference read_difference(ByteReader& reader) {
  Difference difference;
  difference.subject = reader.text();
  difference.aspect = reader.text();
  difference.before = read_optional(reader);
  difference.after = read_optional(reader);
  return difference;
}

} // namespace

std::string encode(const Comparison& comparison) {
  ByteWriter writer;
  writer.number(comparison.sections.size());
  for (const DifferenceSection& section : comparison.sections) {
    writer.text(section.title).number(section.differences.size());
    for (const auto& [subject, aspect, before, after] : section.differences) {
      writer.text(subject).text(aspect);
      write(writer, before);
      write(writer, after);
    }
  }
  writer.texts(comparison.not_compared);
  write(writer, comparison.package_sizes);
  write(writer, comparison.directory_sizes);
  return writer.take();
}

Comparison decode_comparison(std::string_view bytes) {
  ByteReader reader(bytes);
  Comparison comparison;
  for (std::uint64_t sections = reader.number(); sections != 0; --sections) {
    DifferenceSection section{.title = reader.text(), .differences = {}};
    for (std::uint64_t left = reader.number(); left != 0; --left)
      section.differences.push_back(read_difference(reader));
    comparison.sections.push_back(std::move(section));
  }
  comparison.not_compared = reader.texts();
  comparison.package_sizes = read_sizes(reader);
  comparison.directory_sizes = read_sizes(reader);
  if (!reader.at_end()) throw base::BugError("there is more than a comparison");
  return comparison;
}

} // namespace imagewright::audit
