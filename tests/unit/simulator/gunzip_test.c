#include "simulator/gunzip.h"

#include "tests/support/cmocka_all.h"
#include <stdlib.h>

static bool gather(void *context, const void *data, size_t len, Error *err)
{
    (void)err;
    bytes_add(context, data, len);
    return true;
}

static void make_text(Bytes *out)
{
    for (unsigned i = 0; i < 200000; i++)
        bytes_add_u8(out, (uint8_t)('a' + (i * i / 7) % 26));
}

static bool unpack(Str packed, size_t piece, Bytes *out, Error *err)
{
    CLEANUP(gunzip_close) Gunzip *gunzip = NULL;

    gunzip_open(&gunzip);
    for (size_t at = 0; at < packed.len; at += piece) {
        Str part = {packed.data + at, at + piece < packed.len ? piece : packed.len - at};

        if (!gunzip_feed(gunzip, part, gather, out, err))
            return false;
    }
    return gunzip_finish(gunzip, err);
}

/* regression suite load_p0/stream_load/test_compress_type */
static void what_was_packed_comes_out_in_pieces_of_any_size(void **state)
{
    static const size_t pieces[] = {1, 7, 4096, 1 << 20};
    CLEANUP(bytes_done) Bytes text = {0};
    CLEANUP(bytes_done) Bytes packed = {0};
    Error err;

    (void)state;
    make_text(&text);
    gzip_whole(bytes_str(&text), &packed);
    gzip_whole((Str)STR("second member"), &packed);
    bytes_add_str(&text, (Str)STR("second member"));
    for (size_t i = 0; i < COUNT_OF(pieces); i++) {
        CLEANUP(bytes_done) Bytes out = {0};

        assert_true(unpack(bytes_str(&packed), pieces[i], &out, &err));
        assert_true(str_equal(bytes_str(&out), bytes_str(&text)));
    }
}

static void a_broken_body_is_refused(void **state)
{
    CLEANUP(bytes_done) Bytes packed = {0};
    CLEANUP(bytes_done) Bytes out = {0};
    Error err;

    (void)state;
    gzip_whole((Str)STR("some rows"), &packed);
    assert_false(unpack((Str){packed.data, packed.len - 3}, 4096, &out, &err));
    assert_false(unpack((Str)STR("no gzip at all"), 4096, &out, &err));
    assert_true(unpack((Str){"", 0}, 4096, &out, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_packed_comes_out_in_pieces_of_any_size),
        cmocka_unit_test(a_broken_body_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
