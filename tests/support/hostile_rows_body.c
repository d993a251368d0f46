#include "support/hostile_rows.h"
#include "support/table.h"

#define OK    "HTTP/1.1 200 OK\r\n"
#define EMPTY "Content-Length: 0\r\n\r\n"

/* 64 MB of zeros, by gzip twice: 272 bytes. */
#define BOMB                                                                   \
    "\037\213\010\000\000\000\000\000\002\003\355\334\241\112\203\141\024"     \
    "\200\341\157\363\027\306\004\235\301\144\330\252\145\030\127\206\272"     \
    "\140\066\150\226\345\261\270\274\201\054\255\354\046\314\202\040\130"     \
    "\155\336\201\332\354\116\203\210\111\374\165\377\145\174\347\171\322"     \
    "\311\047\036\016\157\173\321\110\335\203\372\250\136\256\036\152\265"     \
    "\224\322\154\371\173\363\321\150\046\000\000\000\040\163\263\227\253"     \
    "\215\365\061\040\165\312\247\323\263\013\000\000\000\040\167\303\235"     \
    "\355\242\072\012\374\134\356\237\130\007\000\000\000\144\157\336\357"     \
    "\265\252\017\201\317\351\270\260\016\000\000\000\310\336\336\367\353"     \
    "\161\165\013\170\054\357\166\317\355\003\000\000\000\262\367\054\030"     \
    "\000\000\000\000\241\010\006\000\000\000\100\054\202\001\000\000\000"     \
    "\020\213\140\000\000\000\000\004\043\030\000\000\000\000\261\010\006"     \
    "\000\000\000\100\054\202\001\000\000\000\020\213\140\000\000\000\000"     \
    "\004\043\030\000\000\000\000\261\010\006\000\000\000\100\054\327\375"     \
    "\136\147\375\030\320\372\052\047\107\203\315\004\000\000\100\044\367"     \
    "\133\357\207\157\267\377\103\361\007\043\323\107\174\342\376\000\000"

