# What every target of ours is compiled with; generated code is not.
add_library(walferry_warnings INTERFACE)
target_compile_options(walferry_warnings INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
    -Wold-style-definition -Wundef -Wvla -Wwrite-strings -Wformat=2
    -Wimplicit-fallthrough -Wswitch-enum
    # clang also looks into protobuf-c's ..._INIT macros, which cast const away
    $<$<C_COMPILER_ID:GNU>:-Wcast-qual>)
option(WALFERRY_WERROR "A warning is an error" OFF)
if(WALFERRY_WERROR)
    target_compile_options(walferry_warnings INTERFACE -Werror)
endif()
