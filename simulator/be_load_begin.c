#include "common/clock.h"
#include "simulator/auth.h"
#include "simulator/be_load_internal.h"
#include "simulator/label_text.h"
#include <inttypes.h>
#include <stdlib.h>

#define REFUSED "[ANALYSIS_ERROR]TStatus: errCode = 2, detailMessage = "
#define NO_FRONTEND                                                                                \
    "[THRIFT_RPC_ERROR]failed to call frontend service, FE address=127.0.0.1:9020, "               \
    "reason=No more data to read."

static bool refuse(BeLoad *load, const char *message)
{
    return error_set(&load->err, ERROR_DATA, "%s", message);
}

static const char *look_up(void *context, const char *name)
{
    return http_header(context, name);
}

/* be http/utils.cpp: parse_basic_auth; the password is the FE's business, at begin. */
static AuthResult read_user(BeLoad *load)
{
    const SimOptions *options = load->sim->options;
    Credentials credentials;
    AuthResult result =
        auth_check(&load->request->arena, http_header(load->request, "Authorization"),
                   options->user, options->password, &credentials);

    load->user = credentials.user;
    return result;
}

/* A UUID, as the BE makes one for a load without a label. */
static const char *make_label(BeLoad *load)
{
    uint64_t high = (uint64_t)clock_wall_us();
    uint64_t low = (uint64_t)(uintptr_t)load ^ (uint64_t)random();

    return arena_printf(&load->request->arena,
                        "%08" PRIx64 "-%04" PRIx64 "-4%03" PRIx64 "-8%03" PRIx64 "-%012" PRIx64,
                        high & 0xffffffff, high >> 32 & 0xffff, high >> 48 & 0xfff,
                        low >> 48 & 0xfff, low & 0xffffffffffff);
}

/* ---- begin (fe service/FrontendServiceImpl.java: loadTxnBeginImpl) ---- */

static bool table_exists(BeLoad *load)
{
    const FaultWhere *where = &load->where;

    switch (tables_find(load->sim->tables, where->database, where->table, NULL)) {
    case TABLE_NO_DATABASE:
        return error_set(&load->err, ERROR_DATA, REFUSED "unknown database, database=%s",
                         where->database);
    case TABLE_NO_TABLE:
        return error_set(&load->err, ERROR_DATA, REFUSED "unknown table, table=%s", where->table);
    case TABLE_FOUND:
        break;
    }
    return true;
}

static bool label_taken(BeLoad *load, const Txn *other, bool legacy)
{
    char message[512];

    label_taken_message(load->sim->profile, other, message, sizeof(message));
    be_load_set_status(load, "Label Already Exists", arena_strdup(&load->request->arena, message));
    load->reply.existing = label_existing_status(other->state, legacy);
    return refuse(load, message);
}

static bool refused_begin(BeLoad *load, TxnBegun begun, const Txn *other)
{
    TxnLimits limits;

    if (begun == TXN_TOO_MANY_ABORTED)
        return error_set(&load->err, ERROR_DATA,
                         REFUSED "beginTxn failed, errMsg:too many aborted txn for label=%s "
                                 "txn_id=%" PRId64 ", please check your data quality",
                         load->where.label, other->id);
    txns_get_limits(load->sim->txns, &limits);
    return error_set(&load->err, ERROR_DATA,
                     REFUSED "current running txns on db 10001 is %" PRId64
                             ", larger than limit %" PRId64,
                     other->id, limits.max_running);
}

static bool begin_txn(BeLoad *load, bool legacy)
{
    TxnBegin begin = {
        .database = load->where.database,
        .table = load->where.table,
        .label = load->where.label,
        .coordinator = load->be->number,
        .timeout_s = load->headers.timeout_s,
    };
    TxnBegun begun = txns_begin(load->sim->txns, &begin, &load->txn);

    if (begun == TXN_LABEL_USED)
        return label_taken(load, &load->txn, legacy);
    if (begun != TXN_BEGUN)
        return refused_begin(load, begun, &load->txn);
    load->begun = true;
    load->reply.txn_id = load->txn.id;
    be_load_note(load, "begin", NULL);
    return true;
}

/* ---- plan ---- */

typedef struct Headers {
    LoadHeader *items;
    size_t count;
    size_t room;
} Headers;

static void add_header(void *context, const char *name, const char *value)
{
    Headers *headers = context;

    if (headers->count < headers->room)
        headers->items[headers->count] = (LoadHeader){name, value};
    headers->count++;
}

static bool plan(BeLoad *load)
{
    Headers headers = {0};
    LoadRequest request = {.database = load->where.database, .table = load->where.table};

    http_each_header(load->request, add_header, &headers);
    headers = (Headers){.room = headers.count};
    headers.items = ARENA_ARRAY(&load->request->arena, LoadHeader, headers.room);
    http_each_header(load->request, add_header, &headers);
    request.headers = headers.items;
    request.header_count = headers.count;
    if (!load_plan(load->sim->tables, &request, &load->plan, &load->err))
        return false;
    /* A plan is made when rows are only counted too, so that bad headers are seen. */
    return load->sim->options->count_only ||
           load_begin(&load->plan, load->txn.id, &load->rows, &load->err);
}

static void prepare_counter(BeLoad *load)
{
    const char *enclose = http_header(load->request, "enclose");
    const char *escape = http_header(load->request, "escape");

    load->counter.enclose = enclose ? *enclose : 0;
    load->counter.escape = escape ? *escape : 0;
}

/* The transaction is there already: a fault of this moment finds it. */
static bool begin_and_plan(BeLoad *load, bool legacy)
{
    if (!sim_fe_is_up(load->sim))
        return refuse(load, NO_FRONTEND);
    if (!table_exists(load) || !begin_txn(load, legacy))
        return false;
    if (load->headers.gzip)
        gunzip_open(&load->gunzip);
    prepare_counter(load);
    return plan(load);
}

bool be_load_begin(BeLoad *load)
{
    AuthResult auth = read_user(load);
    SimSettings settings;

    sim_settings(load->sim, &settings);
    load->bandwidth = settings.bandwidth;
    if (auth == AUTH_MISSING)
        return refuse(load, "[NOT_AUTHORIZED]no valid Basic authorization");
    if (!be_headers_read(look_up, load->request, load->sim->profile, &load->headers, &load->err))
        return false;
    if (auth == AUTH_WRONG)
        return error_set(&load->err, ERROR_DATA, REFUSED "Access denied for %s@127.0.0.1",
                         load->user);
    load->where.label = load->headers.label ? load->headers.label : make_label(load);
    load->reply.label = load->where.label;
    load->reply.comment = load->headers.comment;
    return begin_and_plan(load, settings.legacy_status || load->fault.kind == FAULT_LEGACY_STATUS);
}
