// SPDX-License-Identifier: MIT
#include <set>

#include <imagewright/resolve/bringers.hpp>

#include "package_pool.hpp"

namespace imagewright::resolve {

namespace {

std::vector<std::string> names_with(const PackagePool& pool, const std::string& path) {
  std::set<std::string> names;
  Dataiterator iterator;
  dataiterator_init(&iterator, pool.get(), nullptr, 0, SOLVABLE_FILELIST, path.c_str(),
                    SEARCH_STRING | SEARCH_FILES | SEARCH_COMPLETE_FILELIST);
  while (dataiterator_step(&iterator) != 0) {
    const Id package = iterator.solvid;
    if (pool.is_usable(package)) names.insert(pool.nevra_of(package).name);
    dataiterator_skip_solvable(&iterator);
  }
  dataiterator_free(&iterator);
  return {names.begin(), names.end()};
}

} // namespace

std::map<std::string, std::vector<std::string>>
find_bringers(const ResolveRequest& request, const std::vector<std::string>& paths,
              const base::Cancellation& cancellation) {
  const PackagePool pool(request, FileLists::complete, cancellation);
  std::map<std::string, std::vector<std::string>> bringers;
  for (const std::string& path : paths) {
    cancellation.check();
    std::vector<std::string> names = names_with(pool, path);
    if (!names.empty()) bringers.emplace(path, std::move(names));
  }
  return bringers;
}

} // namespace imagewright::resolve
