/* Pictures: PNG files in and out, and counting what a mask marks. */
#ifndef SEGMENT_IMAGE_H
#define SEGMENT_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* uint8_t pixels[height][width][channels]; 1 channel = grey, 3 = red, green, blue. */
typedef struct image {
    int64_t height, width, channels;
    uint8_t *pixels;
} image;

/* False if out of memory. */
bool image_create(image *picture, int64_t height, int64_t width, int64_t channels);
void image_free(image *picture);

/* Any PNG; colours become grey, transparency is laid on black. False after a message on stderr. */
bool image_read_grey(const char *path, image *picture);
bool image_write(const char *path, const image *picture);

/* The grey picture in colour, with the pixels that the mask marks tinted and outlined. */
bool image_overlay(const image *grey, const image *mask, image *overlay);

/* Number of 4-connected areas of at least `least` non-zero pixels; -1 if out of memory. */
int image_count_areas(const image *mask, int64_t least);

#endif
