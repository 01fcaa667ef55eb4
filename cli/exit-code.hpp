// Exit codes, as the README lists them.
#pragma once

#include "checker/weigh.hpp"

namespace assay {

enum ExitCode : int {
  exit_upheld = 0,
  exit_violated = 1,
  exit_inconclusive = 2,
  exit_usage = 64,
  exit_damaged = 65,
  exit_unavailable = 69,
  exit_failure = 70,
};

inline int exit_code_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::upheld: return exit_upheld;
    case Verdict::inconclusive: return exit_inconclusive;
    case Verdict::violated: return exit_violated;
  }
  return exit_failure;
}

// Of several the gravest counts: 70, 69, 65, 64, 1, 2, 0.
inline int graver(int a, int b) {
  const auto rank = [](int code) { return code == exit_violated ? 3 : code == exit_inconclusive ? 2 : code == 0 ? 1 : code; };
  return rank(a) >= rank(b) ? a : b;
}

}  // namespace assay
