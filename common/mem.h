/*
 * mem - heap memory for what lives long. Running out of it ends the process: the supervisor starts
 * a new one, and every size that came from outside was checked against a limit before.
 */
#pragma once

#include "common/compiler.h"
#include <stddef.h>

/* Zeroed memory; give it back with free(). */
void *mem_alloc(size_t size) __attribute__((malloc));
void *mem_resize(void *memory, size_t count, size_t item_size);
char *mem_strdup(const char *text) __attribute__((malloc));
char *mem_printf(const char *format, ...) PRINTF_LIKE(1, 2);

#define MEM_NEW(type) ((type *)mem_alloc(sizeof(type)))

/* A CLEANUP() for memory held in a plain pointer of any type. */
void mem_free(void *pointer_to_pointer);
