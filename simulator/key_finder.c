#include "simulator/key_finder.h"

#include "common/mem.h"
#include "simulator/db.h"
#include "simulator/key_code.h"

#include <sqlite3.h>
#include <stdlib.h>

struct KeyFinder {
    sqlite3 *db;
    sqlite3_stmt *find;
    size_t key_count;
    bool integer;
    Bytes code;
};

bool key_finder_open(Tables *tables, const TableDef *def, KeyFinder **out, Error *err)
{
    CLEANUP(mem_free)
    char *sql = mem_printf("SELECT 1 FROM t%lld WHERE _k = ?1", (long long)def->id);
    KeyFinder *finder = MEM_NEW(KeyFinder);

    finder->key_count = def->key_count;
    finder->integer = table_def_integer_key(def);
    if (!tables_reader(tables, &finder->db, err) ||
        !db_prepare(finder->db, sql, &finder->find, err)) {
        key_finder_close(&finder);
        return false;
    }
    *out = finder;
    return true;
}

bool key_finder_has(KeyFinder *finder, const Cell *keys, bool *out, Error *err)
{
    Cell key = key_code(keys, finder->key_count, finder->integer, &finder->code);
    bool ok = db_bind_cell(finder->find, 1, &key, err) && db_step(finder->find, out, err);

    sqlite3_reset(finder->find);
    return ok;
}

void key_finder_close(KeyFinder **finder)
{
    if (!*finder)
        return;
    db_finalize(&(*finder)->find);
    db_close(&(*finder)->db);
    bytes_done(&(*finder)->code);
    free(*finder);
    *finder = NULL;
}
