// PROVENN_ADDRESS_SANITIZER, PROVENN_THREAD_SANITIZER: 1 in a build under that sanitizer, else 0.
#pragma once

#if defined(__has_feature)
#define PROVENN_HAS_FEATURE(feature) __has_feature(feature)
#else
#define PROVENN_HAS_FEATURE(feature) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || PROVENN_HAS_FEATURE(address_sanitizer)
#define PROVENN_ADDRESS_SANITIZER 1
#else
#define PROVENN_ADDRESS_SANITIZER 0
#endif

#if defined(__SANITIZE_THREAD__) || PROVENN_HAS_FEATURE(thread_sanitizer)
#define PROVENN_THREAD_SANITIZER 1
#else
#define PROVENN_THREAD_SANITIZER 0
#endif

#undef PROVENN_HAS_FEATURE
