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
endif()
