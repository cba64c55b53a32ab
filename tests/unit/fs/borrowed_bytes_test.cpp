// SPDX-License-Identifier: MIT
#include <random>
#include <string>

#include <fcntl.h>
#include <imagewright_test/scratch.hpp>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/borrowed_bytes.hpp>
#include <imagewright/fs/file.hpp>

using namespace imagewright;

namespace {

constexpr std::size_t k_block = fs::BorrowedBytes::k_block_size;
constexpr std::size_t k_blocks = 32;

/// A file that borrows from two others, and what it shall read as.
struct Borrower {
  Borrower() {
    for (std::size_t index = 0; index < std::size(lenders); ++index) {
      std::string content(k_blocks * k_block, '\0');
      for (char& byte : content)
        byte = static_cast<char>(chance());
      contents[index] = content;
      const auto path = scratch / ("lender" + std::to_string(index));
      fs::write_file_atomically(path, content);
      lenders[index] = fs::open_for_reading(path);
    }
    fs::write_file_atomically(scratch / "own", expected);
    own = fs::UniqueFd(::open((scratch / "own").c_str(), O_RDWR | O_CLOEXEC));
  }

  std::size_t any(std::size_t below) { return chance() % below; }

  void borrow() {
    const std::size_t to = any(k_blocks) * k_block;
    const std::size_t from = any(k_blocks) * k_block;
    const std::size_t most = std::min(k_blocks * k_block - to, k_blocks * k_block - from) / k_block;
    const std::size_t length = (any(std::min<std::size_t>(most, 6)) + 1) * k_block;
    const std::size_t lender = any(std::size(lenders));
    borrowed.borrow(to, {lenders[lender].get(), from, length});
    expected.replace(to, length, contents[lender], from, length);
  }

  void write() {
    const std::size_t at = any(expected.size());
    const std::string text(any(std::min<std::size_t>(expected.size() - at, 3 * k_block)) + 1, 'w');
    borrowed.settle(own.get(), at, text.size(), "own");
    fs::write_exactly(own.get(), std::as_bytes(std::span(text)), at, "own");
    expected.replace(at, text.size(), text);
  }

  std::string read(std::size_t at, std::size_t length) const {
    std::string text(length, '?');
    borrowed.read(own.get(), at, std::as_writable_bytes(std::span(text)), "own");
    return text;
  }

  imagewright_test::ScratchDirectory scratch;
  std::mt19937 chance{7};
  std::string contents[2];
  fs::UniqueFd lenders[2];
  std::string expected = std::string(k_blocks * k_block, '\0');
  fs::UniqueFd own;
  fs::BorrowedBytes borrowed;
};

} // namespace

TEST_CASE("reads what is borrowed and what is its own as one file") {
  Borrower file;
  for (int round = 0; round < 500; ++round) {
    if (file.any(3) == 0) {
      file.write();
    } else {
      file.borrow();
    }
    const std::size_t at = file.any(file.expected.size());
    const std::size_t length = file.any(file.expected.size() - at) + 1;
    REQUIRE(file.read(at, length) == file.expected.substr(at, length));
  }
  CHECK_FALSE(file.borrowed.is_empty());
  std::uint64_t free_from = 0;
  for (const auto& [offset, place] : file.borrowed.stretches()) {
    CHECK(offset >= free_from);
    CHECK(file.borrowed.is_any_borrowed(offset, 1));
    free_from = offset + place.length;
  }
  file.borrowed.settle(file.own.get(), 0, file.expected.size(), "own");
  CHECK(file.borrowed.is_empty());
  CHECK(fs::read_file(file.scratch / "own") == file.expected);
}

TEST_CASE("borrows neighbours as one stretch, and nothing but whole blocks") {
  Borrower file;
  const int lender = file.lenders[0].get();
  file.borrowed.borrow(0, {lender, k_block, k_block});
  file.borrowed.borrow(k_block, {lender, 2 * k_block, k_block});
  CHECK(file.borrowed.stretches() ==
        std::vector{fs::BorrowedBytes::Stretch{0, {lender, k_block, 2 * k_block}}});
  CHECK(file.borrowed.place_of(-1, k_block + 1, 9 * k_block) ==
        fs::FilePlace{lender, 2 * k_block + 1, k_block - 1});
  CHECK(file.borrowed.place_of(-1, 2 * k_block, 5) == fs::FilePlace{-1, 2 * k_block, 5});
  CHECK_THROWS_AS(file.borrowed.borrow(1, {lender, 0, k_block}), base::BugError);
  CHECK_THROWS_AS(file.borrowed.borrow(0, {lender, 0, k_block + 1}), base::BugError);
}
