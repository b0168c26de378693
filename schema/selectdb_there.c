#include "schema/selectdb_there.h"

#include "common/bytes.h"
#include "schema/selectdb_names.h"

#include <ctype.h>
#include <strings.h>

/* --- words of a statement --- */

typedef enum WordKind { WORD_END, WORD_PLAIN, WORD_NAME, WORD_TEXT, WORD_MARK } WordKind;

typedef struct Word {
    WordKind kind;
    const char *text; /* without its quotes */
    Str raw;
} Word;

typedef struct Words {
    Str rest;
    Arena *arena;
    Word now;
    bool broken;
} Words;

static bool is_word_character(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c > 0x7f;
}

/* Behind the opening quote. In a text a backslash escapes; a doubled quote is one, everywhere. */
static const char *take_quoted(Words *w, char quote)
{
    CLEANUP(bytes_done) Bytes out = {0};
    size_t at = 1;

    for (; at < w->rest.len; at++) {
        char c = w->rest.data[at];

        if (c == '\\' && quote != '`' && at + 1 < w->rest.len)
            c = w->rest.data[++at];
        else if (c == quote && (at + 1 == w->rest.len || w->rest.data[at + 1] != quote))
            break;
        else if (c == quote)
            at++;
        bytes_add_u8(&out, (uint8_t)c);
    }
    w->broken |= at >= w->rest.len;
    w->now.raw.len = at < w->rest.len ? at + 1 : w->rest.len;
    return arena_copy(w->arena, bytes_str(&out)).data;
}

static void take_plain(Words *w)
{
    while (w->now.raw.len < w->rest.len && is_word_character(w->rest.data[w->now.raw.len]))
        w->now.raw.len++;
    w->now.text = arena_copy(w->arena, w->now.raw).data;
}

static void next(Words *w)
{
    while (w->rest.len > 0 && isspace((unsigned char)*w->rest.data))
        w->rest = (Str){w->rest.data + 1, w->rest.len - 1};
    w->now = (Word){WORD_END, "", {w->rest.data, 0}};
    if (w->rest.len == 0)
        return;

    char c = *w->rest.data;

    if (c == '`' || c == '"' || c == '\'') {
        w->now.kind = c == '`' ? WORD_NAME : WORD_TEXT;
        w->now.text = take_quoted(w, c);
    } else if (is_word_character(c)) {
        w->now.kind = WORD_PLAIN;
        take_plain(w);
    } else {
        w->now.kind = WORD_MARK;
        w->now.raw.len = 1;
        w->now.text = arena_copy(w->arena, w->now.raw).data;
    }
    w->rest = (Str){w->rest.data + w->now.raw.len, w->rest.len - w->now.raw.len};
}

static bool is(const Words *w, const char *word)
{
    return (w->now.kind == WORD_PLAIN || w->now.kind == WORD_MARK) &&
           strcasecmp(w->now.text, word) == 0;
}

static bool take(Words *w, const char *word)
{
    if (!is(w, word))
        return false;
    next(w);
    return true;
}

static void want(Words *w, const char *word)
{
    if (!take(w, word))
        w->broken = true;
}

/* Over what is in parentheses, the opening one being the word now. */
static void skip_parentheses(Words *w)
{
    size_t depth = 0;

    do {
        depth += is(w, "(");
        depth -= is(w, ")");
        next(w);
    } while (depth > 0 && w->now.kind != WORD_END);
    w->broken |= depth > 0;
}

/* --- columns --- */

/* As many words as belong to it: decimal(10, 2), array<int>. */
static void take_type(Words *w, ThereField *field)
{
    const char *begin = w->now.raw.data;
    const char *end = begin;
    size_t depth = 0;
    Error err = {0};

    while (w->now.kind != WORD_END) {
        bool opens = is(w, "(") || is(w, "<"), closes = is(w, ")") || is(w, ">");

        if (depth == 0 && !opens && end != begin)
            break;
        if (closes && depth == 0)
            break;
        depth += opens;
        depth -= closes;
        end = w->now.raw.data + w->now.raw.len;
        next(w);
    }
    field->type_text = arena_copy(w->arena, (Str){begin, (size_t)(end - begin)}).data;
    if (!doris_type_parse(str_of(field->type_text), &field->type, &err))
        field->type = (DorisType){0};
}

static void take_default(Words *w, ThereField *field)
{
    field->filled = !is(w, "NULL");
    next(w);
    if (is(w, "("))
        skip_parentheses(w);
}

