# provenn_module(NAME DEPENDS ... [LIBRARIES ...]) declares src/NAME as the library provenn_NAME.
#
#   sources  src/NAME/*.cc            the library
#   tests    src/NAME/*_test.cc       one GoogleTest program provenn_NAME_test, registered with ctest
#            src/NAME/*_test.c        a program of its own each, in C: provenn_NAME_<file>
#   benches  src/NAME/*_bench.cc      one Google Benchmark program provenn_NAME_bench (option PROVENN_BENCHES)
#   fuzzers  src/NAME/*_fuzz.cc       one libFuzzer program each (option PROVENN_FUZZERS)
#
# With PROVENN_SANITIZED, ctest also runs the test program and a few seconds of each fuzzer from the tree build/fuzz.
# SANITIZED_WITHOUT: a pattern of tests left out there, because what they add to others is arithmetic, not code.
#
# DEPENDS lists the modules it may include, transitively closed by the link; tools/check_layers.py rejects any other
# include.
set(PROVENN_SANITIZED_TREE ${CMAKE_SOURCE_DIR}/build/fuzz)
set(PROVENN_SANITIZED_ENVIRONMENT "ASAN_OPTIONS=detect_container_overflow=0" "UBSAN_OPTIONS=print_stacktrace=1")
set(PROVENN_SHORT_FUZZ_SECONDS 5)

function(provenn_sanitized_test name without)
  add_test(NAME sanitized/${name} COMMAND ${PROVENN_SANITIZED_TREE}/bin/provenn_${name}_test --gtest_brief=1
           --gtest_filter=-${without}
           WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(sanitized/${name} PROPERTIES LABELS sanitized TIMEOUT 2400
                       ENVIRONMENT "${PROVENN_SANITIZED_ENVIRONMENT}")
endfunction()

function(provenn_short_fuzz name)
  add_test(NAME fuzz/${name} COMMAND tools/run_fuzzers --seconds ${PROVENN_SHORT_FUZZ_SECONDS} ${name}
           WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(fuzz/${name} PROPERTIES LABELS fuzz TIMEOUT 120)
endfunction()

function(provenn_module name)
  cmake_parse_arguments(M "" "" "DEPENDS;LIBRARIES;TEST_LIBRARIES;SANITIZED_WITHOUT" ${ARGN})
  file(GLOB all CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.cc)
  set(tests ${all})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  set(benches ${all})
  list(FILTER benches INCLUDE REGEX "_bench\\.cc$")
  set(fuzzers ${all})
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cc$")
  set(sources ${all})
  list(FILTER sources EXCLUDE REGEX "_(test|bench|fuzz)\\.cc$")

  set(dep_targets "")
  foreach(d IN LISTS M_DEPENDS)
    list(APPEND dep_targets provenn_${d})
  endforeach()

  add_library(provenn_${name} STATIC ${sources})
  target_include_directories(provenn_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(provenn_${name} PUBLIC ${dep_targets} ${M_LIBRARIES} PRIVATE provenn_warnings)

  if(tests AND PROVENN_TESTS)
    add_executable(provenn_${name}_test ${tests})
    target_link_libraries(provenn_${name}_test PRIVATE provenn_${name} ${M_TEST_LIBRARIES} provenn_warnings
                          GTest::gmock GTest::gtest_main)
    gtest_discover_tests(provenn_${name}_test TEST_PREFIX "${name}/" DISCOVERY_TIMEOUT 60
                         PROPERTIES TIMEOUT 600
                         WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    if(PROVENN_SANITIZED)
      provenn_sanitized_test(${name} "${M_SANITIZED_WITHOUT}")
    endif()
  endif()
  file(GLOB c_tests CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*_test.c)
  if(PROVENN_TESTS)
    foreach(c_test IN LISTS c_tests)
      get_filename_component(c_name ${c_test} NAME_WE)
      add_executable(provenn_${name}_${c_name} ${c_test})
      target_link_libraries(provenn_${name}_${c_name} PRIVATE provenn_${name} provenn_warnings)
      add_test(NAME ${name}/${c_name} COMMAND provenn_${name}_${c_name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
      set_tests_properties(${name}/${c_name} PROPERTIES TIMEOUT 600)
    endforeach()
  endif()
  if(PROVENN_TESTS AND PROVENN_SANITIZED)
    foreach(f IN LISTS fuzzers)
      get_filename_component(fname ${f} NAME_WE)
      provenn_short_fuzz(${fname})
    endforeach()
  endif()
  if(benches AND PROVENN_BENCHES)
    add_executable(provenn_${name}_bench ${benches})
    target_link_libraries(provenn_${name}_bench PRIVATE provenn_${name} provenn_warnings benchmark::benchmark_main)
  endif()
  if(fuzzers AND PROVENN_FUZZERS)
    foreach(f IN LISTS fuzzers)
      get_filename_component(fname ${f} NAME_WE)
      add_executable(${fname} ${f})
      target_link_libraries(${fname} PRIVATE provenn_${name} provenn_warnings)
      target_link_options(${fname} PRIVATE -fsanitize=fuzzer)
    endforeach()
  endif()
endfunction()
