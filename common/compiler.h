/* compiler - what we ask of gcc and clang beyond C11. */
#pragma once

#define PRINTF_LIKE(format_at, arguments_at)                                                       \
    __attribute__((format(printf, format_at, arguments_at)))
#define NODISCARD __attribute__((warn_unused_result))

/* Calls destroy(&variable) at the end of the variable's scope. */
#define CLEANUP(destroy) __attribute__((cleanup(destroy)))

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
