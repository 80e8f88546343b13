# sluice_add_plugin(NAME SOURCE... [TESTS TEST...])
#
# libNAME.so, a plugin, of the target plugin_NAME; and for each TEST, a source file with a main(), a
# program of that name which has the plugin's stage types and the test kit, as a test of CTest. They
# are built of the same objects.
function(sluice_add_plugin name)
  cmake_parse_arguments(PARSE_ARGV 1 PLUGIN "" "" "TESTS")
  add_library(plugin_${name}_objects OBJECT ${PLUGIN_UNPARSED_ARGUMENTS})
  set_target_properties(plugin_${name}_objects PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_link_libraries(plugin_${name}_objects PUBLIC Sluice::sluice)
  # What it calls of Sluice, the program that loads it has: linked in, it would be there twice.
  add_library(plugin_${name} MODULE)
  set_target_properties(plugin_${name} PROPERTIES OUTPUT_NAME ${name})
  target_link_libraries(plugin_${name} PRIVATE plugin_${name}_objects)
  foreach(source ${PLUGIN_TESTS})
    get_filename_component(test ${source} NAME_WE)
    add_executable(${test} ${source})
    target_link_libraries(${test} PRIVATE plugin_${name}_objects Sluice::testkit)
    add_test(NAME ${test} COMMAND ${test})
  endforeach()
endfunction()
