/* C for functions of grammar.py: the compiled build has it in place of their translation.

   The comparisons of a block have no exit, so that compilers make vectors of them. */

#define BLOCK 32
#define ENDS_RUN(c) ((c) == '"' || (c) == '\\' || (c) < 32)
#define ENDS_WIDE_RUN(c) (ENDS_RUN(c) || ((c) >= 0xD800 && (c) <= 0xDFFF))

#define RETURN_RUN_END(character, ends)                                      \
    do {                                                                     \
        const character *at = (const character *)PyUnicode_DATA(text) + pos; \
        const character *stop = at + (end - pos);                            \
        while (stop - at >= BLOCK) {                                         \
            character found = 0;                                             \
            for (int i = 0; i < BLOCK; i++)                                  \
                found |= (character)(ends(at[i]));                           \
            if (found)                                                       \
                break;                                                       \
            at += BLOCK;                                                     \
        }                                                                    \
        while (at < stop && !(ends(*at)))                                    \
            at++;                                                            \
        return end - (stop - at);                                            \
    } while (0)

static int64_t run_end(PyObject *text, int64_t pos, int64_t end) {
    if (pos < 0 || pos >= end || end > PyUnicode_GET_LENGTH(text))
        return end;
    switch (PyUnicode_KIND(text)) {
    case PyUnicode_1BYTE_KIND:
        RETURN_RUN_END(Py_UCS1, ENDS_RUN);
    case PyUnicode_2BYTE_KIND:
        RETURN_RUN_END(Py_UCS2, ENDS_WIDE_RUN);
    default:
        RETURN_RUN_END(Py_UCS4, ENDS_WIDE_RUN);
    }
}

#undef BLOCK
