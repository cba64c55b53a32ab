// SPDX-License-Identifier: MIT
#include "shell_settings.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include <imagewright/base/text.hpp>
#include <imagewright/fs/file_type.hpp>

#include "shell_text.hpp"

namespace imagewright::finalize::boot_loaders {
namespace {

/// Kernels take a few thousand letters.
constexpr std::size_t k_largest_value = 65536;
constexpr std::uint64_t k_largest_text = 1024 * 1024;
constexpr int k_most_depth = 8;
/// Commands and files.
constexpr int k_most_steps = 20000;

using Words = std::vector<std::string>;

template <std::size_t size>
bool is_one_of(const std::array<std::string_view, size>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

/// What an environment may hold, or the program that reads the settings sets itself.
bool may_be_set_elsewhere(std::string_view name) {
  constexpr std::array<std::string_view, 16> k_names{
      "HOME", "PATH", "PWD",      "OLDPWD", "USER", "LOGNAME", "SHELL", "LANG",
      "TERM", "IFS",  "HOSTNAME", "RANDOM", "UID",  "EUID",    "PPID",  "LANGUAGE"};
  return is_one_of(k_names, name) || name.starts_with("LC_") || name.starts_with("GRUB_DEVICE") ||
         name == "GRUB_FS" || name.starts_with("grub_") || name.starts_with("BASH");
}

/// "NAME=VALUE" or "NAME+=VALUE".
struct Assignment {
  std::string name;
  std::string_view value; ///< a word with its quotes
  bool is_addition = false;
};

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

/// Whether something runs: certainly, perhaps, or not at all.
enum class Course : std::uint8_t { runs, doubtful, skipped };

/// The course of what is within both.
Course within(Course outer, Course inner) {
  return std::max(outer, inner);
}

/// What a command says of its success; nothing: nobody knows.
using Success = std::optional<bool>;

/// Reads the commands of one file.
class ShellFile {
public:
  ShellFile(ShellSettings& settings, std::string path, std::string_view text,
            std::optional<ShellDoubt> doubt)
      : settings_(settings), path_(std::move(path)), text_(text), tokens_(text),
        doubt_(std::move(doubt)) {}

  void run() {
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

  void take_word(std::string word) {
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

  void open_block(const std::string& word) {
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

  void take_branch(const std::string& word) {
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

  void begin_list() {
    joined_by_.clear();
    last_.reset();
    is_negated_ = false;
  }

  void close_block(Block kind) {
    // What a function consists of is a block of any kind.
    const bool is_fit =
        !blocks_.empty() && (blocks_.back().kind == kind || blocks_.back().kind == Block::function);
    if (!is_fit) return refuse_rest();
    blocks_.pop_back();
    begin_list();
  }

  void end_loop() {
    if (blocks_.empty() || blocks_.back().items.empty()) return close_block(Block::loop);
    if (++settings_.count_ > k_most_steps) return refuse_rest();
    Open& loop = blocks_.back();
    settings_.assign(loop.variable, {std::move(loop.items.back()), std::nullopt});
    loop.items.pop_back();
    loop.course = within(loop.around, Course::runs);
    tokens_ = *loop.body;
    begin_list();
  }

  // Separators

  void take_separator(const std::string& sign) {
    if (sign == "(") {
      open_bracket();
    } else if (sign == ")") {
      close_bracket();
    } else {
      end_command(sign);
    }
  }

  void open_bracket() {
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

  void close_bracket() {
    if (std::exchange(is_bracket_of_function_, false)) return;
    if (is_pattern()) {
      words_.clear();
      begin_list();
      return;
    }
    end_command("\n");
    close_block(Block::subshell);
  }

  bool is_pattern() const { return !blocks_.empty() && blocks_.back().kind == Block::choice; }

  void end_command(const std::string& sign) {
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

  /// The course of the command or block that comes.
  Course next_course() const {
    Course course = doubt_ || is_in_pipe_ ? Course::doubtful : Course::runs;
    for (const Open& open : blocks_)
      course = within(course, open.course);
    if (joined_by_.empty()) return course;
    if (!last_) return within(course, Course::doubtful);
    return within(course, *last_ == (joined_by_ == "&&") ? Course::runs : Course::skipped);
  }

  // Commands

  bool is_sure() const { return course_ == Course::runs; }

  bool is_in(Block kind) const {
    return std::ranges::find(blocks_, kind, &Open::kind) != blocks_.end();
  }

  Success command(const Words& all) {
    if (++settings_.count_ > k_most_steps) {
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
      const bool is_plain = rest.size() > 1 &&
                            shell_name_size(rest.front()) == rest.front().size() &&
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

  void doubt_substitutions(const Words& words) {
    for (const std::string& word : words) {
      for (const std::string& name : set_within(word))
        doubt(name);
      // Arithmetic may assign, too.
      const std::size_t sum = word.find("$((");
      if (sum != std::string::npos && word.find_first_of("=+-", sum) != std::string::npos)
        give_up();
    }
  }

  void run_named(const std::string& name, const Words& arguments) {
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

  void define_function(const Words& words) {
    settings_.functions_.insert(words[1]);
    is_function_next_ = words.size() == 2;
    if (is_function_next_) return;
    blocks_.push_back({.kind = Block::function});
    if (words.size() > 3 || words[2] != "{") refuse_rest();
  }

  // Conditions

  /// What is there for the image to see: the rest is the node's.
  static bool is_of_image(const std::string& path) {
    constexpr std::array<std::string_view, 5> k_others{"/proc/", "/sys/", "/dev/", "/run/",
                                                       "/tmp/"};
    return path.starts_with('/') && std::ranges::none_of(k_others, [&](std::string_view other) {
             return (path + "/").starts_with(other);
           });
  }

  Success test_file(char question, const std::string& word) const {
    constexpr std::string_view k_of_every_file = "efrs";
    const Open* loop = loop_over_files(word);
    if (loop != nullptr)
      return k_of_every_file.find(question) != std::string_view::npos ? Success(true) : Success();
    const auto path = one_word(word);
    if (!path || !is_of_image(*path)) return {};
    const auto status = settings_.files_.find_target_status(*path);
    switch (question) {
    case 'e':
    case 'r':
      return status.has_value();
    case 'f':
      return status && status->type == fs::FileType::regular;
    case 'd':
      return status && status->type == fs::FileType::directory;
    default:
      return {};
    }
  }

  Success test(const std::string& name, Words words) const {
    if (name == "[" && (words.empty() || words.back() != "]")) return {};
    if (name == "[") words.pop_back();
    const auto first =
        std::ranges::find_if(words, [](const std::string& word) { return word != "!"; });
    const bool is_negated = (first - words.begin()) % 2 != 0;
    const Success success = simple_test(Words(first, words.end()));
    return success ? Success(*success != is_negated) : success;
  }

  Success simple_test(const Words& words) const {
    if (words.size() == 2 && words[0].size() == 2 && words[0].front() == '-') {
      if (words[0] != "-n" && words[0] != "-z") return test_file(words[0][1], words[1]);
      const auto text = one_word(words[1]);
      return text ? Success(text->empty() == (words[0] == "-z")) : Success();
    }
    if (words.size() != 3) return {};
    const auto left = one_word(words[0]);
    const auto right = one_word(words[2]);
    if (!left || !right) return {};
    if (words[1] == "=" || words[1] == "==") return *left == *right;
    if (words[1] == "!=") return *left != *right;
    return {};
  }

  /// A word that stays one, and is no pattern.
  std::optional<std::string> one_word(const std::string& word) const {
    auto text = settings_.expanded(word);
    const bool is_quoted = word.size() > 1 && word.front() == word.back() &&
                           (word.front() == '"' || word.front() == '\'');
    const bool is_split =
        text && (text->empty() || text->find_first_of(" \t\n*?[~") != std::string::npos);
    if (is_split && !is_quoted) return std::nullopt;
    return text;
  }

  // Loops

  void open_loop(const Words& words) {
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

  void fill_loop(Open& loop, const Words& words) {
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

  std::optional<Words> loop_items(const Words& words) const {
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

  /// The loop over a directory whose variable the word is.
  const Open* loop_over_files(std::string word) const {
    std::erase_if(word, [](char letter) {
      return std::string_view("\"{}").find(letter) != std::string_view::npos;
    });
    if (!word.starts_with('$')) return nullptr;
    const auto found = std::ranges::find_if(blocks_, [&](const Open& each) {
      return !each.directory.empty() && each.variable == word.substr(1);
    });
    return found == blocks_.end() ? nullptr : &*found;
  }

  void leave_loop(const std::string& name, const Words& arguments) {
    if (!arguments.empty()) return refuse_rest(); // several loops
    const auto loop = std::ranges::find(blocks_.rbegin(), blocks_.rend(), Block::loop, &Open::kind);
    if (loop == blocks_.rend()) return;
    // Within the loop, what comes is skipped; of files in a directory nobody has looked at each.
    const bool is_known = is_sure() && loop->directory.empty();
    loop->course = within(loop->course, is_known ? Course::skipped : Course::doubtful);
    if (name == "break" || !is_known) loop->items.clear();
    if (!is_known && loop->directory.empty()) loop->around = within(loop->around, Course::doubtful);
  }

  // Files

  void source(const Words& arguments) {
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

  void leave(const std::string& name) {
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

  // Values

  void call() {
    if (settings_.functions_doubt_) return settings_.doubt_all(here());
    for (const std::string& name : settings_.set_by_functions_)
      settings_.assign(name, {"", here()});
  }

  void unset(const Words& names) {
    for (const std::string& name : names) {
      if (name.starts_with('-')) continue;
      if (is_sure()) {
        settings_.assign(name, {});
      } else {
        doubt(name);
      }
    }
  }

  void assign(const Assignment& wanted) {
    auto value = settings_.expanded(wanted.value);
    const ShellValue before = settings_.value(wanted.name);
    if (!is_sure() || !value) return doubt(wanted.name);
    // What was in doubt before stays what it was told of.
    if (wanted.is_addition && before.doubt) return;
    std::string text = wanted.is_addition ? before.text + *value : std::move(*value);
    if (text.size() > k_largest_value) return doubt(wanted.name);
    settings_.assign(wanted.name, {std::move(text), std::nullopt});
  }

  void doubt(const std::string& name) {
    if (is_in(Block::subshell)) return;
    if (is_in(Block::function)) {
      settings_.set_by_functions_.insert(name);
    } else {
      settings_.assign(name, {"", here()});
    }
  }

  /// A command may do everything.
  void give_up() {
    if (is_in(Block::subshell)) return;
    if (is_in(Block::function)) {
      settings_.functions_doubt_ = true;
    } else {
      settings_.doubt_all(here());
    }
  }

  /// What is no shell's language as far as it is known here.
  void refuse_rest() {
    settings_.doubt_all(here());
    is_over_ = true;
  }

  ShellDoubt here() const {
    if (doubt_) return *doubt_;
    const std::size_t before = start_ == 0 ? std::string::npos : text_.rfind('\n', start_ - 1);
    const std::size_t begin = before == std::string::npos ? 0 : before + 1;
    const std::size_t end = std::min(text_.find('\n', start_), text_.size());
    return {path_, std::string(base::trimmed(text_.substr(begin, end - begin)))};
  }

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

std::optional<std::string> find_shell_text(const fs::RootDir& files, const std::string& path) {
  const auto status = files.find_target_status(path);
  const bool is_fit =
      status && status->type == fs::FileType::regular && status->size <= k_largest_text;
  return is_fit ? files.find_content(path) : std::nullopt;
}

void ShellSettings::read(const std::string& path, const std::optional<ShellDoubt>& doubt) {
  if (!files_.exists(path)) return;
  if (const auto text = find_shell_text(files_, path)) {
    run(path, *text, doubt);
  } else {
    doubt_all({path, "no file of settings"});
  }
}

void ShellSettings::read_text(const std::string& path, const std::string& text) {
  run(path, text, std::nullopt);
}

void ShellSettings::run(const std::string& path, const std::string& text,
                        const std::optional<ShellDoubt>& doubt) {
  if (has_ended_) return;
  if (depth_ == k_most_depth || ++count_ > k_most_steps)
    return doubt_all({path, "too many files and commands"});
  ++depth_;
  ShellFile(*this, path, text, doubt).run();
  --depth_;
}

void ShellSettings::read_directory(const std::string& directory, std::string_view ending,
                                   const std::optional<ShellDoubt>& doubt) {
  const auto status = files_.find_target_status(directory);
  if (!status || status->type != fs::FileType::directory) return;
  std::vector<std::string> names = files_.list(directory);
  std::ranges::sort(names);
  for (const std::string& name : names) {
    if (name.ends_with(ending) && !name.starts_with('.')) read(directory + "/" + name, doubt);
  }
}

void ShellSettings::doubt_all(const ShellDoubt& doubt) {
  values_.clear();
  doubt_ = doubt;
}

ShellValue ShellSettings::value(std::string_view name) const {
  const auto found = values_.find(name);
  return found != values_.end() ? found->second : ShellValue{"", doubt_};
}

std::optional<std::string> ShellSettings::known(std::string_view name) const {
  const bool is_ours = values_.contains(name);
  if (!is_ours && may_be_set_elsewhere(name)) return std::nullopt;
  ShellValue found = value(name);
  if (found.doubt) return std::nullopt;
  return std::move(found.text);
}

std::optional<std::string> ShellSettings::expanded(std::string_view word) const {
  return expanded(word, false);
}

/// "${…}" without its brackets.
std::optional<std::string> ShellSettings::expanded_variable(std::string_view part,
                                                            bool is_in_double_quotes) const {
  const std::size_t size = shell_name_size(part);
  if (size == 0) return std::nullopt;
  const auto current = known(part.substr(0, size));
  std::string_view sign = part.substr(size);
  if (sign.empty() || !current) return current;
  // Where nothing is set, it is empty for us as well; a difference is of no use in settings.
  if (sign.starts_with(':')) sign.remove_prefix(1);
  const bool is_default = sign.starts_with('-');
  if (!is_default && !sign.starts_with('+')) return std::nullopt;
  const bool is_other = is_default == current->empty();
  if (!is_other) return is_default ? current : std::optional<std::string>("");
  return expanded(sign.substr(1), is_in_double_quotes);
}

std::optional<std::string> ShellSettings::expanded(std::string_view word,
                                                   bool is_in_double_quotes) const {
  std::string text;
  for (std::size_t at = 0; at < word.size() && text.size() <= k_largest_value;) {
    const std::size_t end = end_of_shell_part(word, at, is_in_double_quotes);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view part = word.substr(at, end - at);
    std::optional<std::string> value;
    if (part.front() == '\\') {
      const bool is_kept = is_in_double_quotes &&
                           std::string_view("$`\"\\\n").find(part[1]) == std::string_view::npos;
      value = part[1] == '\n' ? "" : std::string(is_kept ? part : part.substr(1));
    } else if (part.front() == '\'' && part.size() > 1) {
      value = std::string(part.substr(1, part.size() - 2));
    } else if (part.front() == '"' && part.size() > 1) {
      value = expanded(part.substr(1, part.size() - 2), true);
    } else if (part.starts_with("${")) {
      value = expanded_variable(part.substr(2, part.size() - 3), is_in_double_quotes);
    } else if (part == "$") {
      // A single one is a letter; else a name follows, or something that only a shell knows.
      const std::string_view rest = word.substr(end);
      const std::size_t size = shell_name_size(rest);
      constexpr std::string_view k_special = "0123456789@*#?$!-'\"";
      if (size > 0) {
        value = known(rest.substr(0, size));
      } else if (rest.empty() || k_special.find(rest.front()) == std::string_view::npos ||
                 (is_in_double_quotes && (rest.front() == '\'' || rest.front() == '"'))) {
        value = "$";
      }
      at += size;
    } else if (part.size() == 1 && part != "\"") {
      value = std::string(part);
    }
    if (!value) return std::nullopt;
    text += *value;
    at += part.size();
  }
  return text;
}

} // namespace imagewright::finalize::boot_loaders
