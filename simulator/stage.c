#include "simulator/stage.h"

#include "common/bytes.h"
#include "common/compiler.h"
#include "common/mem.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BUFFER_BYTES = 1 << 20, ROW_FOLLOWS = 1, ROWS_END = 0 };

static const char MAGIC[8] = "simrows1";

struct StageWriter {
    FILE *file;
    char *path;  /* while it is written */
    char *final; /* when it is whole */
    uint32_t count;
};

static char *path_of(const char *directory, int64_t txn, const char *suffix)
{
    return mem_printf("%s/stage/%" PRId64 "%s", directory, txn, suffix);
}

static void put(FILE *file, const void *data, size_t size)
{
    fwrite_unlocked(data, 1, size, file);
}

static void put_byte(FILE *file, uint8_t byte)
{
    put(file, &byte, 1);
}

bool stage_create(const char *directory, int64_t txn, const StageHeader *header, StageWriter **out,
                  Error *err)
{
    StageWriter *writer = MEM_NEW(StageWriter);
    uint8_t partial = header->partial;

    writer->path = path_of(directory, txn, ".part");
    writer->final = path_of(directory, txn, ".rows");
    writer->count = header->count;
    writer->file = fopen(writer->path, "we");
    if (!writer->file) {
        error_set(err, ERROR_TRANSIENT, "%s: %s", writer->path, strerror(errno));
        stage_close(&writer);
        return false;
    }
    setvbuf(writer->file, NULL, _IOFBF, BUFFER_BYTES);
    put(writer->file, MAGIC, sizeof MAGIC);
    put(writer->file, &header->table, sizeof header->table);
    put(writer->file, &header->generation, sizeof header->generation);
    put(writer->file, &partial, 1);
    put(writer->file, &header->count, sizeof header->count);
    put(writer->file, header->uids, header->count * sizeof *header->uids);
    *out = writer;
    return true;
}

void stage_row(StageWriter *writer, const Cell *cells)
{
    FILE *file = writer->file;

    put_byte(file, ROW_FOLLOWS);
    for (uint32_t i = 0; i < writer->count; i++) {
        uint32_t len = (uint32_t)cells[i].text.len;

        put_byte(file, (uint8_t)cells[i].form);
        if (cells[i].form == CELL_INTEGER) {
            put(file, &cells[i].number, sizeof cells[i].number);
        } else if (cells[i].form == CELL_TEXT) {
            put(file, &len, sizeof len);
            put(file, cells[i].text.data, len);
        }
    }
}

bool stage_finish(StageWriter *writer, Error *err)
{
    bool ok;

    put_byte(writer->file, ROWS_END);
    ok = !ferror(writer->file);
    ok = fclose(writer->file) == 0 && ok;
    writer->file = NULL;
    if (!ok || rename(writer->path, writer->final) != 0)
        return error_set(err, ERROR_TRANSIENT, "%s: %s", writer->path, strerror(errno));
    return true;
}

void stage_close(StageWriter **writer)
{
    StageWriter *self = *writer;

    if (!self)
        return;
    if (self->file) {
        fclose(self->file);
        unlink(self->path);
    }
    free(self->path);
    free(self->final);
    free(self);
    *writer = NULL;
}

struct StageReader {
    FILE *file;
    StageHeader header;
    Cell *cells;
    Bytes texts;
};

static bool get(FILE *file, void *data, size_t size)
{
    return (fread_unlocked)(data, 1, size, file) == size; /* the function, not the macro */
}

