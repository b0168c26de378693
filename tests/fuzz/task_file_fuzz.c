/* Any bytes are a task or are refused with a line and a word about what to do. */
#include "common/settings_table.h"
#include "common/task_file.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static Arena arena;
    Str text = arena_copy(&arena, (Str){(const char *)data, size});
    TaskFile task;
    Error err = {0};

    if (task_file_parse("t.cfg", text, &arena, &task, &err))
        task_file_selects(&task, "public", "orders");
    else if (err.kind != ERROR_CONFIG || err.hint[0] == '\0' ||
             memcmp(err.message, "t.cfg:", 6) != 0)
        abort();
    (void)task_file_syntax_place(text, &arena);
    arena_reset(&arena);
    return 0;
}
