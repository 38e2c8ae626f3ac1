// json.h: writes JSON to stdout, one call a value; commas and quoting are its business.
#ifndef PROBE_JSON_H
#define PROBE_JSON_H

// Inside an object every value has a key; inside an array and at the top the key is NULL.
void json_object(const char *key);
void json_object_end(void);
void json_array(const char *key);
void json_array_end(void);
void json_string(const char *key, const char *text); // NULL writes null; bytes that are not UTF-8 pass as they are
void json_number(const char *key, long long number);
void json_real(const char *key, double number);
void json_bool(const char *key, int truth);

#endif
