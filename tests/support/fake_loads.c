#include "tests/support/fake_loads.h"

#include "common/mem.h"
#include "common/selectdb.h"

#include <stdio.h>
#include <stdlib.h>

FakeCluster fake_cluster;

struct Loads {
    int unused;
};

struct Load {
    FakeLoad *fake;
};

struct SelectdbCall {
    SelectdbRows rows;
    const char *column;
    SelectdbValue value;
};

struct Selectdb {
    int unused;
};

void fake_cluster_begin(void)
{
    fake_cluster = (FakeCluster){.settled = true, .visible = true};
}

/* --- loads --- */

Loads *loads_open(const LoadsTarget *target)
{
    (void)target;
    return MEM_NEW(Loads);
}

void loads_close(Loads **loads)
{
    free(*loads);
    *loads = NULL;
}

void loads_hear(Loads *loads, const Walferry__Control__IntentReply *reply)
{
    (void)loads, (void)reply;
}

bool loads_settled(const Loads *loads)
{
    (void)loads;
    return fake_cluster.settled;
}

Position loads_position(const Loads *loads, uint32_t relation_oid)
{
    (void)loads, (void)relation_oid;
    return fake_cluster.position;
}

bool loads_open_cut(const Loads *loads, uint32_t relation_oid, LoadRange *out)
{
    (void)loads, (void)relation_oid;
    if (fake_cluster.has_open)
        *out = fake_cluster.open;
    return fake_cluster.has_open;
}

bool loads_step(Loads *loads, int64_t now_ms, Error *err)
{
    (void)loads, (void)now_ms, (void)err;
    return true;
}

size_t loads_wait_items(const Loads *loads, WaitItem *items, size_t most)
{
    (void)loads, (void)items, (void)most;
    return 0;
}

int loads_timeout_ms(const Loads *loads, int64_t now_ms)
{
    (void)loads, (void)now_ms;
    return -1;
}

bool loads_visible(Loads *loads, uint32_t relation_oid)
{
    (void)loads, (void)relation_oid;
    return fake_cluster.visible;
}

LoadCounters loads_counters(const Loads *loads, int64_t now_ms)
{
    (void)loads, (void)now_ms;
    return (LoadCounters){0};
}

static void read_rows(FakeLoad *fake)
{
    size_t at = 0;

    for (size_t i = 0; i < fake->cut.part_count; i++) {
        LoadBody *body = fake->cut.body;
        char piece[16384];
        size_t n;

        body->verbs->rewind(body, fake->cut.parts[i].first_row, fake->cut.parts[i].rows);
        while ((n = body->verbs->read(body, piece, sizeof piece)) > 0) {
            size_t room = FAKE_TEXT_MAX - 1 - at, kept = n < room ? n : room;
            memcpy(fake->rows + at, piece, kept);
            at += kept;
        }
    }
}

bool loads_start(Loads *loads, const LoadCut *cut, Load **out, Error *err)
{
    FakeLoad *fake = &fake_cluster.loads[fake_cluster.load_count++];

    (void)loads, (void)err;
    *out = MEM_NEW(Load);
    (*out)->fake = fake;
    *fake = (FakeLoad){.load = *out, .cut = *cut};
    read_rows(fake);
    return true;
}

LoadVerdict load_verdict(const Load *load)
{
    return load->fake->verdict;
}

void load_end(Load **load)
{
    if (!*load)
        return;
    (*load)->fake->ended = true;
    free(*load);
    *load = NULL;
}

/* --- SQL --- */

bool selectdb_open(Selectdb **out, const TaskDestination *destination, Error *err)
{
    (void)destination, (void)err;
    *out = MEM_NEW(Selectdb);
    return true;
}

void selectdb_close(Selectdb **db)
{
    free(*db);
    *db = NULL;
}

SelectdbCall *selectdb_sql(Selectdb *db, const char *database, const char *statement)
{
    SelectdbCall *call = MEM_NEW(SelectdbCall);

    (void)db, (void)database;
    snprintf(fake_cluster.statements[fake_cluster.statement_count++],
             sizeof fake_cluster.statements[0], "%s", statement);
    fake_cluster.statement_ended = false;
    return call;
}

bool selectdb_ended(const SelectdbCall *call)
{
    (void)call;
    return fake_cluster.statement_ended;
}

bool selectdb_result(const SelectdbCall *call, Error *err)
{
    (void)call, (void)err;
    return true;
}

const SelectdbRows *selectdb_rows(const SelectdbCall *call)
{
    SelectdbCall *own = (SelectdbCall *)(uintptr_t)call;

    own->rows = (SelectdbRows){.column_count = 1, .row_count = fake_cluster.answer != NULL};
    return &own->rows;
}

SelectdbValue selectdb_value(const SelectdbRows *rows, size_t row, const char *column)
{
    (void)rows, (void)row, (void)column;
    return (SelectdbValue){.text = str_of(fake_cluster.answer)};
}

void selectdb_free(SelectdbCall **call)
{
    free(*call);
    *call = NULL;
}
