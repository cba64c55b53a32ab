// SPDX-License-Identifier: MIT
#include <imagewright/base/text.hpp>

#include "shell_file.hpp"

namespace imagewright::finalize::boot_loaders {
namespace {

std::optional<Assignment> assignment_in(std::string_view word) {
  const std::size_t size = shell_name_size(word);
  if (size == 0) return std::nullopt;
  std::string_view rest = word.substr(size);
  const bool is_addition = rest.starts_with('+');
  if (is_addition) rest.remove_prefix(1);
  if (!rest.starts_with('=')) return std::nullopt;
  return Assignment{std::string(word.substr(0, size)), rest.substr(1), is_addition};
}

/// Names that the word's own substitutions set: "${NAME:=…}".
Words set_within(std::string_view word) {
  Words names;
  for (std::size_t at = word.find("${"); at != std::string_view::npos;
       at = word.find("${", at + 2)) {
    const std::string_view rest = word.substr(at + 2);
    const std::size_t size = shell_name_size(rest);
    const std::string_view sign = rest.substr(size);
    if (sign.starts_with('=') || sign.starts_with(":=")) names.emplace_back(rest.substr(0, size));
  }
  return names;
}

} // namespace

bool ShellFile::is_in(Block kind) const {
  return std::ranges::find(blocks_, kind, &Open::kind) != blocks_.end();
}

Success ShellFile::command(const Words& all) {
  if (++settings_.count_ > k_most_shell_steps) {
    refuse_rest();
    return {};
  }
  // They change what the words after them belong to, whether they run or not.
  if (all.front() == "for" || all.front() == "select") {
    open_loop(all);
    return {};
  }
  if (all.front() == "function" && all.size() > 1) {
    define_function(all);
    return {};
  }
  if (course_ == Course::skipped) return {};
  doubt_substitutions(all);
  const auto first = std::ranges::find_if(
      all, [](const std::string& word) { return !assignment_in(word).has_value(); });
  if (first == all.end()) {
    for (const std::string& word : all)
      assign(*assignment_in(word));
    return {};
  }
  // For the time of the command, or longer where a shell does it itself.
  for (auto each = all.begin(); each != first; ++each)
    doubt(assignment_in(*each)->name);
  const auto name = settings_.expanded(*first);
  const Words rest(std::next(first), all.end());
  if (!name) {
    give_up();
    return {};
  }
  if (*name == "command" || *name == "builtin") {
    const bool is_plain = rest.size() > 1 && shell_name_size(rest.front()) == rest.front().size() &&
                          rest.front() != "command" && rest.front() != "builtin";
    if (is_plain) return command(rest);
    if (!rest.empty() && !rest.front().starts_with('-')) give_up();
    return {};
  }
  if (*name == "[" || *name == "test") return test(*name, rest);
  if (*name == "true" || *name == ":") return true;
  if (*name == "false") return false;
  run_named(*name, rest);
  return {};
}

void ShellFile::doubt_substitutions(const Words& words) {
  for (const std::string& word : words) {
    for (const std::string& name : set_within(word))
      doubt(name);
    // Arithmetic may assign, too.
    const std::size_t sum = word.find("$((");
    if (sum != std::string::npos && word.find_first_of("=+-", sum) != std::string::npos) give_up();
  }
}

void ShellFile::run_named(const std::string& name, const Words& arguments) {
  constexpr std::array<std::string_view, 5> k_declaring{"export", "readonly", "local", "declare",
                                                        "typeset"};
  constexpr std::array<std::string_view, 4> k_reading{"read", "getopts", "mapfile", "readarray"};
  if (is_one_of(k_declaring, name)) {
    for (const std::string& each : arguments) {
      if (const auto found = assignment_in(each)) assign(*found);
    }
  } else if (name == "unset") {
    unset(arguments);
  } else if (name == "." || name == "source") {
    source(arguments);
  } else if (name == "return" || name == "exit" || (name == "exec" && !arguments.empty())) {
    leave(name);
  } else if (name == "break" || name == "continue") {
    leave_loop(name, arguments);
  } else if (name == "eval" || name == "alias" || name == "let") {
    give_up();
  } else if (is_one_of(k_reading, name) ||
             (name == "printf" && !arguments.empty() && arguments.front().starts_with("-v"))) {
    for (const std::string& each : arguments)
      doubt(each);
  } else if (settings_.functions_.contains(name)) {
    call();
  }
}

void ShellFile::define_function(const Words& words) {
  settings_.functions_.insert(words[1]);
  is_function_next_ = words.size() == 2;
  if (is_function_next_) return;
  blocks_.push_back({.kind = Block::function});
  if (words.size() > 3 || words[2] != "{") refuse_rest();
}

void ShellFile::open_loop(const Words& words) {
  Open loop{.kind = Block::loop,
            .course = within(course_, Course::doubtful),
            .around = course_,
            .variable = words.size() > 1 ? words[1] : ""};
  const bool is_list = words.front() == "for" && words.size() > 2 && words[2] == "in";
  if (is_list && is_sure()) {
    fill_loop(loop, Words(words.begin() + 3, words.end()));
  } else if (course_ != Course::skipped) {
    doubt(loop.variable);
  }
  blocks_.push_back(std::move(loop));
  begin_list();
}

void ShellFile::fill_loop(Open& loop, const Words& words) {
  if (words.size() == 1) {
    const auto pattern = settings_.expanded(words.front());
    const std::size_t star = pattern ? pattern->rfind("/*") : std::string::npos;
    if (star != std::string::npos && words.front().find_first_of("'\"") == std::string::npos &&
        pattern->find_first_of("*?[ ") == star + 1 &&
        pattern->find_first_of("*?[ ", star + 2) == std::string::npos) {
      loop.directory = pattern->substr(0, star);
      loop.ending = pattern->substr(star + 2);
      loop.course = Course::runs;
      doubt(loop.variable);
      return;
    }
  }
  const auto items = loop_items(words);
  if (!items) return doubt(loop.variable);
  loop.items.assign(items->rbegin(), items->rend());
  loop.course = items->empty() ? Course::skipped : Course::runs;
  if (items->empty()) return;
  settings_.assign(loop.variable, {std::move(loop.items.back()), std::nullopt});
  loop.items.pop_back();
  loop.body = tokens_;
}

std::optional<Words> ShellFile::loop_items(const Words& words) const {
  Words items;
  for (const std::string& word : words) {
    const auto text = settings_.expanded(word);
    const bool is_plain = word.find_first_of("'\"\\") == std::string::npos;
    if (!text || (is_plain && text->find_first_of("*?[~{") != std::string::npos) ||
        settings_.values_.contains("IFS"))
      return std::nullopt;
    const Words parts = is_plain ? base::split_whitespace(*text) : Words{*text};
    items.insert(items.end(), parts.begin(), parts.end());
  }
  return items;
}

const ShellFile::Open* ShellFile::loop_over_files(std::string word) const {
  std::erase_if(word, [](char letter) {
    return std::string_view("\"{}").find(letter) != std::string_view::npos;
  });
  if (!word.starts_with('$')) return nullptr;
  const auto found = std::ranges::find_if(blocks_, [&](const Open& each) {
    return !each.directory.empty() && each.variable == word.substr(1);
  });
  return found == blocks_.end() ? nullptr : &*found;
}

void ShellFile::leave_loop(const std::string& name, const Words& arguments) {
  if (!arguments.empty()) return refuse_rest(); // several loops
  const auto loop = std::ranges::find(blocks_.rbegin(), blocks_.rend(), Block::loop, &Open::kind);
  if (loop == blocks_.rend()) return;
  // Within the loop, what comes is skipped; of files in a directory nobody has looked at each.
  const bool is_known = is_sure() && loop->directory.empty();
  loop->course = within(loop->course, is_known ? Course::skipped : Course::doubtful);
  if (name == "break" || !is_known) loop->items.clear();
  if (!is_known && loop->directory.empty()) loop->around = within(loop->around, Course::doubtful);
}

void ShellFile::source(const Words& arguments) {
  if (arguments.empty()) return;
  if (const Open* loop = loop_over_files(arguments.front())) {
    const Open own = *loop;
    settings_.read_directory(own.directory, own.ending,
                             is_sure() ? std::nullopt : std::optional(here()));
    return;
  }
  const auto path = one_word(arguments.front());
  if (!path || !path->starts_with('/') || is_in(Block::function)) return give_up();
  settings_.read(*path, is_sure() ? std::nullopt : std::optional(here()));
}

void ShellFile::leave(const std::string& name) {
  if (is_in(Block::subshell)) return;
  if (is_in(Block::function)) {
    if (name != "return") give_up();
  } else if (name != "return") {
    // Whatever reads the settings ends with it.
    give_up();
    settings_.has_ended_ = settings_.has_ended_ || is_sure();
  } else if (is_sure()) {
    is_over_ = true;
  } else {
    doubt_ = here();
  }
}

void ShellFile::call() {
  if (settings_.functions_doubt_) return settings_.doubt_all(here());
  for (const std::string& name : settings_.set_by_functions_)
    settings_.assign(name, {"", here()});
}

void ShellFile::unset(const Words& names) {
  for (const std::string& name : names) {
    if (name.starts_with('-')) continue;
    if (is_sure()) {
      settings_.assign(name, {});
    } else {
      doubt(name);
    }
  }
}

void ShellFile::assign(const Assignment& wanted) {
  auto value = settings_.expanded(wanted.value);
  const ShellValue before = settings_.value(wanted.name);
  if (!is_sure() || !value) return doubt(wanted.name);
  // What was in doubt before stays what it was told of.
  if (wanted.is_addition && before.doubt) return;
  std::string text = wanted.is_addition ? before.text + *value : std::move(*value);
  if (text.size() > k_largest_shell_value) return doubt(wanted.name);
  settings_.assign(wanted.name, {std::move(text), std::nullopt});
}

void ShellFile::doubt(const std::string& name) {
  if (is_in(Block::subshell)) return;
  if (is_in(Block::function)) {
    settings_.set_by_functions_.insert(name);
  } else {
    settings_.assign(name, {"", here()});
  }
}

void ShellFile::give_up() {
  if (is_in(Block::subshell)) return;
  if (is_in(Block::function)) {
    settings_.functions_doubt_ = true;
  } else {
    settings_.doubt_all(here());
  }
}

void ShellFile::refuse_rest() {
  settings_.doubt_all(here());
  is_over_ = true;
}

ShellDoubt ShellFile::here() const {
  if (doubt_) return *doubt_;
  const std::size_t before = start_ == 0 ? std::string::npos : text_.rfind('\n', start_ - 1);
  const std::size_t begin = before == std::string::npos ? 0 : before + 1;
  const std::size_t end = std::min(text_.find('\n', start_), text_.size());
  return {path_, std::string(base::trimmed(text_.substr(begin, end - begin)))};
}

} // namespace imagewright::finalize::boot_loaders