static const struct hostile_row bodies[] = {
    {.name = "has a negative length",
     .script = {.steps = {READ, SAY(OK "Content-Length: -5\r\n\r\nhello")}},
     .classes = "invalid_response"},
    {.name = "has a length beyond 64 bits",
     .script =
         {.steps =
              {READ,
               SAY(OK "Content-Length: 99999999999999999999999\r\n\r\nhello")}},
     .classes = "ok invalid_response",
     .status = 200},
    {.name = "has a length of words",
     .script = {.steps = {READ, SAY(OK "Content-Length: five\r\n\r\nhello")}},
     .classes = "invalid_response"},
    {.name = "has a length in hex",
     .script = {.steps = {READ, SAY(OK "Content-Length: 0x5\r\n\r\nhello")}},
     .classes = "ok invalid_response",
     .status = 200},
    {.name = "has two different lengths",
     .script =
         {.steps =
              {READ,
               SAY(OK "Content-Length: 5\r\nContent-Length: 2\r\n\r\nhello")}},
     .classes = "ok invalid_response",
     .status = 200},
    {.name = "has a list of lengths",
     .script = {.steps = {READ, SAY(OK "Content-Length: 5, 5\r\n\r\nhello")}},
     .classes = "ok invalid_response",
     .status = 200},
    {.name = "has a length and chunks",
     .script = {.steps = {READ,
                          SAY(OK "Content-Length: 3\r\nTransfer-Encoding: "
                                 "chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")}},
     .classes = "ok",
     .status = 200,
     .body = "hello"},
    {.name = "has chunks and a length",
     .script = {.steps = {READ,
                          SAY(OK
                              "Transfer-Encoding: chunked\r\nContent-Length: "
                              "3\r\n\r\n5\r\nhello\r\n0\r\n\r\n")}},
     .classes = "ok",
     .status = 200,
     .body = "hello"},
    {.name = "announces less than it sends",
     .script = {.steps = {READ,
                          SAY(OK "Content-Length: 2\r\n\r\nhello, world")}},
     .classes = "ok",
     .status = 200,
     .body = "he"},
    {.name = "announces more than it sends, and leaves",
     .script = {.steps = {READ, SAY(OK "Content-Length: 99\r\n\r\nhello")}},
     .classes = "ok",
     .status = 200,
     .body = "hello"},
    {.name = "announces more than it sends, and stays",
     .script = {.steps = {READ, SAY(OK "Content-Length: 99\r\n\r\nhello"),
                          HOLD}},
     .point = POINT_SHORT,
     .classes = "ok",
     .status = 200,
     .body = "hello"},
    {.name = "announces 2^62 bytes",
     .script = {.steps =
                    {READ,
                     SAY(OK
                         "Content-Length: 4611686018427387904\r\n\r\nhello")}},
     .classes = "ok",
     .status = 200,
     .body = "hello"},
    {.name = "announces 2^62 bytes and sends without end",
     .script = {.steps = {READ,
                          SAY(OK "Content-Length: 4611686018427387904\r\n\r\n"),
                          STORM("x")}},
     .classes = "ok",
     .status = 200,
     .body = "xxxx"},
    {.name = "sends a body without end",
     .script = {.steps = {READ, SAY(OK "\r\n"), STORM("x")}},
     .classes = "ok",
     .status = 200,
     .body = "xxxx"},
    {.name = "sends an error without end",
     .script = {.steps = {READ, SAY("HTTP/1.1 500 No\r\n\r\n"), STORM("x")}},
     .classes = "platform_error",
     .status = 500,
     .body = "xxxx"},
    {.name = "has a body where none may be (204)",
     .script = {.steps =
                    {READ,
                     SAY("HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\nhello")}},
     .classes = "ok",
     .status = 204},
    {.name = "has a body where none may be (205)",
     .script = {.steps =
                    {READ,
                     SAY("HTTP/1.1 205 No\r\nContent-Length: 5\r\n\r\nhello")}},
     .classes = "ok",
     .status = 205},
    {.name = "has a body without end where none may be (204)",
     .script = {.steps = {READ,
                          SAY("HTTP/1.1 204 No\r\nConnection: close\r\n\r\n"),
                          STORM("x")}},
     .classes = "ok",
     .status = 204},
    {.name = "has a body without end where none may be (304)",
     .script = {.steps = {READ,
                          SAY("HTTP/1.1 304 No\r\nConnection: close\r\n\r\n"),
                          STORM("x")}},
     .classes = "redirect",
     .status = 304},
    {.name = "answers twice",
     .script =
         {.steps =
              {READ,
               SAY(OK EMPTY
                   "HTTP/1.1 500 No\r\nContent-Length: 5\r\n\r\nsmuggled")}},
     .classes = "ok",
     .status = 200},
    {.name = "answers without end",
     .script = {.steps = {READ, STORM(OK EMPTY)}},
     .classes = "ok invalid_response",
     .status = 200},
    {.name = "has a chunk size of words",
     .script = {.steps = {READ,
                          SAY(OK "Transfer-Encoding: chunked\r\n\r\nzz\r\n")}},
     .classes = "ok",
     .status = 200},
    {.name = "has a chunk size below zero",
     .script = {.steps =
                    {READ,
                     SAY(OK
                         "Transfer-Encoding: chunked\r\n\r\n-1\r\nhello\r\n")}},
     .classes = "ok",
     .status = 200},
    {.name = "has a chunk size beyond 64 bits",
     .script = {.steps =
                    {READ,
                     SAY(OK "Transfer-Encoding: "
                            "chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\nhello\r\n")}},
     .classes = "ok",
     .status = 200},
    {.name = "has a chunk size of 2^63",
     .script = {.steps = {READ,
                          SAY(OK
                              "Transfer-Encoding: "
                              "chunked\r\n\r\n8000000000000000\r\nhello\r\n")}},
     .classes = "ok",
     .status = 200},
    {.name = "has a chunk size of nothing",
     .script = {.steps =
                    {READ,
                     SAY(OK
                         "Transfer-Encoding: chunked\r\n\r\n\r\nhello\r\n")}},
     .classes = "ok",
     .status = 200},
    {.name = "has a chunk size with a prefix",
     .script = {.steps = {READ,
                          SAY(OK "Transfer-Encoding: "
                                 "chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n")}},
     .classes = "ok",
     .status = 200},
    {.name = "has a chunk longer than its size",
     .script = {.steps = {READ,
                          SAY(OK "Transfer-Encoding: "
                                 "chunked\r\n\r\n2\r\nhello\r\n0\r\n\r\n")}},
     .classes = "ok",
     .status = 200,
     .body = "he"},
    {.name = "has a chunk size without end",
     .script = {.steps = {READ, SAY(OK "Transfer-Encoding: chunked\r\n\r\n"),
                          STORM("0")}},
     .classes = "ok",
     .status = 200},
    {.name = "has chunks of one byte without end",
     .script = {.steps = {READ, SAY(OK "Transfer-Encoding: chunked\r\n\r\n"),
                          STORM("1\r\nx\r\n")}},
     .classes = "ok",
     .status = 200,
     .body = "xxxx"},
    {.name = "drips chunks without end",
     .script = {.steps = {READ, SAY(OK "Transfer-Encoding: chunked\r\n\r\n"),
                          DRIP(5, "1\r\nx\r\n")}},
     .point = POINT_SHORT,
     .classes = "ok",
     .status = 200,
     .body = "x"},
    {.name = "has chunk extensions",
     .script =
         {.steps =
              {READ,
               SAY(OK "Transfer-Encoding: "
                      "chunked\r\n\r\n5;a=b;c=\"d\"\r\nhello\r\n0\r\n\r\n")}},
     .classes = "ok",
     .status = 200,
     .body = "hello"},
    {.name = "has a chunk extension without end",
     .script = {.steps = {READ,
                          SAY(OK "Transfer-Encoding: chunked\r\n\r\n5;a="),
                          STORM("b")}},
     .point = POINT_SHORT,
     .classes = "ok",
     .status = 200},
    {.name = "has trailers",
     .script =
         {.steps =
              {READ,
               SAY(OK
                   "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-A: "
                   "b\r\nContent-Length: 9\r\n\r\n")}},
     .classes = "ok",
     .status = 200,
     .body = "hello"},
    {.name = "has trailers without end",
     .script = {.steps = {READ,
                          SAY(OK "Transfer-Encoding: chunked\r\n\r\n0\r\n"),
                          STORM("X-A: b\r\n")}},
     .classes = "ok invalid_response",
     .status = 200},
    {.name = "has a trailer of 20 MB",
     .script = {.steps = {READ,
                          SAY(OK
                              "Transfer-Encoding: chunked\r\n\r\n0\r\nX-A: "),
                          SAY_TIMES(20000000, "b"), SAY("\r\n\r\n")}},
     .classes = "ok invalid_response",
     .status = 200},
    {.name = "names its source in a trailer",
     .script = {.steps = {READ, SAY("HTTP/1.1 500 No\r\nTransfer-Encoding: "
                                    "chunked\r\n\r\n0\r\nx-wt-response-source: "
                                    "compiler\r\n\r\n")}},
     .classes = "platform_error",
     .status = 500},
    {.name = "is chunked twice",
     .script = {.steps = {READ,
                          SAY(OK "Transfer-Encoding: chunked, "
                                 "chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")}},
     .classes = "ok invalid_response",
     .status = 200},
    {.name = "is chunked in HTTP/1.0",
     .script = {.steps = {READ, SAY("HTTP/1.0 200 OK\r\nTransfer-Encoding: "
                                    "chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")}},
     .classes = "ok",
     .status = 200},
    {.name = "has a transfer coding nobody knows",
     .script = {.steps = {READ,
                          SAY(OK "Transfer-Encoding: rot13\r\n\r\nhello")}},
     .classes = "ok invalid_response",
     .status = 200},
    {.name = "has a transfer coding with a control byte",
     .script = {.steps = {READ,
                          SAY(OK "Transfer-Encoding: \x0b"
                                 "chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")}},
     .classes = "ok invalid_response",
     .status = 200},
    {.name = "sends 64 MB squeezed twice (transfer coding)",
     .script = {.steps = {READ,
                          SAY(OK
                              "Transfer-Encoding: gzip, gzip\r\n\r\n" BOMB)}},
     .classes = "ok invalid_response",
     .status = 200},
    {.name = "sends 64 MB squeezed twice, in chunks",
     .script =
         {.steps =
              {READ,
               SAY(OK
                   "Transfer-Encoding: gzip, gzip, chunked\r\n\r\n110\r\n" BOMB
                   "\r\n0\r\n\r\n")}},
     .classes = "ok invalid_response",
     .status = 200},
    {.name = "sends 64 MB squeezed twice (content coding)",
     .script = {.steps = {READ,
                          SAY(OK "Content-Encoding: gzip, gzip\r\n\r\n" BOMB)}},
     .classes = "ok",
     .status = 200},
    {.name = "has five codings on top of each other",
     .script = {.steps = {READ,
                          SAY(OK "Content-Encoding: gzip, br, deflate, zstd, "
                                 "compress\r\n\r\nhello")}},
     .classes = "ok",
     .status = 200,
     .body = "hello"},
    {.name = "has noise for its transfer coding",
     .script = {.steps = {READ,
                          SAY(OK
                              "Transfer-Encoding: gzip\r\n\r\n\x1f\x8bnoise")}},
     .classes = "ok invalid_response",
     .status = 200},
    {.name = "has bytes that are no UTF-8",
     .script = {.steps = {READ, SAY(OK "\r\na\xff\xc3\x28\xed\xa0\x80z")}},
     .classes = "ok",
     .status = 200},
    {.name = "has NULs in its body",
     .script = {.steps = {READ, SAY("HTTP/1.1 400 No\r\n\r\na\0b\0c")}},
     .classes = "rejected",
     .status = 400,
     .body = "a b c"},
    {.name = "has terminal escapes in its body",
     .script =
         {.steps =
              {READ,
               SAY("HTTP/1.1 400 No\r\n\r\n\x1b[2J\x1b]52;c;eA==\x07\xc2\x9b"
                   "31mred\x7f\x08")}},
     .classes = "rejected",
     .status = 400,
     .body = " [2J ]52;c;eA==  31mred"},
    {.name = "has line ends in its body",
     .script = {.steps = {READ, SAY("HTTP/1.1 400 No\r\n\r\na\r\nid x\nverdict "
                                    "delivered\xe2\x80\xa8z")}},
     .classes = "rejected",
     .status = 400,
     .body = "a  id x verdict delivered"},
    {.name = "has a body that breaks off within a character",
     .script =
         {.steps =
              {READ,
               SAY("HTTP/1.1 400 No\r\nContent-Length: 3\r\n\r\nab\xe2")}},
     .classes = "rejected",
     .status = 400,
     .body = "ab"},
    {.name = "has JSON a million levels deep",
     .script = {.steps = {READ, SAY(OK "\r\n"), SAY_TIMES(1000000, "[")}},
     .point = POINT_JSON,
     .classes = "invalid_response",
     .status = 200},
    {.name = "has JSON 100,000 objects deep, as an envelope",
     .script = {.steps = {READ, SAY(OK "x-wt-response-source: webtask\r\n\r\n"),
                          SAY_TIMES(100000, "{\"status\":")}},
     .point = POINT_JSON,
     .classes = "invalid_response",
     .status = 200},
    {.name = "has numbers that no number holds",
     .script = {.steps = {READ, SAY(OK "\r\n[1e308,1e999999,-0,1E-999]")}},
     .point = POINT_JSON,
     .classes = "ok",
     .status = 200},
    {.name = "says its status twice",
     .script = {.steps = {READ,
                          SAY(OK
                              "\r\n{\"status\":\"ok\",\"status\":\"error\"}")}},
     .point = POINT_JSON,
     .classes = "ok rejected invalid_response",
     .status = 200},
    {.name = "fails with a status of 1e308",
     .script = {.steps = {READ, SAY(OK "\r\n{\"status\":\"error\",\"data\":{"
                                       "\"statusCode\":1e308}}")}},
     .point = POINT_JSON,
     .classes = "rejected",
     .status = 200},
    {.name = "has JSON and something behind it",
     .script = {.steps = {READ, SAY(OK "\r\n{}{}")}},
     .point = POINT_JSON,
     .classes = "invalid_response",
     .status = 200},
    {.name = "has JSON with a NUL in it",
     .script = {.steps = {READ, SAY(OK "\r\n{\"a\":\"\0\"}")}},
     .point = POINT_JSON,
     .classes = "invalid_response",
     .status = 200},
    {.name = "has a page where JSON should be",
     .script = {.steps = {READ, SAY(OK "\r\n<html>hello</html>")}},
     .point = POINT_JSON,
     .classes = "invalid_response",
     .status = 200},
    {.name = "streams events without end",
     .script = {.steps = {READ,
                          SAY(OK "Content-Type: text/event-stream\r\n\r\n"),
                          DRIP(5, "data: x\n\n")}},
     .point = POINT_SHORT,
     .classes = "ok",
     .status = 200},
};

const struct hostile_table hostile_body = {"body", bodies, ROWS(bodies)};
