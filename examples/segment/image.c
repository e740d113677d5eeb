#include "image.h"

#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool image_create(image *picture, int64_t height, int64_t width, int64_t channels)
{
    *picture = (image){height, width, channels, NULL};
    picture->pixels = calloc((size_t)(height * width), (size_t)channels);
    return picture->pixels != NULL;
}

void image_free(image *picture)
{
    free(picture->pixels);
    *picture = (image){0};
}

bool image_read_grey(const char *path, image *picture)
{
    png_image png = {.version = PNG_IMAGE_VERSION};
    const png_color black = {0, 0, 0};
    bool ok = png_image_begin_read_from_file(&png, path);
    png.format = PNG_FORMAT_GRAY;
    ok = ok && image_create(picture, png.height, png.width, 1) &&
         png_image_finish_read(&png, &black, picture->pixels, 0, NULL);
    if (!ok) {
        fprintf(stderr, "%s: %s\n", path, png.message[0] ? png.message : "out of memory");
        image_free(picture);
    }
    png_image_free(&png);
    return ok;
}

bool image_write(const char *path, const image *picture)
{
    png_image png = {.version = PNG_IMAGE_VERSION,
                     .width = (png_uint_32)picture->width,
                     .height = (png_uint_32)picture->height,
                     .format = picture->channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB};
    const bool ok = png_image_write_to_file(&png, path, 0, picture->pixels, 0, NULL);
    if (!ok) fprintf(stderr, "%s: %s\n", path, png.message);
    return ok;
}

/* Whether the mask is set at (y, x); nothing is set outside the picture. */
static bool is_set(const image *mask, int64_t y, int64_t x)
{
    return y >= 0 && y < mask->height && x >= 0 && x < mask->width &&
           mask->pixels[y * mask->width + x];
}

static const int neighbours[4][2] = {{-1, 0}, {1, 0}, {0, -1}, {0, 1}};

static bool is_edge(const image *mask, int64_t y, int64_t x)
{
    for (int i = 0; i < 4; i++)
        if (!is_set(mask, y + neighbours[i][0], x + neighbours[i][1])) return true;
    return false;
}

bool image_overlay(const image *grey, const image *mask, image *overlay)
{
    static const uint8_t edge[3] = {255, 0, 0}, tint[3] = {0, 255, 0};
    if (!image_create(overlay, grey->height, grey->width, 3)) return false;
    for (int64_t y = 0; y < grey->height; y++)
        for (int64_t x = 0; x < grey->width; x++) {
            const uint8_t level = grey->pixels[y * grey->width + x];
            uint8_t *colour = overlay->pixels + 3 * (y * grey->width + x);
            memset(colour, level, 3);
            if (!is_set(mask, y, x)) continue;
            for (int i = 0; i < 3; i++) colour[i] = (uint8_t)((level * 7 + tint[i] * 3) / 10);
            if (is_edge(mask, y, x)) memcpy(colour, edge, 3);
        }
    return true;
}

/* Clears the area that contains the set pixel `start` and returns its size. The stack holds one
 * entry per pixel: a pixel is cleared when it is pushed, so it is pushed once. */
static int64_t clear_area(image *mask, int64_t start, int64_t *stack)
{
    int64_t size = 0, depth = 0;
    mask->pixels[start] = 0;
    stack[depth++] = start;
    while (depth) {
        const int64_t at = stack[--depth], y = at / mask->width, x = at % mask->width;
        size++;
        for (int i = 0; i < 4; i++) {
            const int64_t ny = y + neighbours[i][0], nx = x + neighbours[i][1];
            if (!is_set(mask, ny, nx)) continue;
            mask->pixels[ny * mask->width + nx] = 0;
            stack[depth++] = ny * mask->width + nx;
        }
    }
    return size;
}

int image_count_areas(const image *mask, int64_t least)
{
    image left;
    const size_t pixels = (size_t)(mask->height * mask->width);
    int64_t *stack = malloc(pixels * sizeof *stack);
    int found = image_create(&left, mask->height, mask->width, 1) && stack ? 0 : -1;
    if (found == 0) {
        memcpy(left.pixels, mask->pixels, pixels);
        for (size_t i = 0; i < pixels; i++)
            if (left.pixels[i] && clear_area(&left, (int64_t)i, stack) >= least) found++;
    }
    image_free(&left);
    free(stack);
    return found;
}
