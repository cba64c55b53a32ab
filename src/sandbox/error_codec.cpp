// SPDX-License-Identifier: MIT
#include <new>
#include <system_error>

#include <imagewright/base/error.hpp>
#include <imagewright/sandbox/byte_codec.hpp>
#include <imagewright/sandbox/error_codec.hpp>

namespace imagewright::sandbox {

namespace {

enum class Kind : std::uint64_t { error, cancelled, bug, refused, no_memory };

/// Without line and column where the file is not known.
base::SourceLocation read_shown_location(ByteReader& reader, const KnownFile& is_known) {
  base::SourceLocation location = read_location(reader);
  if (!is_known || !is_known(location.file)) location.line = location.column = 0;
  return location;
}

void write_diagnostic(ByteWriter& writer, const base::Diagnostic& diagnostic) {
  writer.number(static_cast<std::uint64_t>(diagnostic.severity));
  writer.text(diagnostic.code).text(diagnostic.message).text(diagnostic.hint).text(diagnostic.log);
  writer.number(diagnostic.where ? 1 : 0);
  if (diagnostic.where) write_location(writer, *diagnostic.where);
  writer.number(diagnostic.related.size());
  for (const base::RelatedLocation& related : diagnostic.related) {
    write_location(writer, related.where);
    writer.text(related.message);
  }
  writer.number(diagnostic.context.size());
  for (const std::string& line : diagnostic.context)
    writer.text(line);
}

base::Diagnostic read_diagnostic(ByteReader& reader, const KnownFile& is_known) {
  base::Diagnostic diagnostic;
  const std::uint64_t severity = reader.number();
  if (severity > static_cast<std::uint64_t>(base::Severity::note))
    throw base::BugError("a message between processes has an unknown severity");
  diagnostic.severity = static_cast<base::Severity>(severity);
  diagnostic.code = reader.text();
  diagnostic.message = reader.text();
  diagnostic.hint = reader.text();
  diagnostic.log = reader.text();
  if (reader.number() != 0) diagnostic.where = read_shown_location(reader, is_known);
  for (std::uint64_t count = reader.number(); count != 0; --count) {
    base::SourceLocation where = read_shown_location(reader, is_known);
    diagnostic.related.push_back({std::move(where), reader.text()});
  }
  for (std::uint64_t count = reader.number(); count != 0; --count) {
    diagnostic.context.push_back(reader.text());
  }
  return diagnostic;
}

/// What is thrown on the other side adds the reason again.
std::string text_without_reason(const std::system_error& error) {
  std::string text = error.what();
  const std::string reason = ": " + error.code().message();
  if (const std::size_t place = text.find(reason); place != std::string::npos)
    text.erase(place, reason.size());
  return text;
}

} // namespace

void write_location(ByteWriter& writer, const base::SourceLocation& location) {
  writer.text(location.file).number(location.line).number(location.column);
}

base::SourceLocation read_location(ByteReader& reader) {
  base::SourceLocation location;
  location.file = reader.text();
  location.line = static_cast<std::uint32_t>(reader.number());
  location.column = static_cast<std::uint32_t>(reader.number());
  return location;
}

std::string encode_exception(const std::exception& exception) {
  ByteWriter writer;
  if (const auto* error = dynamic_cast<const base::Error*>(&exception)) {
    writer.number(static_cast<std::uint64_t>(Kind::error));
    writer.number(static_cast<std::uint64_t>(error->kind()));
    write_diagnostic(writer, error->diagnostic());
  } else if (dynamic_cast<const base::Cancelled*>(&exception) != nullptr) {
    writer.number(static_cast<std::uint64_t>(Kind::cancelled));
  } else if (const auto* refused = dynamic_cast<const std::system_error*>(&exception)) {
    writer.number(static_cast<std::uint64_t>(Kind::refused));
    writer.number(static_cast<std::uint64_t>(refused->code().value()));
    writer.text(text_without_reason(*refused));
  } else if (dynamic_cast<const std::bad_alloc*>(&exception) != nullptr) {
    writer.number(static_cast<std::uint64_t>(Kind::no_memory));
  } else {
    writer.number(static_cast<std::uint64_t>(Kind::bug)).text(exception.what());
  }
  return writer.take();
}

bool knows_every_file(const std::string& /*file*/) {
  return true;
}

void throw_decoded(std::string_view bytes, const KnownFile& is_known) {
  ByteReader reader(bytes);
  switch (static_cast<Kind>(reader.number())) {
  case Kind::error: {
    const std::uint64_t kind = reader.number();
    if (kind > static_cast<std::uint64_t>(base::FailureKind::verification))
      throw base::BugError("a message between processes has an unknown kind of failure");
    throw base::Error(static_cast<base::FailureKind>(kind), read_diagnostic(reader, is_known));
  }
  case Kind::cancelled:
    throw base::Cancelled();
  case Kind::refused: {
    const auto number = static_cast<int>(reader.number());
    throw std::system_error(number, std::generic_category(), reader.text());
  }
  case Kind::no_memory:
    throw std::bad_alloc();
  case Kind::bug:
    break;
  }
  throw base::BugError(reader.text());
}

} // namespace imagewright::sandbox
