/* The server-side function library (src/lua) as embedded text.
 *
 * Library and functions carry the hash of their text in their names, so that
 * two versions of extq can share one Redis during a rolling upgrade. */
#ifndef EXTQ_LINK_LIBRARY_H
#define EXTQ_LINK_LIBRARY_H

/* The Lua text for FUNCTION LOAD. */
extern const char library_text[];

/* "extq_<hash>". */
extern const char library_name[];

/* Names of the functions for FCALL: LIBRARY_CLAIM is "extq_claim_<hash>". */
extern const char library_join[];
extern const char library_tick[];
extern const char library_release[];
extern const char library_recover[];
extern const char library_claim[];
extern const char library_bell[];
extern const char library_isolate[];
extern const char library_unpark[];
extern const char library_gate[];
extern const char library_gates[];
extern const char library_finish[];
extern const char library_find[];
extern const char library_renew[];
extern const char library_keep[];
extern const char library_fail[];
extern const char library_forget[];
extern const char library_letters[];
extern const char library_look[];

#endif
