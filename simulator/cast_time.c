/* DATEV2 and DATETIMEV2. [BE] vec/functions/cast/cast_to_date*, vec/runtime/vdatetime_value. */
#include "simulator/cast.h"

#include "common/compiler.h"

#include <ctype.h>
#include <strings.h>

typedef struct Moment {
    int year, month, day, hour, minute, second;
    int micros;
} Moment;

static bool take_number(Str *text, size_t digits, int *out)
{
    int value = 0;

    if (text->len < digits)
        return false;
    for (size_t i = 0; i < digits; i++) {
        if (!isdigit((unsigned char)text->data[i]))
            return false;
        value = value * 10 + (text->data[i] - '0');
    }
    text->data += digits;
    text->len -= digits;
    *out = value;
    return true;
}

static bool take(Str *text, char wanted)
{
    if (text->len == 0 || text->data[0] != wanted)
        return false;
    text->data++;
    text->len--;
    return true;
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_of_month(int year, int month)
{
    static const int DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return month == 2 && is_leap(year) ? 29 : DAYS[month - 1];
}

static bool take_day(Str *text, Moment *out)
{
    return take_number(text, 4, &out->year) && take(text, '-') &&
           take_number(text, 2, &out->month) && take(text, '-') &&
           take_number(text, 2, &out->day) && out->month >= 1 && out->month <= 12 &&
           out->day >= 1 && out->day <= days_of_month(out->year, out->month);
}

/* A fraction of any length, rounded at `scale` digits; *carry is a second more. */
static bool take_fraction(Str *text, int scale, int *micros, bool *carry)
{
    int value = 0, unit = 1000000;
    size_t count = 0;
    bool up = false;

    for (; count < text->len && isdigit((unsigned char)text->data[count]); count++) {
        if ((int)count < scale)
            value += (text->data[count] - '0') * (unit /= 10);
        else if ((int)count == scale)
            up = text->data[count] >= '5';
    }
    if (count == 0)
        return false;
    for (unit = 1000000; scale > 0; scale--)
        unit /= 10;
    value += up ? unit : 0;
    *carry = value >= 1000000;
    *micros = *carry ? 0 : value;
    text->data += count;
    text->len -= count;
    return true;
}

static bool take_time(Str *text, int scale, Moment *out, bool *carry)
{
    if (!take_number(text, 2, &out->hour) || !take(text, ':') ||
        !take_number(text, 2, &out->minute) || out->hour > 23 || out->minute > 59)
        return false;
    if (!take(text, ':') || !take_number(text, 2, &out->second) || out->second > 59)
        return false;
    return !take(text, '.') || take_fraction(text, scale, &out->micros, carry);
}

/* Forward or back by less than two days; false outside the years 0000 to 9999. */
static bool move_day(Moment *at, int days)
{
    for (; days > 0; days--)
        if (++at->day > days_of_month(at->year, at->month)) {
            at->day = 1;
            if (++at->month > 12) {
                at->month = 1;
                at->year++;
            }
        }
    for (; days < 0; days++)
        if (--at->day < 1) {
            if (--at->month < 1) {
                at->month = 12;
                at->year--;
            }
            if (at->year < 0)
                return false;
            at->day = days_of_month(at->year, at->month);
        }
    return at->year <= 9999;
}

static bool move_seconds(Moment *at, int64_t seconds)
{
    int64_t of_day = at->hour * 3600 + at->minute * 60 + at->second + seconds;
    int days = 0;

    for (; of_day < 0; of_day += 86400)
        days--;
    for (; of_day >= 86400; of_day -= 86400)
        days++;
    at->hour = (int)(of_day / 3600);
    at->minute = (int)(of_day / 60 % 60);
    at->second = (int)(of_day % 60);
    return move_day(at, days);
}

/* +08:00, +8, -0330; hours up to 14. */
static bool offset_minutes(Str text, int *out)
{
    int sign = take(&text, '-') ? -1 : 1, hours = 0, minutes = 0;

    if (sign > 0 && !take(&text, '+'))
        return false;
    if (!take_number(&text, 2, &hours) && !take_number(&text, 1, &hours))
        return false;
    take(&text, ':');
    if (text.len > 0 && !take_number(&text, 2, &minutes))
        return false;
    if (text.len > 0 || hours > 14 || minutes > 59)
        return false;
    *out = sign * (hours * 60 + minutes);
    return true;
}

/* Zones of a fixed offset. Those with summer time would need the zone files: not reached. */
bool cast_zone_minutes(Str zone, int *out)
{
    static const struct {
        const char *name;
        int minutes;
    } ZONES[] = {{"UTC", 0},
                 {"GMT", 0},
                 {"Z", 0},
                 {"Etc/UTC", 0},
                 {"Etc/GMT", 0},
                 {"Zulu", 0},
                 {"CST", 480},
                 {"Asia/Shanghai", 480},
                 {"PRC", 480},
                 {"Asia/Hong_Kong", 480},
                 {"Asia/Singapore", 480},
                 {"Asia/Tokyo", 540},
                 {"Asia/Kolkata", 330}};

    for (size_t i = 0; i < COUNT_OF(ZONES); i++)
        if (strlen(ZONES[i].name) == zone.len &&
            strncasecmp(ZONES[i].name, zone.data, zone.len) == 0) {
            *out = ZONES[i].minutes;
            return true;
        }
    return offset_minutes(zone, out);
}

/* What stands behind the time: nothing, or the text's own offset. */
static bool apply_zone(Str rest, int target_minutes, Moment *at)
{
    int minutes;

    rest = cast_trim(rest);
    if (rest.len == 0)
        return true;
    if (!cast_zone_minutes(rest, &minutes))
        return false;
    return move_seconds(at, (int64_t)(target_minutes - minutes) * 60);
}

static bool parse_moment(Str text, int scale, int target_minutes, Moment *out)
{
    Moment at = {0};
    bool carry = false;

    text = cast_trim(text);
    if (!take_day(&text, &at))
        return false;
    if (text.len > 0) {
        if (!take(&text, ' ') && !take(&text, 'T'))
            return false;
        if (!take_time(&text, scale, &at, &carry) || !apply_zone(text, target_minutes, &at))
            return false;
    }
    if (carry && !move_seconds(&at, 1))
        return false;
    *out = at;
    return true;
}

bool cast_date(Str field, Arena *arena, Str *out)
{
    Moment at;

    if (!parse_moment(field, 6, 0, &at))
        return false;
    *out = str_of(arena_printf(arena, "%04d-%02d-%02d", at.year, at.month, at.day));
    return true;
}

bool cast_datetime(int scale, Str field, int target_minutes, Arena *arena, Str *out)
{
    Moment at;
    char *text;

    if (!parse_moment(field, scale, target_minutes, &at))
        return false;
    text = arena_printf(arena, "%04d-%02d-%02d %02d:%02d:%02d.%06d", at.year, at.month, at.day,
                        at.hour, at.minute, at.second, at.micros);
    *out = (Str){text, scale == 0 ? 19 : (size_t)(20 + scale)};
    return true;
}
