# Checks of the source tree itself: part of every build (layers) and of ctest (layers, style, and their own tests).
find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)

add_custom_target(check_layers ALL
                  COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/tools/check_layers.py --root ${CMAKE_SOURCE_DIR}
                  COMMENT "Checking that no include crosses the layers" VERBATIM)

if(PROVENN_TESTS)
  foreach(check layers style)
    add_test(NAME tools/check_${check}
             COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/tools/check_${check}.py --root ${CMAKE_SOURCE_DIR})
    add_test(NAME tools/check_${check}_test
             COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/tools/check_${check}_test.py)
  endforeach()

  find_program(CLANG_FORMAT clang-format-19)
  if(CLANG_FORMAT)
    add_test(NAME tools/format COMMAND tools/format --check WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  endif()
endif()

# Does a test notice when the prover saves randomness? A sample; all of it: tools/mutate_prover --all.
if(PROVENN_TESTS AND NOT PROVENN_FUZZERS)
  add_test(NAME mutation/prover
           COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/tools/mutate_prover --build ${CMAKE_BINARY_DIR} --sample 6
           WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(mutation/prover PROPERTIES LABELS mutation TIMEOUT 600)
endif()

# The program as its users meet it: the demonstration of ./quickstart, and the answers against ONNX Runtime's.
set(PROVENN_TEST_PYTHON "" CACHE FILEPATH "the Python that tools/test_env made; empty: no test that needs it")

if(PROVENN_TESTS AND TARGET provenn)
  add_test(NAME cli/demo COMMAND tools/demo $<TARGET_FILE:provenn> ${CMAKE_BINARY_DIR}/demo
           WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(cli/demo PROPERTIES TIMEOUT 300)
endif()

# The reference verifier, and this one, against the same keys and proofs.
if(PROVENN_TESTS AND TARGET provenn AND PROVENN_TEST_PYTHON)
  add_test(NAME conformance/reference COMMAND ${PROVENN_TEST_PYTHON} ${CMAKE_SOURCE_DIR}/reference/run_conformance)
  add_test(NAME conformance/provenn COMMAND ${PROVENN_TEST_PYTHON} ${CMAKE_SOURCE_DIR}/reference/run_conformance
                                            --provenn $<TARGET_FILE:provenn>)
  set_tests_properties(conformance/reference conformance/provenn PROPERTIES TIMEOUT 300)
  add_test(NAME reference/unit COMMAND ${PROVENN_TEST_PYTHON} -m unittest discover -s tests -t .
           WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}/reference)
endif()

# The two verifiers on broken keys and proofs. A sample; all of it: tools/differential --count 10000 --lenet 300.
if(PROVENN_TESTS AND TARGET provenn AND PROVENN_TEST_PYTHON AND NOT PROVENN_FUZZERS)
  add_test(NAME reference/differential
           COMMAND ${PROVENN_TEST_PYTHON} ${CMAKE_SOURCE_DIR}/tools/differential $<TARGET_FILE:provenn>
                   --count 120 --lenet 4 --seed 2)
  set_tests_properties(reference/unit reference/differential PROPERTIES TIMEOUT 1800)
endif()

# The sanitised tree makes no statement about figures, and is slow.
if(PROVENN_TESTS AND TARGET provenn AND PROVENN_TEST_PYTHON AND NOT PROVENN_FUZZERS)
  function(provenn_fidelity_test model samples)
    add_test(NAME fidelity/${model}
             COMMAND ${PROVENN_TEST_PYTHON} tools/fidelity.py --provenn $<TARGET_FILE:provenn> --models ${model}
                     --samples ${samples} --work ${CMAKE_BINARY_DIR}/fidelity
             WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(fidelity/${model} PROPERTIES LABELS fidelity TIMEOUT 600)
  endfunction()

  provenn_fidelity_test(lenet 1000)
  provenn_fidelity_test(risk 569)
  provenn_fidelity_test(liveness 20)
  provenn_fidelity_test(antispoof 10)
  provenn_fidelity_test(ppocr_cls 20)
  provenn_fidelity_test(age_gender_embedding 2)
endif()
