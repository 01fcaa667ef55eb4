// A list in a failure, as what is in it: "[m1, m2]"; doctest alone writes "{?}".
#pragma once

#include <utility>
#include <vector>

#include <doctest/doctest.h>

template <typename T>
struct doctest::StringMaker<std::vector<T>> {
  static String convert(const std::vector<T>& list) {
    String text = "[";
    for (bool first = true; const auto& one : list) {
      if (!std::exchange(first, false)) text += ", ";
      text += toString(static_cast<T>(one));
    }
    return text + "]";
  }
};
