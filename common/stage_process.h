/*
 * stage_process - what a stage asks of the kernel: the signals that end it, its end with its
 * parent, its memory. Private to stage.c.
 */
#pragma once

#include "common/error.h"
#include <stdint.h>
#include <sys/types.h>

typedef struct StageProcess {
    const char *child; /* the token of the supervisor whose child it is; "": it attaches */
    pid_t parent;      /* 0: it attaches */
    int signal_fd;     /* readable when a signal came; -1: not open */
} StageProcess;

/* Before any socket is opened: ZeroMQ's threads inherit the mask. */
NODISCARD bool stage_process_open(StageProcess *process, Error *err);
void stage_process_done(StageProcess *process);

/* Was a signal that ends it delivered since the last call? */
bool stage_process_signalled(const StageProcess *process);
/* Has the supervisor died whose child it is? */
bool stage_process_is_orphan(const StageProcess *process);

/* Resident anonymous memory. */
int64_t stage_process_resident_kb(void);
