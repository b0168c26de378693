/* fault_kinds - the table behind fault.h, and its text. Pure. */
#pragma once

#include "simulator/fault.h"

typedef struct FaultKindInfo {
    const char *name;
    unsigned moments;    /* bits by FaultMoment */
    FaultMoment usually; /* where nothing is said */
    int64_t ms;          /* the default of `ms` */
    const char *is;      /* for people */
} FaultKindInfo;

const FaultKindInfo *fault_kind_info(FaultKind kind);
bool fault_kind_parse(const char *name, FaultKind *out);
bool fault_moment_parse(const char *name, FaultMoment *out);