/* What stands behind the type, up to the comma. */
static void take_marks(Words *w, ThereField *field)
{
    while (w->now.kind != WORD_END && !is(w, ",") && !is(w, ")")) {
        if (take(w, "NOT"))
            field->not_null = true;
        else if (take(w, "DEFAULT"))
            take_default(w, field);
        else if (is(w, "AUTO_INCREMENT") || is(w, "GENERATED"))
            field->filled = true;
        if (is(w, "("))
            skip_parentheses(w);
        else if (!is(w, ",") && !is(w, ")"))
            next(w);
    }
}

static size_t count_fields(Str statement)
{
    size_t count = 0;

    for (size_t i = 0; i < statement.len; i++)
        count += statement.data[i] == ',';
    return count + 1;
}

/* Indexes stand between the columns and the closing parenthesis. */
static void take_fields(Words *w, SelectdbThere *out)
{
    want(w, "(");
    do {
        if (w->now.kind == WORD_NAME) {
            ThereField *field = &out->fields[out->field_count++];

            *field = (ThereField){.name = w->now.text, .type_text = ""};
            next(w);
            take_type(w, field);
            take_marks(w, field);
        } else {
            take_marks(w, &(ThereField){0});
        }
    } while (take(w, ","));
    want(w, ")");
}

/* --- what stands behind the columns --- */

ThereField *selectdb_there_field(const SelectdbThere *there, const char *name)
{
    for (size_t i = 0; i < there->field_count; i++) {
        if (selectdb_names_equal(there->fields[i].name, name))
            return &there->fields[i];
    }
    return NULL;
}

static void take_key(Words *w, SelectdbThere *out)
{
    want(w, "KEY");
    want(w, "(");
    do {
        ThereField *field =
            w->now.kind == WORD_NAME ? selectdb_there_field(out, w->now.text) : NULL;

        w->broken |= !field;
        if (field)
            field->key = true;
        next(w);
    } while (take(w, ","));
    want(w, ")");
}

static void note_property(SelectdbThere *out, const char *name, const char *value)
{
    if (strcmp(name, "enable_unique_key_merge_on_write") == 0)
        out->merge_on_write = strcasecmp(value, "true") == 0;
    else if (strcmp(name, "function_column.sequence_type") == 0)
        out->sequence_type = value;
    else if (strcmp(name, "function_column.sequence_col") == 0)
        out->sequence_column = value;
}

static void take_properties(Words *w, SelectdbThere *out)
{
    want(w, "(");
    do {
        const char *name = w->now.text;

        next(w);
        want(w, "=");
        note_property(out, name, w->now.text);
        next(w);
    } while (take(w, ","));
    want(w, ")");
}

static void take_ending(Words *w, SelectdbThere *out)
{
    while (w->now.kind != WORD_END && !w->broken) {
        if (take(w, "UNIQUE")) {
            out->model = THERE_UNIQUE;
            take_key(w, out);
        } else if (take(w, "DUPLICATE")) {
            out->model = THERE_DUPLICATE;
            take_key(w, out);
        } else if (take(w, "AGGREGATE")) {
            take_key(w, out);
        } else if (take(w, "COMMENT")) {
            out->comment = w->now.text;
            next(w);
        } else if (take(w, "PROPERTIES")) {
            take_properties(w, out);
        } else if (is(w, "(")) {
            skip_parentheses(w);
        } else {
            next(w);
        }
    }
}

bool selectdb_there_read(Str statement, Arena *arena, SelectdbThere *out, Error *err)
{
    Words w = {.rest = statement, .arena = arena};
    SelectdbThere there = {.sequence_type = "", .sequence_column = "", .comment = ""};

    there.fields = ARENA_ARRAY(arena, ThereField, count_fields(statement));
    next(&w);
    want(&w, "CREATE");
    want(&w, "TABLE");
    while (w.now.kind != WORD_END && !is(&w, "(") && !w.broken)
        next(&w);
    take_fields(&w, &there);
    take_ending(&w, &there);
    /* since 2.0 a duplicate table may be made without a key, and then says nothing */
    if (there.model == THERE_OTHER_MODEL && !strcasestr(arena_copy(arena, statement).data, " KEY("))
        there.model = THERE_DUPLICATE;
    if (w.broken)
        return error_set(err, ERROR_CONFIG, "it is no table whose definition walferry can read");
    *out = there;
    return true;
}