static bool read_header(StageReader *reader)
{
    StageHeader *header = &reader->header;
    char magic[sizeof MAGIC];
    uint8_t partial;

    if (!get(reader->file, magic, sizeof magic) || memcmp(magic, MAGIC, sizeof magic) != 0 ||
        !get(reader->file, &header->table, sizeof header->table) ||
        !get(reader->file, &header->generation, sizeof header->generation) ||
        !get(reader->file, &partial, 1) ||
        !get(reader->file, &header->count, sizeof header->count) ||
        header->count > STAGE_MAX_TARGETS)
        return false;
    header->partial = partial != 0;
    header->uids = mem_alloc(header->count * sizeof *header->uids + 1);
    reader->cells = mem_alloc((header->count + 1) * sizeof *reader->cells);
    return get(reader->file, header->uids, header->count * sizeof *header->uids);
}

bool stage_open(const char *directory, int64_t txn, StageReader **out, Error *err)
{
    CLEANUP(mem_free) char *path = path_of(directory, txn, ".rows");
    StageReader *reader;
    FILE *file = fopen(path, "re");

    *out = NULL;
    if (!file && errno == ENOENT)
        return true;
    if (!file)
        return error_set(err, ERROR_TRANSIENT, "%s: %s", path, strerror(errno));
    setvbuf(file, NULL, _IOFBF, BUFFER_BYTES);
    reader = MEM_NEW(StageReader);
    reader->file = file;
    if (!read_header(reader)) {
        stage_reader_close(&reader);
        return error_set(err, ERROR_TRANSIENT, "%s: damaged", path);
    }
    *out = reader;
    return true;
}

const StageHeader *stage_header(const StageReader *reader)
{
    return &reader->header;
}

static bool read_cell(StageReader *reader, Cell *cell)
{
    uint8_t form;
    uint32_t len;
    char *room;

    if (!get(reader->file, &form, 1) || form > CELL_TEXT)
        return false;
    cell->form = (CellForm)form;
    if (cell->form == CELL_INTEGER)
        return get(reader->file, &cell->number, sizeof cell->number);
    if (cell->form == CELL_NULL)
        return true;
    if (!get(reader->file, &len, sizeof len))
        return false;
    room = bytes_reserve(&reader->texts, len + 1);
    cell->text = (Str){NULL, len};
    reader->texts.len += len;
    return get(reader->file, room, len);
}

bool stage_next(StageReader *reader, const Cell **cells, Error *err)
{
    int row = getc_unlocked(reader->file);
    size_t at = 0;

    *cells = NULL;
    if (row == ROWS_END)
        return true;
    bytes_clear(&reader->texts);
    for (uint32_t i = 0; i < reader->header.count; i++)
        if (row != ROW_FOLLOWS || !read_cell(reader, &reader->cells[i]))
            return error_set(err, ERROR_TRANSIENT, "staged rows are damaged");
    for (uint32_t i = 0; i < reader->header.count; i++)
        if (reader->cells[i].form == CELL_TEXT) { /* the buffer stands still now */
            reader->cells[i].text.data = reader->texts.data + at;
            at += reader->cells[i].text.len;
        }
    *cells = reader->cells;
    return true;
}

void stage_reader_close(StageReader **reader)
{
    StageReader *self = *reader;

    if (!self)
        return;
    fclose(self->file);
    free(self->header.uids);
    free(self->cells);
    bytes_done(&self->texts);
    free(self);
    *reader = NULL;
}

void stage_remove(const char *directory, int64_t txn)
{
    CLEANUP(mem_free) char *path = path_of(directory, txn, ".rows");

    unlink(path);
}

void stage_sweep(const char *directory, bool (*keep)(void *context, int64_t txn), void *context)
{
    CLEANUP(mem_free) char *folder = mem_printf("%s/stage", directory);
    DIR *dir = opendir(folder);
    struct dirent *entry;

    while (dir && (entry = readdir(dir))) {
        CLEANUP(mem_free) char *path = mem_printf("%s/%s", folder, entry->d_name);
        char *end;
        int64_t txn = strtoll(entry->d_name, &end, 10);

        if (end != entry->d_name && (strcmp(end, ".rows") != 0 || !keep(context, txn)))
            unlink(path);
    }
    if (dir)
        closedir(dir);
}
