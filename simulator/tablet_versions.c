#include "simulator/tablet_versions.h"

#include "common/clock.h"

#include <inttypes.h>

/* The count now: what came, less what compaction has merged since. */
static void merge(const Tables *tables, CatalogTable *table)
{
    int64_t now = clock_ms();
    double merged = (double)(now - table->versions_at_ms) / 1000 * tables->versions_per_second;

    table->tablet_versions -= merged;
    if (table->tablet_versions < 1)
        table->tablet_versions = 1;
    table->versions_at_ms = now;
}

void tablet_versions_add(const Tables *tables, CatalogTable *table)
{
    merge(tables, table);
    table->tablet_versions += 1;
}

bool tablet_versions_check(const LoadPlan *plan, Error *err)
{
    Tables *tables = plan->tables;
    CatalogTable *table;
    int count = 0, limit;

    pthread_mutex_lock(&tables->catalog_lock);
    table = catalog_by_id(&tables->catalog, plan->def->id);
    if (table) {
        merge(tables, table);
        count = (int)table->tablet_versions;
    }
    limit = tables->version_limit;
    pthread_mutex_unlock(&tables->catalog_lock);
    if (count <= limit)
        return true;
    return error_set(err, ERROR_TRANSIENT,
                     "[CANCELLED][INTERNAL_ERROR]tablet error: [E-235]failed to init rowset "
                     "builder. version count: %d, exceed limit: %d, tablet: %" PRId64
                     ". Please reduce the frequency of loading data or adjust the "
                     "max_tablet_version_num or time_series_max_tablet_version_num in be.conf to "
                     "a larger value., host: 127.0.0.1",
                     count, limit, 10000 + plan->def->id);
}
