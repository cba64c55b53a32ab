// SPDX-License-Identifier: MIT
#include <algorithm>
#include <utility>

#include <imagewright/base/diagnostic.hpp>

namespace imagewright::base {

namespace {

bool stands_before(const Diagnostic& left, const Diagnostic& right) {
  if (left.where.has_value() != right.where.has_value()) return left.where.has_value();
  return left.where && *left.where < *right.where;
}

} // namespace

void Diagnostics::add(Diagnostic diagnostic) {
  items_.push_back(std::move(diagnostic));
}

void Diagnostics::error(std::string code, std::string message, SourceLocation where,
                        std::string hint) {
  add({.severity = Severity::error,
       .code = std::move(code),
       .message = std::move(message),
       .where = std::move(where),
       .hint = std::move(hint)});
}

void Diagnostics::warning(std::string code, std::string message, SourceLocation where,
                          std::string hint) {
  add({.severity = Severity::warning,
       .code = std::move(code),
       .message = std::move(message),
       .where = std::move(where),
       .hint = std::move(hint)});
}

void Diagnostics::append(const Diagnostics& other) {
  items_.insert(items_.end(), other.items_.begin(), other.items_.end());
}

bool Diagnostics::has_errors() const {
  return std::any_of(items_.begin(), items_.end(), [](const Diagnostic& diagnostic) {
    return diagnostic.severity == Severity::error;
  });
}

std::vector<Diagnostic> Diagnostics::sorted() const {
  std::vector<Diagnostic> result = items_;
  std::stable_sort(result.begin(), result.end(), stands_before);
  return result;
}

} // namespace imagewright::base
