#include "schema/selectdb_model.h"

#include "schema/selectdb_key.h"

typedef Walferry__Model__Model Model;
typedef Walferry__Model__ModelTable ModelTable;
typedef Walferry__Model__SelectdbTable SelectdbTable;
typedef Walferry__Model__SelectdbColumn SelectdbColumn;

static UnfitPolicy policy_of(const TaskFile *task, DorisKind kind)
{
    const TaskDestination *to = &task->destination;
    const UnfitPolicy POLICIES[DORIS_KIND_COUNT] = {
        [DORIS_DATE] = to->unfit.date,       [DORIS_DATETIME] = to->unfit.timestamp,
        [DORIS_DECIMAL] = to->unfit.decimal, [DORIS_VARCHAR] = to->unfit.varchar,
        [DORIS_CHAR] = to->unfit.varchar,    [DORIS_STRING] = to->unfit.string,
        [DORIS_JSON] = to->unfit.json,
    };

    return POLICIES[kind];
}

static SelectdbColumn *make_column(const SelectdbTables *tables, const SelectdbField *field)
{
    SelectdbColumn *out = ARENA_NEW(tables->arena, SelectdbColumn);
    char type[DORIS_TYPE_TEXT_MAX];

    walferry__model__selectdb_column__init(out);
    out->attnum = field->source ? field->source->attnum : 0;
    out->name = arena_strdup(tables->arena, field->name);
    out->type = arena_strdup(tables->arena, doris_type_text(field->type, type));
    out->key = field->key && field->not_null;
    out->null_if_unfit =
        !out->key && field->source && policy_of(tables->task, field->type.kind) == UNFIT_NULL;
    return out;
}

static SelectdbTable *make_table(const SelectdbTables *tables, const SelectdbStanding *standing)
{
    const SelectdbDesign *design = &standing->design;
    SelectdbTable *out = ARENA_NEW(tables->arena, SelectdbTable);

    walferry__model__selectdb_table__init(out);
    out->database = arena_strdup(tables->arena, design->source->to_schema);
    out->table = arena_strdup(tables->arena, design->source->to_name);
    out->unique = design->unique;
    out->may_be_emptied = standing->ours || standing->empty;
    out->n_columns = design->field_count;
    out->columns = ARENA_ARRAY(tables->arena, SelectdbColumn *, design->field_count);
    for (size_t i = 0; i < design->field_count; i++)
        out->columns[i] = make_column(tables, &design->fields[i]);
    return out;
}

static bool is_key(const SelectdbDesign *design, uint32_t attnum)
{
    for (size_t i = 0; i < design->key_count; i++) {
        if (design->fields[i].source->attnum == attnum)
            return true;
    }
    return false;
}

/* By the columns of primary_key a row's lane is not found: its old row may be in another. */
static void fill_table(const SelectdbTables *tables, const SelectdbStanding *standing,
                       ModelTable *table)
{
    const SelectdbDesign *design = &standing->design;

    table->binary = false;
    table->selectdb = make_table(tables, standing);
    if (!design->unique || selectdb_key(tables->task, design->source).asked)
        table->lane_by_key = false;
    for (size_t i = 0; design->unique && i < table->n_columns; i++)
        table->columns[i]->key = is_key(design, table->columns[i]->attnum);
}

void selectdb_model_fill(Model *model, const SelectdbTables *tables)
{
    model->binary = false;
    for (size_t i = 0; i < model->n_tables; i++) {
        const CatalogTable *table = catalog_find(tables->catalog, model->tables[i]->oid);
        const SelectdbStanding *standing = &tables->standing[table - tables->catalog->tables];

        if (standing->is_planned)
            fill_table(tables, standing, model->tables[i]);
    }
}
