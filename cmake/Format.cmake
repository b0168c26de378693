# Targets `format` and `format-check` over every C file that git knows.
find_program(CLANG_FORMAT clang-format)
if(CLANG_FORMAT)
    set(files "git ls-files --cached --others --exclude-standard -- '*.c' '*.h'")
    add_custom_target(format
        COMMAND sh -c "${files} | xargs ${CLANG_FORMAT} -i"
        WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} VERBATIM)
    add_custom_target(format-check
        COMMAND sh -c "${files} | xargs ${CLANG_FORMAT} --dry-run -Werror"
        WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} VERBATIM)
endif()
