/* C for functions of text.py: the compiled build has it in place of their translation.

   The loop in a block has no exit, so that compilers use vectors. The block is copied while it is in
   the cache. */

#define COPY(size)                                 \
    do {                                           \
        char found = 0;                            \
        for (int i = 0; i < size; i++)             \
            found |= source[at + i];               \
        if (found & 0x80) {                        \
            Py_DECREF(text);                       \
            Py_RETURN_NONE;                        \
        }                                          \
        memcpy(target + at, source + at, size);    \
        at += size;                                \
    } while (0)

static PyObject *ascii_text(PyObject *data) {
    if (!PyBytes_Check(data))
        Py_RETURN_NONE;
    const char *source = PyBytes_AS_STRING(data);
    Py_ssize_t length = PyBytes_GET_SIZE(data), at = 0;
    /* Three bytes are enough for most texts in other languages; an empty text has a zero there. */
    if ((source[0] | source[length / 2] | source[length ? length - 1 : 0]) & 0x80)
        Py_RETURN_NONE;
    PyObject *text = PyUnicode_New(length, 127);
    if (text == NULL)
        return NULL;
    char *target = PyUnicode_DATA(text);
    while (length - at >= 256)
        COPY(256);
    while (length - at >= 16)
        COPY(16);
    while (at < length)
        COPY(1);
    return text;
}

#undef COPY
