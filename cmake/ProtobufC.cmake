# walferry_proto(target file.proto...): a static library of the C code protoc-c makes of the files.
find_program(PROTOC_C protoc-c REQUIRED)

function(walferry_proto target)
    set(sources)
    foreach(file IN LISTS ARGN)
        get_filename_component(name ${file} NAME_WE)
        set(base ${CMAKE_CURRENT_BINARY_DIR}/${name}.pb-c)
        add_custom_command(
            OUTPUT ${base}.c ${base}.h
            COMMAND ${PROTOC_C} --proto_path=${CMAKE_CURRENT_SOURCE_DIR}
                    --c_out=${CMAKE_CURRENT_BINARY_DIR} ${file}
            DEPENDS ${file}
            VERBATIM)
        list(APPEND sources ${base}.c ${base}.h)
    endforeach()
    add_library(${target} STATIC ${sources})
    target_include_directories(${target} SYSTEM PUBLIC ${CMAKE_CURRENT_BINARY_DIR})
    target_link_libraries(${target} PUBLIC PkgConfig::PROTOBUFC)
endfunction()
