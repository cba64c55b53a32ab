// SPDX-License-Identifier: MIT
#pragma once

// The commands of one file of settings, followed as a shell would as far as the outcome is certain.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shell_settings.hpp"
#include "shell_text.hpp"

namespace imagewright::finalize::boot_loaders {

/// Kernels take a few thousand letters.
constexpr std::size_t k_largest_shell_value = 65536;
/// Commands and files.
constexpr int k_most_shell_steps = 20000;

using Words = std::vector<std::string>;

template <std::size_t size>
bool is_one_of(const std::array<std::string_view, size>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

/// Whether something runs: certainly, perhaps, or not at all.
enum class Course : std::uint8_t { runs, doubtful, skipped };

/// The course of what is within both.
inline Course within(Course outer, Course inner) {
  return std::max(outer, inner);
}

/// What a command says of its success; nothing: nobody knows.
using Success = std::optional<bool>;

/// "NAME=VALUE" or "NAME+=VALUE".
struct Assignment {
  std::string name;
  std::string_view value; ///< a word with its quotes
  bool is_addition = false;
};

/// Reads the commands of one file.
class ShellFile {
public:
  ShellFile(ShellSettings& settings, std::string path, std::string_view text,
            std::optional<ShellDoubt> doubt)
      : settings_(settings), path_(std::move(path)), text_(text), tokens_(text),
        doubt_(std::move(doubt)) {}

  void run();

private:
  enum class Block : std::uint8_t { condition, loop, choice, group, subshell, function };

  struct Open {
    Block kind = Block::group;
    Course course = Course::doubtful;
    Course around = Course::runs; ///< of a condition: what it stands in
    bool is_decided = false;      ///< a branch of the condition has run
    std::string variable = {};    ///< of a loop
    std::string directory = {};   ///< of a loop over one, with the ending of its files
    std::string ending = {};
    Words items = {}; ///< of a loop over words, the next one last
    std::optional<ShellTokens> body = {};
  };

  // Words

  void take_word(std::string word);
  void open_block(const std::string& word);
  void take_branch(const std::string& word);
  void begin_list();
  void close_block(Block kind);
  void end_loop();

  // Separators

  void take_separator(const std::string& sign);
  void open_bracket();
  void close_bracket();
  bool is_pattern() const { return !blocks_.empty() && blocks_.back().kind == Block::choice; }
  void end_command(const std::string& sign);
  /// The course of the command or block that comes.
  Course next_course() const;

  // Commands

  bool is_sure() const { return course_ == Course::runs; }
  bool is_in(Block kind) const;
  Success command(const Words& all);
  void doubt_substitutions(const Words& words);
  void run_named(const std::string& name, const Words& arguments);
  void define_function(const Words& words);

  // Conditions

  /// What is there for the image to see: the rest is the node's.
  static bool is_of_image(const std::string& path);
  Success test_file(char question, const std::string& word) const;
  Success test(const std::string& name, Words words) const;
  Success simple_test(const Words& words) const;
  /// A word that stays one, and is no pattern.
  std::optional<std::string> one_word(const std::string& word) const;

  // Loops

  void open_loop(const Words& words);
  void fill_loop(Open& loop, const Words& words);
  std::optional<Words> loop_items(const Words& words) const;
  /// The loop over a directory whose variable the word is.
  const Open* loop_over_files(std::string word) const;
  void leave_loop(const std::string& name, const Words& arguments);

  // Files

  void source(const Words& arguments);
  void leave(const std::string& name);

  // Values

  void call();
  void unset(const Words& names);
  void assign(const Assignment& wanted);
  void doubt(const std::string& name);
  /// A command may do everything.
  void give_up();
  /// What is no shell's language as far as it is known here.
  void refuse_rest();
  ShellDoubt here() const;

  ShellSettings& settings_;
  std::string path_;
  std::string_view text_;
  ShellTokens tokens_;
  std::optional<ShellDoubt> doubt_; ///< about everything that comes now
  std::vector<Open> blocks_;
  Words words_;           ///< of the command that is read
  std::size_t start_ = 0; ///< where that begins
  Course course_ = Course::runs;
  std::string joined_by_; ///< to the command before: "&&", "||" or nothing
  Success last_;          ///< of the command before, or of the condition
  bool is_negated_ = false;
  bool is_in_pipe_ = false;
  bool is_function_next_ = false;
  bool is_bracket_of_function_ = false;
  bool is_over_ = false;
};

} // namespace imagewright::finalize::boot_loaders
