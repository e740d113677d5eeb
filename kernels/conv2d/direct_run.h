/* How a run of pixels is cut into tiles, for any ISA. The including file provides
 * tile(args, i, MR, NV): MR pixels from number i on. */

/* A tile of less than MR pixels. MR and NV are constants: what exceeds MR is not compiled. */
HG_INLINE void part(const hg_direct_args *a, size_t i, size_t pixels, int MR, int NV)
{
    switch (pixels) {
    case 1:
        if (MR > 1) tile(a, i, 1, NV);
        break;
    case 2:
        if (MR > 2) tile(a, i, 2, NV);
        break;
    case 3:
        if (MR > 3) tile(a, i, 3, NV);
        break;
    case 4:
        if (MR > 4) tile(a, i, 4, NV);
        break;
    case 5:
        if (MR > 5) tile(a, i, 5, NV);
        break;
    case 6:
        if (MR > 6) tile(a, i, 6, NV);
        break;
    case 7:
        if (MR > 7) tile(a, i, 7, NV);
        break;
    }
}

/* The pixels from i on: whole tiles; the last one and a small rest make two of like size. */
HG_INLINE void run(const hg_direct_args *a, size_t i, int MR, int NV)
{
    const size_t whole = (size_t)MR;
    size_t left = a->pixels - i;
    for (; left == whole || left > whole + whole / 2; i += whole, left -= whole) tile(a, i, MR, NV);
    while (left > 0) {
        const size_t now = left > whole ? (left + 1) / 2 : left;
        part(a, i, now, MR, NV);
        i += now;
        left -= now;
    }
}
