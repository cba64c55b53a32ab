// SPDX-License-Identifier: MIT
#include "shell_file.hpp"

namespace imagewright::finalize::boot_loaders {

void ShellFile::run() {
  while (!is_over_ && !settings_.has_ended_) {
    ShellToken token = tokens_.next();
    if (token.kind == ShellToken::Kind::word) {
      if (words_.empty()) start_ = token.start;
      take_word(std::move(token.text));
    } else if (token.kind == ShellToken::Kind::separator) {
      take_separator(token.text);
    } else {
      end_command("\n");
      if (token.kind == ShellToken::Kind::broken || !blocks_.empty()) refuse_rest();
      return;
    }
  }
}

void ShellFile::take_word(std::string word) {
  if (!words_.empty()) {
    words_.push_back(std::move(word));
    return;
  }
  constexpr std::array<std::string_view, 5> k_openings{"if", "while", "until", "{", "case"};
  constexpr std::array<std::string_view, 3> k_branches{"then", "elif", "else"};
  if (word == "done") {
    end_loop();
  } else if (word == "fi") {
    close_block(Block::condition);
  } else if (word == "}") {
    close_block(Block::group);
  } else if (word == "esac") {
    close_block(Block::choice);
  } else if (is_one_of(k_branches, word)) {
    take_branch(word);
  } else if (is_one_of(k_openings, word)) {
    open_block(word);
  } else if (word == "!") {
    is_negated_ = !is_negated_;
  } else if (word != "do") {
    words_.push_back(std::move(word));
  }
}

void ShellFile::open_block(const std::string& word) {
  const Course course = next_course();
  if (is_function_next_) {
    blocks_.push_back({.kind = Block::function});
    is_function_next_ = false;
  } else if (word == "if") {
    // What stands in the condition itself runs as the whole does.
    blocks_.push_back({.kind = Block::condition, .course = course, .around = course});
  } else if (word == "case") {
    blocks_.push_back({.kind = Block::choice, .course = within(course, Course::doubtful)});
    words_.emplace_back(":"); // the word of the choice and "in" are its arguments
  } else if (word == "{") {
    blocks_.push_back({.kind = Block::group, .course = course});
  } else {
    blocks_.push_back({.kind = Block::loop, .course = within(course, Course::doubtful)});
  }
  begin_list();
}

void ShellFile::take_branch(const std::string& word) {
  if (blocks_.empty() || blocks_.back().kind != Block::condition) return refuse_rest();
  Open& open = blocks_.back();
  if (open.is_decided) {
    open.course = Course::skipped;
  } else if (word == "then") {
    const Course inner = !last_ ? Course::doubtful : *last_ ? Course::runs : Course::skipped;
    open.course = within(open.around, inner);
    open.is_decided = inner == Course::runs;
    // Of a branch that may have run, the others may as well.
    if (inner == Course::doubtful) open.around = within(open.around, Course::doubtful);
  } else {
    open.course = open.around;
  }
  begin_list();
}

void ShellFile::begin_list() {
  joined_by_.clear();
  last_.reset();
  is_negated_ = false;
}

void ShellFile::close_block(Block kind) {
  // What a function consists of is a block of any kind.
  const bool is_fit =
      !blocks_.empty() && (blocks_.back().kind == kind || blocks_.back().kind == Block::function);
  if (!is_fit) return refuse_rest();
  blocks_.pop_back();
  begin_list();
}

void ShellFile::end_loop() {
  if (blocks_.empty() || blocks_.back().items.empty()) return close_block(Block::loop);
  if (++settings_.count_ > k_most_shell_steps) return refuse_rest();
  Open& loop = blocks_.back();
  settings_.assign(loop.variable, {std::move(loop.items.back()), std::nullopt});
  loop.items.pop_back();
  loop.course = within(loop.around, Course::runs);
  tokens_ = *loop.body;
  begin_list();
}

void ShellFile::take_separator(const std::string& sign) {
  if (sign == "(") {
    open_bracket();
  } else if (sign == ")") {
    close_bracket();
  } else {
    end_command(sign);
  }
}

void ShellFile::open_bracket() {
  if (words_.empty()) {
    blocks_.push_back({.kind = is_function_next_ ? Block::function : Block::subshell});
    is_function_next_ = false;
    begin_list();
  } else if (words_.size() == 1 && shell_name_size(words_.front()) == words_.front().size()) {
    settings_.functions_.insert(words_.front());
    words_.clear();
    is_function_next_ = true;
    is_bracket_of_function_ = true;
  } else if (!is_pattern()) {
    refuse_rest();
  }
}

void ShellFile::close_bracket() {
  if (std::exchange(is_bracket_of_function_, false)) return;
  if (is_pattern()) {
    words_.clear();
    begin_list();
    return;
  }
  end_command("\n");
  close_block(Block::subshell);
}

void ShellFile::end_command(const std::string& sign) {
  const Words words = std::exchange(words_, {});
  const bool is_list = sign == "&&" || sign == "||";
  const bool is_pipe = sign == "|" || sign == "|&";
  const bool is_elsewhere = is_pipe || sign == "&" || is_in_pipe_;
  if (words.empty()) {
    // Of a whole block, another shell runs it.
    if (is_pipe || sign == "&") give_up();
  } else {
    course_ = within(next_course(), is_elsewhere ? Course::doubtful : Course::runs);
    const bool is_joined = !joined_by_.empty();
    const bool is_kept = is_joined && (course_ == Course::skipped || !last_);
    const Success success = command(words);
    if (!is_kept) last_ = success && !is_elsewhere ? Success(*success != is_negated_) : Success();
    is_negated_ = false;
  }
  // An operator at the end of a line goes on in the next one.
  if (is_list) joined_by_ = sign;
  if (!is_list && (!words.empty() || sign == ";")) joined_by_.clear();
  is_in_pipe_ = is_pipe || (is_in_pipe_ && words.empty());
}

Course ShellFile::next_course() const {
  Course course = doubt_ || is_in_pipe_ ? Course::doubtful : Course::runs;
  for (const Open& open : blocks_)
    course = within(course, open.course);
  if (joined_by_.empty()) return course;
  if (!last_) return within(course, Course::doubtful);
  return within(course, *last_ == (joined_by_ == "&&") ? Course::runs : Course::skipped);
}

} // namespace imagewright::finalize::boot_loaders
