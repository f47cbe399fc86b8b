// Calls kernels by name. KERNELS is a list of KERNEL(name), made from the sources.

#pragma once

#include <type_traits>
#include <utility>

#include "threads.h"

template <auto KERNEL>
struct Caller;

template <typename... Parameters, void (*KERNEL)(Parameters...)>
struct Caller<KERNEL> {
  static void call(void** arguments) {
    call(arguments, std::make_index_sequence<sizeof...(Parameters)>());
  }

  template <size_t... I>
  static void call(void** arguments, std::index_sequence<I...>) {
    KERNEL(*static_cast<std::remove_cv_t<Parameters>*>(arguments[I])...);
  }
};

// Null, or what went wrong.
extern "C" const char* emulate(const char* kernel, int blocks, int threads, int sharedBytes,
                               unsigned seed, void** arguments) {
#define KERNEL(NAME)                                                                        \
  if (std::strcmp(kernel, #NAME) == 0) {                                                    \
    return emulation::run(Caller<NAME>::call, blocks, threads, sharedBytes, seed, arguments); \
  }
  KERNELS
#undef KERNEL
  return "there is no such kernel";
}
