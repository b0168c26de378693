/* batch_file - batches as capture sent them, in a file: header and body with their lengths. */
#pragma once

#include "common/frame.h"
#include <stdio.h>

/* False: the disk is full, say. */
bool batch_file_write(FILE *file, Str header, Str body);

/* The next batch, the caller's; false: there is none. A file that is cut off ends the program. */
bool batch_file_read(FILE *file, Frame **header, Frame **body);
