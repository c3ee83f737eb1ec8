// CRC-32C (Castagnoli) of a string's UTF-8 bytes, as a native addon of Node. Node-API: the same binary loads in every
// version of Node that has it.
#include <node_api.h>
#include <stdint.h>
#include <stdlib.h>

static uint32_t table[256];

static void make_table(void) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t value = byte;
        for (int bit = 0; bit < 8; bit++) value = value & 1 ? value >> 1 ^ 0x82f63b78u : value >> 1;
        table[byte] = value;
    }
}

static napi_value crc32c(napi_env env, napi_callback_info info) {
    size_t count = 1, length = 0;
    napi_value argument, result;
    napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
    if (count < 1 || napi_get_value_string_utf8(env, argument, NULL, 0, &length) != napi_ok) {
        napi_throw_type_error(env, NULL, "crc32c takes a string");
        return NULL;
    }
    char *text = malloc(length + 1);
    if (text == NULL) {
        napi_throw_error(env, NULL, "out of memory");
        return NULL;
    }
    napi_get_value_string_utf8(env, argument, text, length + 1, &length);
    uint32_t value = 0xffffffffu;
    for (size_t at = 0; at < length; at++) value = table[(value ^ (unsigned char)text[at]) & 0xff] ^ value >> 8;
    free(text);
    napi_create_uint32(env, value ^ 0xffffffffu, &result);
    return result;
}

NAPI_MODULE_INIT() {
    napi_value function;
    make_table();
    napi_create_function(env, "crc32c", NAPI_AUTO_LENGTH, crc32c, NULL, &function);
    napi_set_named_property(env, exports, "crc32c", function);
    return exports;
}
