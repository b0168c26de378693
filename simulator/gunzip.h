/* gunzip - a body with compress_type: GZ, piece by piece; and a reply with gzip. */
#pragma once

#include "common/bytes.h"
#include "common/error.h"

typedef struct Gunzip Gunzip;

void gunzip_open(Gunzip **out);
void gunzip_close(Gunzip **gunzip);

typedef bool GunzipSink(void *context, const void *data, size_t len, Error *err);

/* What comes out goes to the sink, in pieces; false when one of both fails. */
bool gunzip_feed(Gunzip *gunzip, Str bytes, GunzipSink *sink, void *context, Error *err);
/* The body's end: it must be one of gzip too. */
bool gunzip_finish(const Gunzip *gunzip, Error *err);

void gzip_whole(Str plain, Bytes *out);
